import type { Messages } from '../../types/observation';

/** Is notified of what happens in this worker's part of an app, synchronously. A missing member costs nothing. No member may throw. */
export type Observer = { [K in keyof Messages]?: (message: Messages[K]) => void };
