/**
 * The types of the plugin `io`, for apps that were written for egg-socket.io.
 *
 * @module egg-socketio/egg-socket.io
 */
import type { Socket as TcpSocket } from 'node:net';
import type { CustomController, CustomMiddleware } from 'egg';
import type { Namespace, Socket } from 'socket.io';

/**
 * A namespace of `app.io`, with routes.
 *
 * @see docs/migrating-from-egg-socket.io.md#with-the-plugin
 */
export interface EggSocketNameSpace extends Namespace {
  /**
   * Calls a handler for each event of a name that clients send; the first handler of a name is used.
   *
   * @param event - its name, or `disconnect`, `disconnecting` or `error`
   * @param handler - of `app.io.controller`, or a function whose `this` is the context
   * @throws {SocketIOError} `INVALID_CONTROLLER`, with file and line of the call
   */
  route(event: string, handler: (...args: never[]) => unknown): void;
}

declare module '../lib/types/old_server' {
  interface OldServer extends Pick<EggSocketNameSpace, 'route'> {
    /** The content of `app/io/controller`. */
    readonly controller: CustomController;
    /** The content of `app/io/middleware`. */
    readonly middleware: CustomMiddleware;
    of(name: string): EggSocketNameSpace;
  }
}

declare module 'egg' {
  /** The handlers of `app/io/controller`, which an app declares. */

  interface CustomController {}
  /** The middleware of `app/io/middleware`, which an app declares. */

  interface CustomMiddleware {}
  interface Context {
    /** The Socket.IO socket in `app/io`; elsewhere the one of the TCP connection. */
    socket: Socket & TcpSocket;
    /** `[event, ...args]` in packet middleware and in handlers of routes. */
    packet: unknown[];
    /** The client's arguments, with its ack at the end if it asked for one. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    args: any[];
  }
}
