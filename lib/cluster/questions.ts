import { debugOf } from '../base/debug';
import { SocketIOError } from '../base/errors';

const debug = debugOf('cluster');

/** The end of a request: the workers that were silent until the time-out, and those that could not answer. */
export interface Outcome {
  readonly silent: readonly string[];
  readonly failures: readonly string[];
}

/** Handlers for the responses to one request. */
export interface Inquirer<Answer> {
  /** Milliseconds. */
  readonly timeout: number | undefined;
  /** Whether the time starts again with each response, because a response may have many parts. */
  readonly isPatient?: boolean;
  /** @return whether this was all that the worker had to say */
  onAnswer(answer: Answer): boolean;
  /** A worker has sent everything, is gone, or has failed, for this reason; its earlier parts count. */
  onPeerEnd?(tag: string, failure?: string): void;
  /** All have sent everything, or the time is over. */
  onEnd(outcome: Outcome): void;
}

interface Question<Answer> {
  readonly inquirer: Inquirer<Answer>;
  readonly waitsFor: Set<string>;
  readonly failures: string[];
  readonly timer: NodeJS.Timeout;
}

/** @return the error that the asker gets, if the outcome is one: `PEER_FAILED` or `PEERS_SILENT` */
export function toError({ silent, failures }: Outcome): SocketIOError | undefined {
  if (failures.length > 0) return new SocketIOError('PEER_FAILED', failures.join('; '));
  if (silent.length === 0) return undefined;
  return new SocketIOError('PEERS_SILENT', `timeout reached: no answer from ${silent.length} worker(s): ${silent.join(', ')}. Check whether these processes are stopped or busy.`);
}

/**
 * The requests of this worker to the others. Each one waits for exactly the live workers, and no longer than its time-out. The room that
 * asks decides how requests and responses are sent.
 */
export class Questions<Answer> {
  private readonly open = new Map<string, Question<Answer>>();
  private last = 0;

  /** @param guard - runs code that may throw, because it calls the app's own callbacks. Default: it does not throw */
  constructor(private readonly guard: (run: () => void) => void = run => run()) {}

  /** Returns the id of a request that is about to be sent. */
  nextId(): string {
    this.last += 1;
    return this.last.toString(36);
  }

  /**
   * Waits for responses. Call it right after sending the request, because sending may show that a peer is gone.
   *
   * @param tags - of the workers that were asked
   */
  wait(id: string, tags: readonly string[], inquirer: Inquirer<Answer>): void {
    const timer = setTimeout(() => this.end(id), inquirer.timeout);
    this.open.set(id, { inquirer, waitsFor: new Set(tags), failures: [], timer });
    if (tags.length === 0) this.end(id);
  }

  /** Passes the response of a worker to the request, if it is still waiting. */
  answer(from: string, id: string, answer: Answer): void {
    const question = this.open.get(id);
    if (!question?.waitsFor.has(from)) return;
    if (question.inquirer.isPatient) question.timer.refresh();
    let done = true;
    this.guard(() => { done = question.inquirer.onAnswer(answer); });
    if (done) this.peerEnd(id, from);
  }

  /** A worker cannot answer. */
  fail(from: string, id: string, reason: string): void {
    const question = this.open.get(id);
    if (!question?.waitsFor.has(from)) return;
    question.failures.push(reason);
    this.peerEnd(id, from, reason);
  }

  /** A worker will not answer any more. */
  down(tag: string): void {
    for (const id of [ ...this.open.keys() ]) this.peerEnd(id, tag);
  }

  /** No worker will answer any more. */
  downAll(): void {
    for (const [ id, { waitsFor }] of [ ...this.open ]) {
      for (const tag of [ ...waitsFor ]) this.peerEnd(id, tag);
    }
  }

  /** Ends a request early, or because its time is over. */
  end(id: string): void {
    const question = this.open.get(id);
    if (!question) return;
    this.open.delete(id);
    clearTimeout(question.timer);
    debug('request %s has ended: %d worker(s) silent, failures %j', id, question.waitsFor.size, question.failures);
    this.guard(() => question.inquirer.onEnd({ silent: [ ...question.waitsFor ], failures: question.failures }));
  }

  private peerEnd(id: string, tag: string, failure?: string): void {
    const question = this.open.get(id);
    if (!question?.waitsFor.delete(tag)) return;
    this.guard(() => question.inquirer.onPeerEnd?.(tag, failure));
    if (question.waitsFor.size === 0) this.end(id);
  }
}
