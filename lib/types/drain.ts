/**
 * Settings for closing the connections of a stopping worker.
 *
 * @see docs/options.md
 */
export interface DrainOptions {
  /** Maximum number of connections closed at a time; fewer if there is time and another worker stays. @default 100 */
  batch?: number;
  /** Milliseconds between two batches, varied at random by up to a half. @default 50 */
  interval?: number;
  /**
   * Maximum milliseconds for everything, including events in progress and disconnect handlers. Egg kills a worker 5000 ms after it is
   * told to stop.
   * @default 4000
   */
  limit?: number;
}
