import type { Socket } from 'socket.io';
import { compose } from '../dispatch/compose';
import { SocketIOError } from '../errors';
import type { SocketContext } from '../handshake/context';
import { normaliseError, toError } from '../reply/payload';
import type { NamespacePlan } from '../plan/types';
import { connectionOf } from './connection';
import type { Environment } from './environment';

type Next = (error?: Error) => void;

/** What the client gets as `connect_error`: `message`, and `data` with the code. */
function toRefusal(ctx: SocketContext, thrown: unknown, showInternal: boolean): Error {
  const { payload: { message, ...data }, exposed, data: own } = normaliseError(thrown, showInternal);
  if (!exposed) ctx.logger.error(toError(thrown));
  return Object.assign(new Error(message), { data: own ?? data });
}

/**
 * Makes the namespace's connection middleware, run before a connection is accepted: session, then the app's, then
 * each controller's. The connection is accepted once all of it has returned and the innermost `next()` was called.
 */
export function createAdmission(plan: NamespacePlan, environment: Environment): (socket: Socket, next: Next) => void {
  const { Context, storage, session, showInternal } = environment;

  async function admit(ctx: SocketContext): Promise<void> {
    let accepted = false;
    const run = compose(plan.connectionMiddleware, () => { accepted = true; });
    await session.run(ctx, async () => run(ctx));
    if (!accepted) throw new SocketIOError('CONNECTION_REFUSED');
  }

  return (socket, next) => {
    const ctx = new Context(socket, 'connection', [ socket ]);
    connectionOf(socket).connectContext = ctx;
    if (plan.connectionMiddleware.length === 0 && !session.isNeeded(ctx)) {
      next();
      return;
    }
    const refuse = (thrown: unknown) => next(toRefusal(ctx, thrown, showInternal));
    storage.run(ctx, admit, ctx).then(() => {
      try {
        next();
      } catch (thrown) {
        // The app's own `namespace.use()` behind ours.
        refuse(thrown);
      }
    }, refuse);
  };
}
