import type { EventEmitter } from 'node:events';
import type { Namespace, Socket } from 'socket.io';
import type { RawAck } from '../../context/socket_context';
import { endRegisteredIfLeft, leftError } from '../../limits/left_acks';
import { callApp, type AppMiddleware, runAppMiddleware } from '../../base/app_code';
import { isPluginListener, shareAck } from './shared_acks';

type Listener = (...args: never[]) => unknown;
type Ack = (...answers: never[]) => unknown;
interface Packet { readonly id?: number; readonly data?: unknown[] }

/** The parts of Socket.IO's socket that are not in its types. */
interface SocketInternals extends EventEmitter {
  readonly acks: Map<number, Ack>;
  readonly flags: { readonly timeout?: number };
  readonly _anyListeners?: Listener[];
  readonly _anyOutgoingListeners?: Listener[];
  ack(id: number): RawAck;
  dispatch(packet: unknown[]): void;
  onevent(packet: Packet): void;
  onack(packet: Packet): void;
  registerAckCallback(id: number, ack: Ack): void;
  emitReserved(event: string, ...args: unknown[]): boolean;
  notifyOutgoingListeners(packet: Packet): void;
}

/** The parts of Socket.IO's namespace that are not in its types. */
interface NamespaceInternals extends EventEmitter {
  readonly _fns: AppMiddleware<Socket>[];
  run(socket: Socket, done: (error?: Error | null) => void): void;
  _doConnect(socket: Socket, done: (socket: Socket) => void): void;
  emitReserved(event: string, ...args: unknown[]): boolean;
}

/** The handling of errors of the app's own code, and other facts about its sockets. None of it may throw. */
export interface AppErrors {
  /**
   * Logs the error and sends it to the client, as if a handler had thrown it. `packet` is `[event, ...args]`, with the client's ack at
   * its end.
   */
  tell(socket: Socket, packet: readonly unknown[], thrown: unknown): void;
  /** Logs the error. */
  log(socket: Socket, event: string, args: readonly unknown[], thrown: unknown): void;
  /** Logs the error, and resolves with the error that rejects the connection. */
  refuse(socket: Socket, thrown: unknown): Promise<Error>;
  /** The middleware of a socket is about to run. */
  meet(socket: Socket): void;
  /** A client sends an unexpected ack. */
  uselessAck(socket: Socket): void;
}

/** Calls the listeners of an event, each one separately. */
export function callListeners(
  emitter: EventEmitter, event: string, args: readonly unknown[], caught: (thrown: unknown) => void,
): boolean {
  const listeners = emitter.rawListeners(event) as Listener[];
  for (const listener of listeners) callApp(listener, emitter, args, caught);
  return listeners.length > 0;
}

/** Gives a socket functions of its own that call the app's listeners and callbacks, instead of Socket.IO's, which do not catch errors. */
function createSocketGuard(errors: AppErrors): (socket: Socket) => void {
  const own = (socket: SocketInternals) => Object.getPrototypeOf(socket) as SocketInternals;

  function onevent(this: SocketInternals, packet: Packet): void {
    const args = packet.data ?? [];
    const any = this._anyListeners?.length ? this._anyListeners : undefined;
    if (packet.id != null) {
      const ack = this.ack(packet.id);
      args.push(any?.some(listener => !isPluginListener(listener)) ? shareAck(ack) : ack);
    }
    if (any) tellAny(this, any, args);
    this.dispatch(args);
  }

  function tellAny(internals: SocketInternals, listeners: readonly Listener[], args: readonly unknown[]): void {
    const socket = internals as unknown as Socket;
    const told = [ ...args ];
    for (const listener of [ ...listeners ]) callApp(listener, socket, args, thrown => errors.tell(socket, told, thrown));
  }

  function onack(this: SocketInternals, packet: Packet): void {
    if (!this.acks.has(packet.id!)) errors.uselessAck(this as unknown as Socket);
    try {
      own(this).onack.call(this, packet);
    } catch (thrown) {
      // More arguments than a function call supports.
      this.acks.delete(packet.id!);
      errors.log(this as unknown as Socket, 'ack', [], thrown);
    }
  }

  function registerAckCallback(this: SocketInternals, id: number, ack: Ack): void {
    const socket = this as unknown as Socket;
    // Socket.IO's timer also calls it, if the client does not ack.
    let hasLeft = false;
    const guarded: Ack = (...answers) => (
      callApp(ack, socket, hasLeft ? [ leftError() ] : answers, thrown => errors.log(socket, 'ack', [], thrown))
    );
    own(this).registerAckCallback.call(this, id, guarded);
    // Callbacks without a time-out get no errors.
    if (this.flags.timeout === undefined) return;
    const registered = this.acks.get(id)!;
    endRegisteredIfLeft(socket, id, () => {
      hasLeft = true;
      // The function that Socket.IO calls for an ack: it clears the timer.
      registered();
    });
  }

  function emitReserved(this: SocketInternals, step: string, ...args: unknown[]): boolean {
    const socket = this as unknown as Socket;
    return callListeners(this, step, args, thrown => errors.log(socket, step, args, thrown));
  }

  function notifyOutgoingListeners(this: SocketInternals, packet: Packet): void {
    // The closure is in a separate function, or it would be created for each packet to each client.
    if (this._anyOutgoingListeners?.length) tellOutgoing(this, this._anyOutgoingListeners, packet.data ?? []);
  }

  function tellOutgoing(internals: SocketInternals, listeners: readonly Listener[], data: readonly unknown[]): void {
    const socket = internals as unknown as Socket;
    for (const listener of [ ...listeners ]) {
      callApp(listener, socket, data, thrown => errors.log(socket, String(data[0]), data.slice(1), thrown));
    }
  }

  return socket => { Object.assign(socket, { onevent, onack, registerAckCallback, emitReserved, notifyOutgoingListeners }); };
}

/** Whether this version of Socket.IO has the replaced methods in the expected places. */
function hasMethods(namespace: Partial<NamespaceInternals>): boolean {
  return namespace.run?.length === 2 && namespace._doConnect?.length === 2 && typeof namespace.emitReserved === 'function'
    && Array.isArray(namespace._fns);
}

/**
 * Contains errors of the app's own listeners, middleware and ack callbacks, which the app has passed to a Socket.IO namespace or to its
 * sockets. Socket.IO calls them from `process.nextTick()`, timers and connection events, where an error ends the worker.
 */
export function createNamespaceGuard(errors: AppErrors): (namespace: Namespace) => void {
  const guard = createSocketGuard(errors);
  const own = (namespace: NamespaceInternals) => Object.getPrototypeOf(namespace) as NamespaceInternals;

  function run(this: NamespaceInternals, socket: Socket, done: (error?: Error | null) => void): void {
    errors.meet(socket);
    guard(socket);
    runAppMiddleware(this._fns, socket, done, (thrown, wentOn) => {
      if (wentOn) errors.log(socket, 'connection', [ socket ], thrown);
      else void errors.refuse(socket, thrown).then(done);
    });
  }

  function doConnect(this: NamespaceInternals, socket: Socket, done: (socket: Socket) => void): void {
    // A recovered socket has skipped the middleware.
    if (!Object.hasOwn(socket, 'registerAckCallback')) guard(socket);
    own(this)._doConnect.call(this, socket, done);
  }

  function emitReserved(this: NamespaceInternals, event: string, ...args: unknown[]): boolean {
    if (event !== 'connect' && event !== 'connection') return own(this).emitReserved.call(this, event, ...args);
    const [ socket ] = args as [ Socket ];
    return callListeners(this, event, args, thrown => errors.tell(socket, [ 'connection', socket ], thrown));
  }

  return namespace => {
    if (hasMethods(namespace as unknown as NamespaceInternals)) Object.assign(namespace, { run, _doConnect: doConnect, emitReserved });
  };
}
