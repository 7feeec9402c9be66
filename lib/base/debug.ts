import { debuglog } from 'node:util';

/** Prints a line if its section is on. The values are only formatted then: `%j` for those that a client may have chosen. */
export interface Debug {
  (format: string, ...values: unknown[]): void;
  /** Whether it is on: for values that are costly to make. */
  readonly enabled: boolean;
}

/**
 * Returns a function for lines that help to find a fault. They go to stderr, each with its section and the process id, and only if
 * `NODE_DEBUG` names the section when the process starts: `NODE_DEBUG=egg-socketio:routing,egg-socketio:cluster`, or `egg-socketio:*`.
 *
 * @param room - the room of lib/, which is the name of the section
 */
export function debugOf(room: 'routing' | 'cluster' | 'adapter' | 'redis' | 'boot' | 'controllers' | 'events' | 'limits'): Debug {
  return debuglog(`egg-socketio:${room}`);
}
