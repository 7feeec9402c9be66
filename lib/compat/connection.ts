import type { Socket } from 'socket.io';
import { PlainRefusal } from '../events/namespace/admission';
import { resolved } from '../events/dispatch/outcome';
import type { SocketContext } from '../context/socket_context';
import type { NamedMiddleware } from '../controllers/plan/types';
import type { Middleware } from '../types/handlers';
import { onion } from './onion';
import { dressSocket } from './socket_members';

/** The connection middleware of one socket, which waits in the middle while the client is connected. */
class Stay {
  /** Settles when all of the middleware has returned. */
  whole: Promise<unknown> | undefined;
  /** Resolves when the client has left. */
  readonly left: Promise<void>;
  /** The client has left. */
  leave!: () => void;
  /** The innermost `next()` was called. */
  accept: (() => void) | undefined;

  constructor() {
    this.left = new Promise(resolve => { this.leave = resolve; });
  }
}

/** The connection middleware of a namespace: the part of each before `next()` runs at the connect, the part after it at the disconnect. */
export class ConnectionMiddleware {
  private readonly stays = new WeakMap<Socket, Stay>();
  private readonly run: (ctx: SocketContext) => unknown;

  constructor(middleware: readonly NamedMiddleware[]) {
    this.run = onion(middleware, ({ socket }) => {
      const stay = this.stays.get(socket)!;
      stay.accept!();
      return stay.left;
    });
  }

  /** The part before `next()`. A client is accepted also if `next()` is not called. */
  readonly enter: Middleware = async (ctx, next) => {
    const { socket } = ctx as SocketContext;
    dressSocket(socket);
    const stay = new Stay();
    this.stays.set(socket, stay);
    await new Promise<unknown>((resolve, reject) => {
      stay.accept = () => resolve(undefined);
      stay.whole = Promise.resolve(this.start(ctx as SocketContext));
      // After accept(), this does nothing: the end of the stay tells the error.
      stay.whole.then(resolve, thrown => reject(new PlainRefusal(thrown)));
    });
    await next();
  };

  /** The part after `next()`; does nothing for a socket that has skipped the middleware. */
  async leave(socket: Socket): Promise<void> {
    const stay = this.stays.get(socket);
    stay?.leave();
    await stay?.whole;
  }

  private async start(ctx: SocketContext): Promise<unknown> {
    return resolved(this.run(ctx));
  }
}
