import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Application as EggApplication } from 'egg';
import type { Socket } from 'socket.io';
import { isThenable } from '../base/thenable';
import type { ContextFactory, SocketContext } from '../context/socket_context';
import type { RouteHandler } from './types';

/** The beginning of the messages of errors in handlers, which egg-socket.io's clients know. */
const PREFIX = '[egg-socket.io] controller execute error: ';

function named(thrown: unknown): unknown {
  if (thrown instanceof Error && !thrown.message.startsWith(PREFIX)) {
    // Reflect: the message of a frozen error stays as it is.
    Reflect.set(thrown, 'message', PREFIX + thrown.message);
  }
  return thrown;
}

/** Calls the handler of a route with its arguments in `ctx.args`. */
export function callHandler(handler: RouteHandler, ctx: SocketContext, args: unknown[]): unknown {
  ctx.args = args;
  try {
    const result = handler.call(ctx, ctx);
    return isThenable(result) ? result.then(undefined, (thrown: unknown) => { throw named(thrown); }) : result;
  } catch (thrown) {
    throw named(thrown);
  }
}

/** Calls the handler of a route for the errors of a socket's connection. */
export function listenToErrors(handler: RouteHandler, socket: Socket, app: EggApplication, Context: ContextFactory): void {
  const storage = app.ctxStorage as unknown as AsyncLocalStorage<object>;
  socket.on('error', error => {
    const ctx = new Context(socket, 'error', [ error ]);
    void storage.run(ctx, async () => callHandler(handler, ctx, [ error ]))
      .catch(thrown => ctx.logger.error(thrown as Error));
  });
}
