import type { Socket } from 'socket.io';
import type { SocketContext } from '../handshake/context';
import type { Bucket } from '../limits/rate';

const CONNECTION = Symbol('Socket#connection');

/**
 * What the plugin knows about one socket while it lives: until the connection handlers have finished, whatever
 * arrives waits here, in order.
 */
export class Connection {
  /** The context of the connect, from the first middleware to the last connection handler. */
  connectContext: SocketContext | undefined;
  /** Of the events with a rate of their own, by what handles them; made with the first. */
  buckets: Map<object, Bucket> | undefined;
  private waiting: (() => void)[] | undefined = [];

  /** Runs `task` now, or once the connection handlers have finished. */
  whenOpen(task: () => void): void {
    if (this.waiting) this.waiting.push(task);
    else task();
  }

  /** Whether the connection handlers have finished. */
  get open(): boolean {
    return this.waiting === undefined;
  }

  /** What has waited so far is never done. */
  forgetWaiting(): void {
    if (this.waiting) this.waiting = [];
  }

  /** The connection handlers have finished: what has waited runs now. */
  markOpen(): void {
    const { waiting } = this;
    this.waiting = undefined;
    this.connectContext = undefined;
    waiting?.forEach(task => task());
  }
}

/** The connection of a socket; made at the first call, which for a recovered socket is after its middleware was skipped. */
export function connectionOf(socket: Socket): Connection {
  const holder = socket as { [CONNECTION]?: Connection };
  return holder[CONNECTION] ??= new Connection();
}
