import { CONNECTION, type Socket } from './socket_io';

/** Calls a function when the connection handlers of a socket have finished. */
export function whenSettled(socket: Socket, task: () => void): void {
  // The state of the connection handlers is there when their turn is over.
  setImmediate(() => {
    const state = socket[CONNECTION];
    if (state) state.whenOpen(task);
    else task();
  });
}
