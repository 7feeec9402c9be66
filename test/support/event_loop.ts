import { setTimeout as sleep } from 'node:timers/promises';

/** Twice the milliseconds between two looks at how late the event loop is. */
const TWO_LOOKS = 40;

/**
 * To be awaited between the first question for statistics and what is to be in the event loop's delay: that is the time
 * between two looks, the first of which comes some milliseconds after the question.
 */
export async function eventLoopIsWatched(): Promise<void> {
  await sleep(TWO_LOOKS);
}
