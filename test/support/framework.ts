import type { Context } from 'mocha';

/** Whether the tests run on Egg 4, see scripts/egg4. */
export const IS_EGG4 = process.env.EGG_SOCKETIO_TEST_EGG === '4';

/**
 * Skips a test on Egg 4.
 *
 * @param why - what Egg 4 has not got, or does in another way
 */
export function onlyOnEgg3(test: Context, why: string): void {
  if (!IS_EGG4) return;
  console.log(`      not on Egg 4: ${why}`);
  test.skip();
}

/** Bytes that an event may take more than the limits for Egg 3 say; up to 32 were measured. */
export const BYTES_OF_EGG = IS_EGG4 ? 50 : 0;

/** Whether a reload in development leaves a worker until there are new ones. The cluster-reload of Egg 4 stops all of them at once. */
export const RELOAD_LEAVES_A_WORKER = !IS_EGG4;
