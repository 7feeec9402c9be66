import { ERROR_CODES, SocketIOError } from '../../base/errors';
import { plainCopy } from '../../base/plain_copy';
import { pack, unpack } from '../../cluster/frames';
import { type Answer, Claim } from './claim';
import { Entries, type OnceLimits } from './entries';
import type { Others } from './others';

/** The worker of an app without others. */
const ALONE = '';

/** A claim to handle an event, or the answer that it has got before. */
export type Claimed = Claim | Answer;

/** The events of one worker that are handled once: those that are being handled, and the answers of the others. */
export class OnceStore {
  private readonly entries: Entries;
  private readonly others: Others | undefined;

  /** @param connect - returns the other workers, if there may be any */
  constructor(limits: OnceLimits, connect: (entries: Entries) => Others | undefined) {
    this.entries = new Entries(limits);
    this.others = connect(this.entries);
  }

  /**
   * Claims an event: of all workers that get it, one handles it, and the others get its answer.
   *
   * @param id - of the event and its key
   * @param digest - of its arguments
   * @param keep - milliseconds for which its answer is kept
   * @throws {SocketIOError} `KEY_REUSED` if the key came with other arguments before, `TOO_MANY_KEYS`, `PEERS_SILENT`
   */
  claim(id: string, digest: string, keep: number): Claimed | Promise<Claimed> {
    const known = this.entries.find(id);
    if (known) {
      const { digest: first } = known;
      if (first !== digest) throw new SocketIOError('KEY_REUSED');
      return known instanceof Claim ? this.wait(known, keep) : known;
    }
    const claim = new Claim(id, digest, keep);
    this.entries.begin(claim);
    if (this.others?.exist) return this.ask(claim, this.others);
    claim.state = 'running';
    return claim;
  }

  /**
   * Keeps the values of the first answer.
   *
   * @return a function that gives it to everybody who waits for it; call it when the client has got it
   */
  keep(claim: Claim, values: readonly unknown[]): () => void {
    const { entries, others } = this;
    const answer: Answer = {
      digest: claim.digest, values: this.pack(values), until: Date.now() + claim.keep, owner: others?.tag ?? ALONE,
    };
    entries.keep(claim.id, answer);
    others?.copy(claim.id, answer);
    return () => entries.end(claim, answer);
  }

  /** The event was not handled after all: the next one with its key is. */
  release(claim: Claim): void {
    this.entries.end(claim, undefined);
  }

  close(): void {
    this.others?.close();
    this.entries.close();
  }

  private pack(values: readonly unknown[]): Buffer {
    try {
      const packed = pack(plainCopy(values));
      if (this.entries.fits(packed)) return packed;
    } catch {
      // The ack throws a better error.
    }
    return pack([{ error: { code: 'ANSWER_NOT_KEPT', message: ERROR_CODES.ANSWER_NOT_KEPT.message } }]);
  }

  private wait(claim: Claim, keep: number): Promise<Claimed> {
    return new Promise<Answer | undefined>(resolve => claim.whenOver(resolve))
      .then(answer => answer ?? this.claim(claim.id, claim.digest, keep));
  }

  private async ask(claim: Claim, others: Others): Promise<Claimed> {
    try {
      const answer = await this.findElsewhere(claim, others);
      if (!answer) {
        claim.state = 'running';
        return claim;
      }
      if (answer.digest !== claim.digest) throw new SocketIOError('KEY_REUSED');
      this.entries.end(claim, answer);
      return answer;
    } catch (error) {
      this.release(claim);
      throw error;
    }
  }

  /** Returns the answer of another worker, which may have to be waited for; `undefined` if the event is to be handled here. */
  private async findElsewhere(claim: Claim, others: Others): Promise<Answer | undefined> {
    for (;;) {
      const found = await others.ask(claim);
      const copied = this.entries.answerOf(claim.id);
      if (copied || !found) return copied;
      if (found === 'again') continue;
      const answer = 'answer' in found ? found.answer : await others.follow(found.follow, claim.id);
      if (answer) return answer;
    }
  }
}

/** The values of an answer. */
export function valuesOf({ values }: Answer): unknown[] {
  return unpack(values) as unknown[];
}
