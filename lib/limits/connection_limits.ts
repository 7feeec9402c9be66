import type { Namespace, Socket } from 'socket.io';
import { SocketIOError } from '../errors';
import type { Limits } from './limits';
import { Bucket } from './rate';
import type { Refusal, Refusals } from './refusals';

const TRAFFIC = Symbol('Connection#traffic');

const NONE: readonly Socket[] = [];

/** What is counted of one connection: its events, and the sockets that want to connect to their namespaces, or have. */
class Traffic extends Bucket {
  sockets = NONE;
  /** Those of them that are still in the plugin's own admission. */
  admitting = NONE;
}

/** The sockets that Socket.IO's namespace keeps while their middleware runs; not in its types. */
interface Waiting { _preConnectSockets?: Map<string, Socket> }

function isWaiting(nsp: Namespace, socket: Socket): boolean {
  return (nsp as unknown as Waiting)._preConnectSockets?.has(socket.id) ?? false;
}

function without(sockets: readonly Socket[], socket: Socket): readonly Socket[] {
  const others = sockets.filter(other => other !== socket);
  // Of which there is one, and not one a connection.
  return others.length > 0 ? others : NONE;
}

function aliveOf({ admitting, sockets }: Traffic): Socket[] {
  return sockets.filter(socket => socket.connected || admitting.includes(socket) || isWaiting(socket.nsp, socket));
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
    return this.take(socket, this.trafficOf(socket));
  }

  /**
   * Counts a CONNECT.
   *
   * @return why it is refused, if it is
   */
  admit(socket: Socket): SocketIOError | undefined {
    const traffic = this.trafficOf(socket);
    if (!this.take(socket, traffic)) return new SocketIOError('RATE_LIMITED');
    const others = aliveOf(traffic);
    traffic.sockets = others;
    const { pendingConnects, namespaces } = this.limits;
    if (others.some(({ nsp }) => nsp.name === socket.nsp.name)) {
      this.close(socket, 'pendingConnects', 'a second CONNECT to a namespace whose first one was not answered yet');
      return new SocketIOError('TOO_MANY_CONNECTS');
    }
    const pending = others.filter(({ connected }) => !connected).length;
    if (pending >= pendingConnects) return this.refuse(socket, 'pendingConnects', 'TOO_MANY_CONNECTS', pendingConnects);
    if (others.length >= namespaces) return this.refuse(socket, 'namespaces', 'TOO_MANY_NAMESPACES', namespaces);
    traffic.admitting = [ ...traffic.admitting, socket ];
    traffic.sockets = [ ...others, socket ];
    return undefined;
  }

  /** The plugin's admission of a socket has come to its end. */
  settle(socket: Socket, isAdmitted: boolean): void {
    const traffic = this.trafficOf(socket);
    traffic.admitting = without(traffic.admitting, socket);
    if (!isAdmitted) traffic.sockets = without(traffic.sockets, socket);
  }

  /**
   * Counts a socket that is connected; one that was recovered was not admitted.
   *
   * @return whether it may stay; if not, its connection is being closed
   */
  connect(socket: Socket): boolean {
    const traffic = this.trafficOf(socket);
    if (traffic.sockets.includes(socket)) return true;
    const others = aliveOf(traffic);
    if (others.some(({ nsp }) => nsp.name === socket.nsp.name)) {
      this.close(socket, 'pendingConnects', 'a second CONNECT to a namespace');
      return false;
    }
    traffic.sockets = [ ...others, socket ];
    return true;
  }

  private trafficOf(socket: Socket): Traffic {
    const holder = socket.conn as { [TRAFFIC]?: Traffic };
    const { events } = this.limits;
    return holder[TRAFFIC] ??= new Traffic(events, events.burst);
  }

  private take(socket: Socket, bucket: Bucket): boolean {
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
