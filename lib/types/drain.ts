/**
 * How connections are closed when a worker stops.
 *
 * @see docs/options.md
 */
export interface DrainOptions {
  /** Connections closed at a time. @default 100 */
  batch?: number;
  /** Milliseconds between two batches, give or take a half at random. @default 50 */
  interval?: number;
  /**
   * Milliseconds for all of it, with the events under way and the disconnect handlers. Egg kills a worker 5000 ms after it is
   * told to stop.
   * @default 4000
   */
  limit?: number;
}
