import { createHash } from 'node:crypto';

function weightOf(owner: string, candidate: string): string {
  return createHash('sha1').update(`${owner}>${candidate}`).digest('hex');
}

/**
 * Chooses the worker that keeps the replicas of another one, by rendezvous hashing: each worker chooses the same for as long as it lives,
 * and the owners are distributed evenly.
 *
 * @param candidates - the tags of the workers that stay
 */
export function standbyOf(owner: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  for (const candidate of candidates) {
    if (best === undefined || weightOf(owner, candidate) > weightOf(owner, best)) best = candidate;
  }
  return best;
}
