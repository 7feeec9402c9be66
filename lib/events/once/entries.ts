import { SocketIOError } from '../../base/errors';
import { MAX_MESSAGE } from '../../cluster/frames';
import { type Answer, type Claim } from './claim';

/** Approximate bytes of an entry besides its values. */
const ENTRY = 300;
/** Milliseconds between two searches for entries that are too old. */
const SWEEP = 5000;

/** The limits of a worker. */
export interface OnceLimits {
  readonly keys: number;
  readonly bytes: number;
}

function sizeOf({ values }: Answer): number {
  return ENTRY + values.length;
}

/** The events of one worker that are handled once, within limits: the oldest answers go first, and never an event that is being handled. */
export class Entries {
  private readonly claims = new Map<string, Claim>();
  /** The oldest first. */
  private readonly answers = new Map<string, Answer>();
  private bytes = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly limits: OnceLimits) {}

  find(id: string): Claim | Answer | undefined {
    // The copy of an answer may come while the other workers are being asked.
    const answer = this.answerOf(id);
    if (answer) return answer;
    const claim = this.claims.get(id);
    return claim && claim.until > Date.now() ? claim : undefined;
  }

  answerOf(id: string): Answer | undefined {
    const answer = this.answers.get(id);
    return answer && answer.until > Date.now() ? answer : undefined;
  }

  /** All answers that have to be copied by a worker. */
  * of(owner: string): IterableIterator<[ string, Answer ]> {
    for (const entry of this.answers) if (entry[1].owner === owner) yield entry;
  }

  /** @throws {SocketIOError} `TOO_MANY_KEYS` if all entries are events that are being handled */
  begin(claim: Claim): void {
    this.makeRoom(0);
    if (this.claims.size >= this.limits.keys) throw new SocketIOError('TOO_MANY_KEYS', undefined, { details: { limit: this.limits.keys } });
    this.claims.set(claim.id, claim);
    this.sweepLater();
  }

  /** An event is not being handled any more. */
  end(claim: Claim, answer: Answer | undefined): void {
    if (this.claims.get(claim.id) === claim) this.claims.delete(claim.id);
    claim.end(answer);
  }

  /** Whether values of this size can be kept, and sent to another worker. */
  fits({ length }: Buffer): boolean {
    return length + ENTRY <= Math.min(this.limits.bytes, MAX_MESSAGE / 2);
  }

  keep(id: string, answer: Answer): void {
    this.forget(id);
    const size = sizeOf(answer);
    this.makeRoom(size);
    this.answers.set(id, answer);
    this.bytes += size;
    this.sweepLater();
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private forget(id: string): void {
    const answer = this.answers.get(id);
    if (!answer) return;
    this.answers.delete(id);
    this.bytes -= sizeOf(answer);
  }

  private makeRoom(bytes: number): void {
    const { answers, claims, limits } = this;
    for (const id of answers.keys()) {
      if (claims.size + answers.size < limits.keys && this.bytes + bytes <= limits.bytes) return;
      this.forget(id);
    }
  }

  private sweepLater(): void {
    this.timer ??= setTimeout(() => this.sweep(), SWEEP).unref();
  }

  private sweep(): void {
    const now = Date.now();
    for (const [ id, { until }] of this.answers) if (until <= now) this.forget(id);
    for (const claim of this.claims.values()) if (claim.until <= now) this.end(claim, undefined);
    this.timer = undefined;
    if (this.answers.size + this.claims.size > 0) this.sweepLater();
  }
}
