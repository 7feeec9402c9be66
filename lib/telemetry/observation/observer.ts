import type { Messages } from '../../types/observation';

/**
 * Hears what happens in this worker's part of an app, at the moment when it does. What is not there costs nothing. Nothing of
 * it may throw.
 */
export type Observer = { [K in keyof Messages]?: (message: Messages[K]) => void };
