import type { Answer, Claim } from './claim';

/**
 * The knowledge of the other workers about an event: the answer, a worker that handles it or is about to, or nothing. `again` if they
 * have to be asked once more, because one of them has left.
 */
export type Found = { readonly answer: Answer } | { readonly follow: string } | 'again' | undefined;

/** The other workers, as the store of one worker uses them. */
export interface Others {
  /** The name of this worker among them. */
  readonly tag: string;
  readonly exist: boolean;
  /** Asks about an event that this worker has claimed. After `undefined`, this worker handles it. */
  ask(claim: Claim): Promise<Found>;
  /** Resolves with the answer to an event that another worker handles; without one if that worker is gone, or has not handled it. */
  follow(tag: string, id: string): Promise<Answer | undefined>;
  /** Copies an answer, before the client gets it. */
  copy(id: string, answer: Answer): void;
  close(): void;
}
