import type { Socket } from 'socket.io';
import { compose } from '../dispatch/compose';
import { guarded } from '../dispatch/guard';
import { resolved } from '../dispatch/outcome';
import { ERROR_CODES, isTimeout, SocketIOError } from '../../base/errors';
import { abortSignal, releaseSignal } from '../../context/abort_signal';
import { CONNECTING, type SocketContext } from '../../context/socket_context';
import { askFilters } from '../reply/filters';
import { normaliseError } from '../reply/payload';
import type { LogError } from '../reply/repeated_errors';
import type { NamespacePlan } from '../../controllers/plan/types';
import { socketStateOf } from './socket_state';
import type { Environment } from './environment';
import type { Prepare } from './prepare_socket';
import { sendMissed } from '../../internals/missed_packets';

type Next = (error?: Error) => void;

interface RefusalData { code?: unknown }

/** The data may be impossible to send (a circular object, a BigInt), and Socket.IO sends it where nothing would catch that. */
function toSendable(message: unknown, data: RefusalData | undefined, ctx: SocketContext, logError: LogError): Error {
  try {
    JSON.stringify(data);
    return Object.assign(new Error(String(message)), { data });
  } catch (unsendable) {
    logError(ctx, unsendable);
    return Object.assign(new Error(String(message)), { data: { code: String(data?.code ?? 'CONNECTION_REFUSED') } });
  }
}

/** The refusal that a Socket.IO 2 server sends for a thrown value: its message, whatever it says, and its own `data` or none. */
export class PlainRefusal extends Error {
  constructor(override readonly cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
  }

  get data(): unknown {
    return (this.cause as { data?: unknown } | null | undefined)?.data;
  }
}

/** The error that the client gets as `connect_error`: `message`, and `data` with the code. */
function toRefusal(ctx: SocketContext, thrown: unknown, { showInternal, logError }: Pick<Environment, 'showInternal' | 'logError'>): Error {
  const { payload: { message, ...data }, exposed, data: own } = normaliseError(thrown, showInternal);
  if (!exposed) logError(ctx, thrown);
  return toSendable(message, own ?? data, ctx, logError);
}

/** A filter's value rejects the connection as well. */
function toAnswer(ctx: SocketContext, answer: unknown, logError: LogError): Error {
  const { message = ERROR_CODES.CONNECTION_REFUSED.message } = answer as { message?: unknown };
  return toSendable(message, answer as object, ctx, logError);
}

/**
 * Returns a function that takes an error before a connection is accepted to the filters and the log, and returns the error for the
 * client.
 */
export function createRefuse(plan: NamespacePlan, environment: Environment) {
  const { storage, logError, observation } = environment;
  const { refuse: refused } = observation.signals;
  const { connectionFilters } = plan;

  async function explain(ctx: SocketContext, thrown: unknown): Promise<Error> {
    try {
      if (thrown instanceof PlainRefusal) {
        logError(ctx, thrown.cause);
        return toSendable(thrown.message, thrown.data as RefusalData | undefined, ctx, logError);
      }
      const result = await askFilters(connectionFilters, ctx, thrown);
      return 'answer' in result ? toAnswer(ctx, result.answer ?? {}, logError) : toRefusal(ctx, result.error, environment);
    } catch (error) {
      // An error that cannot be inspected, such as one whose getters throw.
      logError(ctx, error);
      return Object.assign(new Error(ERROR_CODES.INTERNAL.message), { data: { code: 'INTERNAL' } });
    }
  }

  /** Publishes that a connection was rejected. */
  function tell(socket: Socket, error: Error & { data?: { code?: unknown } }): void {
    if (!refused.isHeard) return;
    const code = error.data?.code;
    refused.tell({ nsp: socket.nsp.name, socket, code: typeof code === 'string' ? code : undefined, error });
  }

  return { tell, explain: async (ctx: SocketContext, thrown: unknown): Promise<Error> => storage.run(ctx, explain, ctx, thrown) };
}

/**
 * Returns the namespace's admission, which runs before a connection is accepted: session, connection middleware (the app's, then each
 * controller's), guards. The connection is accepted when all of it has returned, the innermost `next()` was called, and no guard has
 * denied.
 */
export function createAdmission(plan: NamespacePlan, environment: Environment, prepare: Prepare): (socket: Socket, next: Next) => void {
  const { Context, storage, session, activity, connectionLimits, showAddress, deadlines } = environment;
  const { connectionMiddleware, connectionGuards } = plan;
  const refuse = createRefuse(plan, environment);
  const isOpen = connectionMiddleware.length === 0 && connectionGuards.length === 0;

  async function admit(ctx: SocketContext): Promise<void> {
    let accepted = false;
    const run = compose(connectionMiddleware, guarded(connectionGuards, () => { accepted = true; }));
    await session.run(ctx, async () => resolved(run(ctx)));
    if (!accepted) throw new SocketIOError('CONNECTION_REFUSED');
  }

  return (socket, next) => {
    showAddress?.(socket);
    const ctx = new Context(socket, 'connection', [ socket ]);
    const refusal = connectionLimits.admit(socket);
    if (refusal) {
      const error = toRefusal(ctx, refusal, environment);
      refuse.tell(socket, error);
      next(error);
      return;
    }
    prepare(socket);
    socketStateOf(socket).connectContext = ctx;
    ctx[CONNECTING] = true;
    const settle = (error?: Error) => {
      ctx[CONNECTING] = false;
      connectionLimits.settle(socket, !error);
      if (error) {
        releaseSignal(ctx);
        refuse.tell(socket, error);
      } else {
        sendMissed(socket);
      }
      next(error);
    };
    if (isOpen && !session.isNeeded(ctx)) {
      settle();
      return;
    }
    const admitted = deadlines.meet(storage.run(ctx, admit, ctx), `the connection middleware of ${plan.target}`);
    activity.track(admitted.then(() => settle(), (thrown: unknown) => {
      if (isTimeout(thrown)) abortSignal(ctx, thrown);
      return refuse.explain(ctx, thrown).then(settle);
    }));
  };
}
