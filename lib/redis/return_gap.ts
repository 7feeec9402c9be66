import type { Adapter, BroadcastOptions, Room, Session, SocketId } from 'socket.io-adapter';
import { EVENT, type Packet } from '../cluster/adapter_packet';

/** Milliseconds that a client may take from the restoring of its session to its connection. */
const LIMIT = 10_000;

interface Heard { readonly offset: string; readonly data: unknown[]; readonly opts: BroadcastOptions }

/** A client that is on its way back. */
interface Returning {
  /** What this server has sent to others since its session was looked for. */
  readonly heard: Heard[];
  readonly timer: NodeJS.Timeout;
  sid: SocketId | undefined;
  /** The offsets of what it gets with its session. */
  got: ReadonlySet<unknown>;
}

/** Of the engine and of Socket.IO, what their types do not show. */
interface Engine extends Adapter {
  addOffsetIfNecessary(packet: Packet, opts: BroadcastOptions, offset: string | undefined): void;
}
interface ReturnedSocket { packet(packet: Packet): void }

function isAfter(a: string, b: string): boolean {
  const [[ timeA, numberA ], [ timeB, numberB ]] = [ a, b ].map(offset => offset.split('-').map(Number));
  return timeA > timeB || (timeA === timeB && numberA > numberB);
}

/**
 * Sends to a client that is back what came between the reading of what it had missed and its connection. The streams
 * adapter reads the stream to its end, and lets pass what another connection delivers meanwhile.
 */
export function closeReturnGap(adapter: Adapter): void {
  const engine = adapter as Engine;
  const returning = new Set<Returning>();
  const { addOffsetIfNecessary, restoreSession, addAll } = engine;

  // The last that the engine does before it sends a broadcast to the sockets of this server.
  engine.addOffsetIfNecessary = (packet, opts, offset) => {
    const { length } = packet.data;
    addOffsetIfNecessary.call(engine, packet, opts, offset);
    if (returning.size === 0 || offset === undefined || packet.data.length === length) return;
    for (const { heard } of returning) heard.push({ offset, data: packet.data, opts });
  };

  engine.restoreSession = async (pid, offset): Promise<Session> => {
    const one: Returning = { heard: [], timer: setTimeout(() => returning.delete(one), LIMIT).unref(), sid: undefined, got: new Set() };
    const forget = () => {
      clearTimeout(one.timer);
      returning.delete(one);
    };
    returning.add(one);
    try {
      const session = await restoreSession.call(engine, pid, offset);
      if (session) {
        const missed = session.missedPackets as unknown[][];
        one.sid = session.sid;
        one.got = new Set([ offset, ...missed.map(data => data.at(-1)) ]);
      } else {
        forget();
      }
      return session;
    } catch (error) {
      forget();
      throw error;
    } finally {
      // What is older, the client has got from the server that it was connected to.
      one.heard.splice(0, one.heard.length, ...one.heard.filter(heard => isAfter(heard.offset, offset)));
    }
  };

  engine.addAll = (id, rooms: Set<Room>) => {
    const done = addAll.call(engine, id, rooms);
    if (returning.size === 0) return done;
    const socket = engine.nsp.sockets.get(id) as ReturnedSocket | undefined;
    // Socket.IO has a socket join its own room when it is connected.
    const one = socket && [ ...returning ].find(({ sid }) => sid === id);
    if (!socket || !one) return done;
    clearTimeout(one.timer);
    returning.delete(one);
    const own = engine.sids.get(id)!;
    for (const { offset, data, opts } of one.heard) {
      const isFor = opts.rooms.size === 0 || [ ...opts.rooms ].some(room => own.has(room));
      if (isFor && !one.got.has(offset) && ![ ...opts.except ?? [] ].some(room => own.has(room))) socket.packet({ type: EVENT, data });
    }
    return done;
  };
}
