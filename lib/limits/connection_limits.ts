import type { Namespace, Socket } from 'socket.io';
import { SocketIOError } from '../errors';
import type { Limits } from './limits';
import { Bucket } from './rate';
import type { Refusal, Refusals } from './refusals';

const STATE = Symbol('Connection#limits');

/** A socket that wants to connect to its namespace, or has. */
interface Entry {
  readonly socket: Socket;
  /** Whether it is still in the plugin's own admission. */
  admitting: boolean;
}

/** What is counted of one connection. */
interface State {
  readonly bucket: Bucket;
  /** By namespace. */
  readonly entries: Map<string, Entry>;
}

/** The sockets that Socket.IO's namespace keeps while their middleware runs; not in its types. */
interface Waiting { _preConnectSockets?: Map<string, Socket> }

function isWaiting(nsp: Namespace, socket: Socket): boolean {
  return (nsp as unknown as Waiting)._preConnectSockets?.has(socket.id) ?? false;
}

function isAlive({ socket, admitting }: Entry): boolean {
  return admitting || socket.connected || isWaiting(socket.nsp, socket);
}

/** Limits what comes on one connection: events, CONNECTs and namespaces. */
export class ConnectionLimits {
  constructor(private readonly limits: Limits, private readonly refusals: Refusals) {}

  /**
   * Counts an event.
   *
   * @return whether it may be handled
   */
  takeEvent(socket: Socket): boolean {
    return this.take(socket, this.stateOf(socket));
  }

  /**
   * Counts a CONNECT.
   *
   * @return why it is refused, if it is
   */
  admit(socket: Socket): SocketIOError | undefined {
    const state = this.stateOf(socket);
    const { entries } = state;
    if (!this.take(socket, state)) return new SocketIOError('RATE_LIMITED');
    for (const [ name, entry ] of entries) {
      if (!isAlive(entry)) entries.delete(name);
    }
    const { pendingConnects, namespaces } = this.limits;
    if (entries.has(socket.nsp.name)) {
      this.close(socket, 'pendingConnects', 'a second CONNECT to a namespace whose first one was not answered yet');
      return new SocketIOError('TOO_MANY_CONNECTS');
    }
    const pending = [ ...entries.values() ].filter(entry => !entry.socket.connected).length;
    if (pending >= pendingConnects) return this.refuse(socket, 'pendingConnects', 'TOO_MANY_CONNECTS', pendingConnects);
    if (entries.size >= namespaces) return this.refuse(socket, 'namespaces', 'TOO_MANY_NAMESPACES', namespaces);
    entries.set(socket.nsp.name, { socket, admitting: true });
    return undefined;
  }

  /** The plugin's admission of a socket has come to its end. */
  settle(socket: Socket, isAdmitted: boolean): void {
    const { entries } = this.stateOf(socket);
    const entry = entries.get(socket.nsp.name);
    if (entry?.socket !== socket) return;
    if (isAdmitted) entry.admitting = false;
    else entries.delete(socket.nsp.name);
  }

  /**
   * Counts a socket that is connected; one that was recovered was not admitted.
   *
   * @return whether it may stay; if not, its connection is being closed
   */
  connect(socket: Socket): boolean {
    const { entries } = this.stateOf(socket);
    const other = entries.get(socket.nsp.name);
    if (other && other.socket !== socket && isAlive(other)) {
      this.close(socket, 'pendingConnects', 'a second CONNECT to a namespace');
      return false;
    }
    entries.set(socket.nsp.name, { socket, admitting: false });
    return true;
  }

  private stateOf(socket: Socket): State {
    const holder = socket.conn as { [STATE]?: State };
    const { events } = this.limits;
    return holder[STATE] ??= { bucket: new Bucket(events, events.burst), entries: new Map() };
  }

  private take(socket: Socket, { bucket }: State): boolean {
    if (bucket.take()) return true;
    const { perSecond } = this.limits.events;
    if (bucket.isOverdrawn) this.close(socket, 'events', `more than ${perSecond} events a second, without slowing down`);
    else this.refusals.add('events', () => `refused an event of ${describe(socket)}: more than ${perSecond} a second (config.socketio.limits.events).`);
    return false;
  }

  private refuse(socket: Socket, limit: Refusal, code: string, most: number): SocketIOError {
    this.refusals.add(limit, () => `refused a CONNECT of ${describe(socket)}: more than config.socketio.limits.${limit} (${most}).`);
    return new SocketIOError(code, undefined, { details: { limit: most } });
  }

  private close(socket: Socket, limit: Refusal, why: string): void {
    if (socket.conn.readyState !== 'open') return;
    this.refusals.add(limit, () => `closed the connection of ${describe(socket)}: ${why} (config.socketio.limits.${limit}).`);
    socket.conn.close();
  }
}

function describe({ id, nsp, handshake }: Socket): string {
  return `${id} (${handshake.address}) in ${nsp.name.slice(0, 100)}`;
}
