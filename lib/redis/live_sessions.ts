import type { Adapter, SocketId } from 'socket.io-adapter';
import type { OwnSession } from '../adapter/recovery/client_path';
import { carry } from '../adapter/recovery/packed_data';
import type { SocketDataCopier } from '../adapter/recovery/socket_data';
import { MAX_DATA_BYTES } from '../adapter/recovery/store';
import { KnownData } from '../adapter/replicas/known_data';
import { msgpack } from '../base/msgpack';
import { Once } from '../base/once';
import { letGo } from '../internals/let_go';
import { packetAfter } from '../internals/own_packets';
import type { Namespace, Socket } from '../internals/socket_io';
import { whenSettled } from '../internals/when_settled';
import type { SendOrder } from './send_order';
import { isDenied, type SessionKeys, type StoredSession } from './session_keys';

/** Milliseconds after which a session is written again, so that it does not expire while its client is connected. */
const RENEWAL = 60_000;
/** Milliseconds between two looks at a part of the sessions. After {@link ROUNDS} of them, each has been looked at. */
const INTERVAL = 1000;
const ROUNDS = 5;
/** The reason of a line that is logged once. */
const DENIED = 'denied';

const encoder = msgpack();

/** The parts of the streams adapter that are not in its types. */
interface OfficialAdapter extends Adapter { readonly uid: string }

/** The data of a session in Redis, which is encoded separately, as between workers. */
export interface Sealed { readonly carried?: Uint8Array }

/** A session in Redis. */
type Written = Omit<OwnSession, 'data'> & Sealed & { readonly since: string | undefined };

/** A connected client. */
interface Live {
  readonly adapter: OfficialAdapter;
  readonly socket: Socket;
  /** The place in the stream at which its session began. */
  since(): string | undefined;
  /** Its data as Redis has it; `undefined` until it has some, or if a write has failed. */
  known: KnownData | undefined;
  writtenAt: number;
  /** Whether its connection handlers have finished. */
  isSettled: boolean;
}

/** The settings of {@link LiveSessions}. */
export interface LiveOptions {
  readonly keys: SessionKeys;
  readonly carrier: SocketDataCopier;
  /** Holds back what a client is told until Redis has the session. Default: nothing is held back */
  readonly order: SendOrder | undefined;
  /** The number of connections to Redis that were lost so far; `undefined` while it is away. */
  outages(): number | undefined;
  /** Gets a line for the log. */
  warn(line: string): void;
}

function namespaceOf({ nsp }: Adapter): Namespace {
  return nsp as unknown as Namespace;
}

/** Milliseconds for which a session is kept without its client. */
export function durationOf(adapter: Adapter): number {
  return namespaceOf(adapter).server.opts.connectionStateRecovery!.maxDisconnectionDuration;
}

/**
 * The sessions of this worker's clients in Redis. If this worker, or its whole machine, is gone, another one recovers its clients: Redis
 * has their sessions, and the stream has what they were sent.
 */
export class LiveSessions {
  /** By `pid`. */
  private readonly live = new Map<string, Live>();
  /** Sessions that have changed. */
  private readonly dirty = new Set<string>();
  private readonly warned = new Once();
  private timer: NodeJS.Timeout | undefined;
  private outages: number | undefined = 0;
  private readonly packet = packetAfter<Socket>(({ pid }) => this.check(pid!));

  constructor(private readonly options: LiveOptions) {}

  /** A socket is connected. */
  welcome(adapter: Adapter, id: SocketId, since: () => string | undefined): void {
    const socket = namespaceOf(adapter).sockets.get(id);
    const pid = socket?.pid;
    if (pid === undefined || this.live.get(pid)?.socket === socket) return;
    const one: Live = { adapter: adapter as OfficialAdapter, socket: socket!, since, known: undefined, writtenAt: 0, isSettled: false };
    this.live.set(pid, one);
    Object.assign(socket!, { packet: this.packet });
    this.timer ??= setInterval(() => this.look(), INTERVAL).unref();
    // Without its connection handlers it would be in no room of the app.
    whenSettled(socket!, () => {
      one.isSettled = true;
      if (this.live.get(pid) === one) this.mark(pid);
    });
  }

  /** A socket is gone. Unless its session has been kept before, its client is not recovered. */
  gone(adapter: Adapter, id: SocketId): void {
    const socket = namespaceOf(adapter).sockets.get(id);
    const pid = socket?.pid;
    if (pid === undefined || this.live.get(pid)?.socket !== socket) return;
    this.forget(pid);
    this.drop(pid, adapter as OfficialAdapter);
  }

  /**
   * Keeps the session of a client that has lost its connection.
   *
   * @return whether Redis allows it
   * @throws if its data cannot be encoded
   */
  keep(adapter: Adapter, { sid, pid, rooms, data, since }: StoredSession): Promise<boolean> {
    const bytes = carry(data);
    this.forget(pid);
    return this.write(adapter as OfficialAdapter, { sid, pid, rooms, since }, bytes, true).then(result => result !== 'denied');
  }

  /** A connected client has joined or left a room. */
  changed(adapter: Adapter, id: SocketId): void {
    const pid = namespaceOf(adapter).sockets.get(id)?.pid;
    if (pid !== undefined && this.live.get(pid)?.isSettled) this.mark(pid);
  }

  /** Writes the session of a client if the app has changed its data, and all that have changed. */
  check(pid: string): void {
    const one = this.live.get(pid);
    if (one?.isSettled && one.known && !one.known.isUnchanged(one.socket.data)) this.dirty.add(pid);
    this.flush();
  }

  /** Writes all sessions that have changed. */
  flush(): void {
    if (this.dirty.size === 0) return;
    const pids = [ ...this.dirty ];
    this.dirty.clear();
    for (const pid of pids) this.renew(pid, this.live.get(pid)!);
  }

  /**
   * Ends the connection of a client that has come back on another one.
   *
   * @return whether it was connected here
   */
  letGo(pid: string): boolean {
    const one = this.live.get(pid);
    if (one) letGo(one.socket.client.conn);
    return one !== undefined;
  }

  private forget(pid: string): void {
    this.live.delete(pid);
    this.dirty.delete(pid);
    if (this.live.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private mark(pid: string): void {
    if (this.dirty.size === 0) setImmediate(() => this.flush());
    this.dirty.add(pid);
  }

  /** Looks at a part of the sessions: some expire soon, and the app may have changed data outside of an event. */
  private look(): void {
    const outages = this.options.outages();
    if (outages === undefined) return;
    // After an outage, Redis may have lost all of them.
    const isBack = outages !== this.outages;
    this.outages = outages;
    let count = isBack ? this.live.size : Math.ceil(this.live.size / ROUNDS);
    const due = isBack ? Infinity : Date.now() - RENEWAL;
    for (const [ pid, one ] of this.live) {
      if (count-- === 0) break;
      this.live.delete(pid);
      this.live.set(pid, one);
      if (one.isSettled && (one.writtenAt < due || !one.known?.isUnchanged(one.socket.data))) this.mark(pid);
    }
  }

  private renew(pid: string, one: Live): void {
    const { adapter, socket: { id: sid, rooms, data }, since } = one;
    const bytes = this.copy(one);
    one.known = new KnownData(data);
    one.writtenAt = Date.now();
    if (!bytes) {
      // The old one would be wrong.
      this.drop(pid, adapter);
      return;
    }
    const { order } = this.options;
    const opts = { rooms: new Set([ sid ]), except: new Set<string>() };
    const own = order?.begin({ adapter, opts, isBeside: true, apply() { /* Others wait for it. */ } });
    void this.write(adapter, { pid, sid, rooms: [ ...rooms ], since: since() }, bytes, false).then(result => {
      // It is written again as soon as Redis is there.
      if (result === 'failed') one.known = undefined;
      if (result === 'lost' && this.live.get(pid) === one) this.letGo(pid);
      if (own !== undefined) order!.end(own);
    });
  }

  /** The data of a client, encoded; `undefined` if it cannot be, or is too large. */
  private copy({ adapter, socket: { id: sid, data } }: Live): Buffer | undefined {
    const { carrier } = this.options;
    const { name, server } = namespaceOf(adapter);
    const { maxDataBytes = MAX_DATA_BYTES } = server.opts.connectionStateRecovery!;
    const cargo = { nsp: name, sid, data };
    const bytes = carrier.copy(cargo);
    return bytes && (bytes.length <= maxDataBytes || carrier.weigh(cargo, maxDataBytes) !== undefined) ? bytes : undefined;
  }

  private async write(
    adapter: OfficialAdapter, session: Omit<Written, 'carried'>, bytes: Buffer, isAway: boolean,
  ): Promise<'written' | 'lost' | 'failed' | 'denied'> {
    const { keys, warn } = this.options;
    const encoded = encoder.pack({ ...session, carried: bytes } satisfies Written).toString('base64');
    const ttl = durationOf(adapter) + (isAway ? 0 : 2 * RENEWAL);
    try {
      return await keys.write(session.pid, adapter.uid, encoded, ttl, isAway) ? 'written' : 'lost';
    } catch (error) {
      if (!isDenied(error)) return 'failed';
      if (this.warned.isFirst(DENIED)) warn(`Redis refuses to keep the sessions of connected clients (${(error as Error).message}), so the clients of a killed worker are not recovered. Allow EVAL, HGET, HMGET, HSET, HDEL, PEXPIRE, SET and DEL, or set config.socketio.connectionStateRecovery.replicas to 0.`);
      return 'denied';
    }
  }

  private drop(pid: string, adapter: OfficialAdapter): void {
    this.options.keys.drop(pid, adapter.uid).catch(() => undefined);
  }
}
