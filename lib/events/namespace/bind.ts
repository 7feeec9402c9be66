import type { Namespace, Socket } from 'socket.io';
import type { Lifecycle } from '../../controllers/decorator/metadata';
import { compilePipeline, type Means } from '../dispatch/pipeline';
import { isTimeout } from '../../base/errors';
import { abortSignalsOf } from '../../context/abort_signal';
import { keepRooms } from '../../context/context';
import { endAcksOf } from '../../limits/left_acks';
import type { Plans } from '../../controllers/plan/plan';
import type { NamespacePlan } from '../../controllers/plan/types';
import { watchBroadcasts, watchOtherBroadcasts } from '../outgoing/watch_broadcasts';
import type { Failure } from '../reply/failure';
import type { Application } from '../../types/application';
import { createAdmission } from './admission';
import { socketStateOf } from './socket_state';
import type { Environment } from './environment';
import { Expiry } from './expiry';
import type { GoneSession } from './gone_socket';
import { type Deliver, hasDispatch, interceptDispatch, interceptListeners } from './incoming';
import { createAppErrors } from './app_errors';
import { createNamespaceGuard } from './app_listeners';
import { createPrepare } from './prepare_socket';
import { createReceive } from './receive';
import { runAll } from './run_all';
import { closeOpenAcks } from './shared_acks';

/** A client whose connection handlers have not finished in time must not continue as if they had: it has to reconnect. */
function closingAtTimeout(fail: Failure): Failure {
  return (ctx, thrown, filters) => {
    const told = fail(ctx, thrown, filters);
    if (!isTimeout(thrown)) return told;
    return Promise.resolve(told).then(() => {
      socketStateOf(ctx.socket).dropEvents();
      ctx.socket.conn.close();
    });
  };
}

/** Drops the waiting events even if the client has left before a connection handler disconnects it: Socket.IO does nothing then. */
function dropWhenDisconnected(socket: Socket): void {
  const { disconnect } = socket;
  socket.disconnect = close => {
    socketStateOf(socket).dropEvents();
    return disconnect.call(socket, close);
  };
}

/** A namespace, or those of a RegExp, whose plan is bound. */
interface Bound {
  readonly target: NamespacePlan['target'];
  /** Protects a namespace created by the RegExp, and gives it the outgoing middleware. */
  guard(namespace: Namespace): void;
  /** `undefined` without handlers for clients that are gone for good. */
  readonly expiry: Expiry | undefined;
}

/** Binds the plan of one namespace to the server: its connections, events and disconnects go to the controllers. */
function bindNamespace(io: Application, plan: NamespacePlan, environment: Environment): Bound {
  const { Context, fail, filters, session, activity, connectionLimits, showAddress, holdEvent, deadlines } = environment;
  const { signals } = environment.observation;
  const compileAll = (kind: Lifecycle, means: Means = environment) => plan[kind].map(handler => compilePipeline(handler, kind, means));
  const connection = compileAll('connection', { ...environment, fail: closingAtTimeout(fail) });
  const expiry = plan.expired.length > 0 ? new Expiry(plan, environment) : undefined;
  const { receive, admit } = createReceive(plan, environment);
  const ownErrors = createAppErrors(plan, environment);
  const { deliverAround } = environment;
  const around = deliverAround && ((usual: Deliver) => deliverAround(plan, environment, usual));
  const intercept = hasDispatch()
    ? interceptDispatch(receive, admit, holdEvent, ownErrors.tell, environment.watch, around)
    : interceptListeners(receive, admit, holdEvent, plan.messages.keys());

  async function open(socket: Socket): Promise<void> {
    const { connectContext } = socketStateOf(socket);
    // A recovered socket has skipped the middleware, so nothing that it creates exists.
    const ctx = connectContext ?? new Context(socket, 'connection', [ socket ]);
    if (!connectContext && session.isNeeded(ctx)) {
      await session.run(ctx, async () => undefined).catch(error => fail(ctx, error, filters));
    }
    await runAll(connection, ctx, environment);
  }

  function leave(event: 'disconnecting' | 'disconnect') {
    const pipelines = compileAll(event);
    return function(this: Socket, reason: string, details?: unknown) {
      const ctx = new Context(this, event, [ reason, details ]);
      if (event === 'disconnecting') keepRooms(ctx);
      const expire = event === 'disconnect' ? expiry?.after(this) : undefined;
      socketStateOf(this).whenOpen(() => activity.track(runAll(pipelines, ctx, environment).then(expire)));
    };
  }
  const onDisconnecting = leave('disconnecting');
  const onDisconnect = leave('disconnect');

  function onLeft(this: Socket, reason: string): void {
    // By `disconnect()`: for example, a connection handler has decided against the client. A client that left by itself did send its
    // events, so they are handled.
    if (reason === 'server namespace disconnect') socketStateOf(this).dropEvents();
    abortSignalsOf(this, reason);
    endAcksOf(this);
    closeOpenAcks(this, deadlines);
    if (signals.disconnect.isHeard) {
      signals.disconnect.tell({ nsp: this.nsp.name, socket: this, reason, duration: Date.now() - this.handshake.issued });
    }
  }

  const namespace = io.of(plan.target);
  const prepare = createPrepare(plan, environment);
  namespace.use(createAdmission(plan, environment, prepare));
  namespace.on('connection', socket => {
    if (!connectionLimits.connect(socket)) return;
    prepare(socket);
    showAddress?.(socket);
    intercept(socket);
    if (signals.connect.isHeard) signals.connect.tell({ nsp: socket.nsp.name, socket });
    if (plan.disconnecting.length > 0) socket.on('disconnecting', onDisconnecting);
    if (expiry) socket.on('disconnecting', expiry.note);
    if (plan.disconnect.length > 0 || expiry) socket.on('disconnect', onDisconnect);
    socket.on('disconnect', onLeft);
    const state = socketStateOf(socket);
    if (connection.length === 0 && state.connectContext) {
      state.markOpen();
      return;
    }
    dropWhenDisconnected(socket);
    activity.track(open(socket).then(() => state.markOpen()));
  });
  // The namespaces that a RegExp creates inherit listeners and middleware, but not replaced methods.
  const guardListeners = createNamespaceGuard(ownErrors);
  const { outgoing, target } = plan;
  const guard = (each: Namespace) => {
    guardListeners(each);
    if (outgoing.length > 0) watchBroadcasts(each, outgoing, each.name);
  };
  if (typeof target === 'string') guard(namespace);
  // For emits to the rooms of all its namespaces.
  else if (outgoing.length > 0) watchBroadcasts(namespace, outgoing, String(target));
  return { target, guard, expiry };
}

/** Runs the handlers for a client that is gone for good. */
export type Expire = (nsp: string, session: GoneSession) => void;

/**
 * Binds all plans to the server. A namespace without a controller, whether it exists already or is created later, gets the app's
 * connection middleware and the response to unknown events, like all others.
 *
 * @param existing - the names of the existing namespaces
 * @return a function that runs the handlers for a client that is gone for good; `undefined` if there are none
 */
export function bindNamespaces(io: Application, plans: Plans, environment: Environment, existing: Iterable<string>): Expire | undefined {
  const { namespaces, bare } = plans;
  const bound = namespaces.map(plan => bindNamespace(io, plan, environment));
  const boundOf = (name: string) => bound.find(({ target }) => target === name)
    ?? bound.find(({ target }) => target instanceof RegExp && target.test(name));
  const bindOther = (namespace: Namespace) => {
    const { name } = namespace;
    const planned = boundOf(name);
    if (!planned) bindNamespace(io, bare(name), environment);
    else if (planned.target instanceof RegExp) planned.guard(namespace);
  };
  for (const name of existing) bindOther(io.of(name));
  if (plans.outgoing.length > 0) watchOtherBroadcasts(io, plans.outgoing);
  io.on('new_namespace', bindOther);
  if (!bound.some(({ expiry }) => expiry)) return undefined;
  return (name, session) => {
    const expiry = boundOf(name)?.expiry;
    if (expiry) environment.activity.track(expiry.run(io.of(name), session));
  };
}
