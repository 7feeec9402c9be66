import type { RawAck } from '../../context/socket_context';
import type { NamespacePlan } from '../../controllers/plan/types';
import { createRefuse } from './admission';
import { findHandler } from '../../controllers/plan/find_handler';
import { isHeard } from './incoming';
import { socketStateOf } from './socket_state';
import type { Environment } from './environment';
import type { AppErrors } from './app_listeners';

/** Handles errors in listeners, middleware and callbacks that the app has passed to Socket.IO itself. */
export function createAppErrors(plan: NamespacePlan, environment: Environment): AppErrors {
  const { Context, storage, fail, filters, logError, connectionLimits } = environment;
  const { explain, tell } = createRefuse(plan, environment);
  const log: AppErrors['log'] = (socket, event, args, thrown) => {
    logError(new Context(socket, event, [ ...args ]), thrown);
  };
  return {
    log,
    tell(socket, [ event, ...args ], thrown) {
      const name = String(event);
      if (findHandler(plan, event, isHeard(socket, event))) {
        // The controller answers.
        log(socket, name, args, thrown);
        return;
      }
      const ack = typeof args.at(-1) === 'function' ? args.pop() as RawAck : undefined;
      const ctx = new Context(socket, name, args, ack);
      void storage.run(ctx, fail, ctx, thrown, filters);
    },
    async refuse(socket, thrown) {
      const error = await explain(socketStateOf(socket).connectContext ?? new Context(socket, 'connection', [ socket ]), thrown);
      tell(socket, error);
      return error;
    },
    meet: socket => connectionLimits.meet(socket),
    uselessAck: socket => connectionLimits.takeIdle(socket.conn, 'unexpected acks', () => socket.id),
  };
}
