import type { Socket as EngineSocket } from 'engine.io';
import type { Namespace, Socket } from 'socket.io';
import { SocketIOError } from '../base/errors';
import type { Limits } from './limits';
import { Bucket } from './rate';
import type { Refusal } from '../types/refusal';
import type { Refusals } from './refusals';

const TRAFFIC = Symbol('Connection#traffic');
const IDLE = Symbol('Connection#idle');

/** A CONNECT, from its packet on, and the socket that it creates. */
class Entry {
  socket: Socket | undefined;
  /** Whether the plugin's own admission is still running. */
  isAdmitting = false;

  /**
   * @param name - of the namespace
   * @param authBytes - bytes of the packet
   */
  constructor(readonly name: string, readonly authBytes: number) {}

  get isAlive(): boolean {
    const { socket, isAdmitting } = this;
    return !socket || socket.connected || isAdmitting || isWaiting(socket.nsp, socket);
  }
}

/** The sockets that Socket.IO's namespace keeps while their middleware runs; not in its types. */
interface WithPreConnect { _preConnectSockets?: Map<string, Socket> }

function isWaiting(nsp: Namespace, socket: Socket): boolean {
  return (nsp as unknown as WithPreConnect)._preConnectSockets?.has(socket.id) ?? false;
}

const NONE: readonly Entry[] = [];

/** The counts for one connection: its packets, and its namespaces. */
class Traffic extends Bucket {
  entries = NONE;

  add(entry: Entry): void {
    this.entries = [ ...this.entries, entry ];
  }

  remove(entry: Entry | undefined): void {
    this.keep(other => other !== entry);
  }

  /** Those whose socket, if any, has neither left nor been rejected. */
  alive(): readonly Entry[] {
    return this.keep(entry => entry.isAlive);
  }

  private keep(isKept: (entry: Entry) => boolean): readonly Entry[] {
    const kept = this.entries.filter(isKept);
    // Shared by all connections.
    return this.entries = kept.length > 0 ? kept : NONE;
  }

  /** The CONNECT to a namespace that has no socket yet. */
  askedFor(name: string): Entry | undefined {
    return this.entries.find(entry => !entry.socket && entry.name === name);
  }

  entryOf(socket: Socket): Entry | undefined {
    return this.entries.find(entry => entry.socket === socket) ?? this.askedFor(socket.nsp.name);
  }
}

/** Describes the sender for the log; only called if it is logged. */
type Describe = () => string;

/** Limits the packets, CONNECTs and namespaces of one connection, and the state kept for each. */
export class ConnectionLimits {
  constructor(private readonly limits: Limits, private readonly refusals: Refusals) {}

  /**
   * Counts an event.
   *
   * @return whether it may be handled
   */
  takeEvent(socket: Socket): boolean {
    return this.trafficOf(socket.conn).take() || this.refuseFlood(socket.conn, 'an event', () => describe(socket));
  }

  /**
   * Counts a packet without an effect: an unexpected ack, a pong. There may be as many as events, and only a flood of them has an effect.
   *
   * @return whether it may be read; if not, the connection has been closed
   */
  takeIdle(session: EngineSocket, what: string, whose: Describe): boolean {
    const { events } = this.limits;
    const bucket = (session as { [IDLE]?: Bucket })[IDLE] ??= new Bucket(events, events.burst);
    if (bucket.take() || !bucket.isOverdrawn) return true;
    this.closeFlood(session, what, whose);
    return false;
  }

  /**
   * Counts a CONNECT, before a socket exists or, for a dynamic namespace, the namespace.
   *
   * @param authBytes - bytes of the packet
   * @return the reason for a rejection, if it is rejected
   */
  ask(session: EngineSocket, name: string, authBytes: number, whose: Describe): SocketIOError | undefined {
    const traffic = this.trafficOf(session);
    if (!traffic.take()) {
      this.refuseFlood(session, 'a CONNECT', whose);
      return new SocketIOError('RATE_LIMITED');
    }
    const others = traffic.alive();
    const { pendingConnects, namespaces, authBytes: most, connectionAuthBytes: mostOfAll } = this.limits;
    if (others.some(entry => entry.name === name)) {
      this.close(session, 'pendingConnects', 'a second CONNECT to a namespace whose first one was not answered yet', whose);
      return new SocketIOError('TOO_MANY_CONNECTS');
    }
    const pending = others.filter(({ socket }) => !socket?.connected).length;
    if (pending >= pendingConnects) return this.refuse('pendingConnects', 'TOO_MANY_CONNECTS', pendingConnects, whose);
    if (others.length >= namespaces) return this.refuse('namespaces', 'TOO_MANY_NAMESPACES', namespaces, whose);
    if (authBytes > most) return this.refuse('authBytes', 'AUTH_TOO_LARGE', most, whose);
    const bytes = others.reduce((sum, entry) => sum + entry.authBytes, authBytes);
    if (bytes > mostOfAll) return this.refuse('connectionAuthBytes', 'AUTH_TOO_LARGE', mostOfAll, whose);
    traffic.add(new Entry(name, authBytes));
    return undefined;
  }

  /** Whether a connection is in a namespace. */
  isIn(session: EngineSocket, name: string): boolean {
    return this.trafficOf(session).entries.some(entry => entry.name === name && entry.socket?.connected);
  }

  /** A client leaves a namespace; Socket.IO is about to be notified, and expects that before the next CONNECT. */
  leave(session: EngineSocket, name: string): void {
    const traffic = this.trafficOf(session);
    traffic.remove(traffic.entries.find(entry => entry.name === name && entry.socket?.connected));
  }

  /** A counted CONNECT has ended without a socket. */
  forget(session: EngineSocket, name: string): void {
    const traffic = this.trafficOf(session);
    traffic.remove(traffic.askedFor(name));
  }

  /** A counted CONNECT now has a socket, whose middleware is about to run. */
  meet(socket: Socket): void {
    const entry = this.trafficOf(socket.conn).askedFor(socket.nsp.name);
    if (entry) entry.socket = socket;
  }

  /**
   * The plugin's admission of a socket begins. Its CONNECT is counted now, if it was not: the first one of protocol 3 has no packet.
   *
   * @return the reason for a rejection, if it is rejected
   */
  admit(socket: Socket): SocketIOError | undefined {
    const traffic = this.trafficOf(socket.conn);
    const refusal = traffic.entryOf(socket) ? undefined : this.ask(socket.conn, socket.nsp.name, 0, () => describe(socket));
    const entry = traffic.entryOf(socket);
    if (entry && !refusal) Object.assign(entry, { socket, isAdmitting: true });
    return refusal;
  }

  /** The plugin's admission of a socket has ended. */
  settle(socket: Socket, isAdmitted: boolean): void {
    const traffic = this.trafficOf(socket.conn);
    const entry = traffic.entryOf(socket);
    if (entry) entry.isAdmitting = false;
    if (!isAdmitted) traffic.remove(entry);
  }

  /**
   * Counts a socket that is connected; one that was recovered was not admitted.
   *
   * @return whether it may stay; if not, its connection is being closed
   */
  connect(socket: Socket): boolean {
    const traffic = this.trafficOf(socket.conn);
    const known = traffic.entryOf(socket);
    if (known) {
      known.socket = socket;
      return true;
    }
    const { name } = socket.nsp;
    if (traffic.entries.some(entry => entry.isAlive && entry.name === name)) {
      this.close(socket.conn, 'pendingConnects', 'a second CONNECT to a namespace', () => describe(socket));
      return false;
    }
    const entry = new Entry(name, 0);
    entry.socket = socket;
    traffic.add(entry);
    return true;
  }

  private trafficOf(session: EngineSocket): Traffic {
    const holder = session as { [TRAFFIC]?: Traffic };
    const { events } = this.limits;
    return holder[TRAFFIC] ??= new Traffic(events, events.burst);
  }

  private refuseFlood(session: EngineSocket, what: string, whose: Describe): false {
    const { perSecond } = this.limits.events;
    if (this.trafficOf(session).isOverdrawn) this.closeFlood(session, 'events', whose);
    else this.refusals.add('events', () => `refused ${what} of ${whose()}: more than ${perSecond} a second (config.socketio.limits.events).`);
    return false;
  }

  private refuse(limit: Refusal, code: string, most: number, whose: Describe): SocketIOError {
    this.refusals.add(limit, () => `refused a CONNECT of ${whose()}: more than config.socketio.limits.${limit} (${most}).`);
    return new SocketIOError(code, undefined, { details: { limit: most } });
  }

  private closeFlood(session: EngineSocket, what: string, whose: Describe): void {
    const { perSecond } = this.limits.events;
    this.close(session, 'events', `more than ${perSecond} ${what} a second, without slowing down`, whose);
  }

  private close(session: EngineSocket, limit: Refusal, why: string, whose: Describe): void {
    if (session.readyState !== 'open') return;
    this.refusals.add(limit, () => `closed the connection of ${whose()}: ${why} (config.socketio.limits.${limit}).`);
    session.close();
  }
}

function describe({ id, nsp, handshake }: Socket): string {
  return `${id} (${handshake.address}) in ${nsp.name.slice(0, 100)}`;
}
