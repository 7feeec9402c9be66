/** The beginning of this process, on the clock of the machine. */
const [ seconds, nanoseconds ] = process.hrtime();
const began = seconds * 1000 + nanoseconds / 1e6 - performance.now();

/**
 * A clock that all processes of a machine share, and that nobody can set. With `Date.now()`, a time server that sets the clock back by a
 * second would make packets look older than the connection on which a client has missed them.
 */
export const machineClock = {
  /** Milliseconds since some moment, usually the last start of the machine. */
  now(): number {
    return Math.round(performance.now() + began);
  },
};
