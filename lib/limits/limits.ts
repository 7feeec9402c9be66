import type { Rate } from './rate';

/**
 * `config.socketio.limits`. Each holds in one worker, unless it says otherwise; `false` takes it away.
 * @see docs/security.md#limits
 */
export interface LimitOptions {
  /**
   * Events and CONNECTs on one connection. One that comes too early is not handled: its ack, or the `connect_error`, says
   * `RATE_LIMITED`, an event without an ack is dropped. Who goes on all the same, until `burst` more are refused than
   * came slowly enough, is closed. Counted with them are packets that nothing comes of: unexpected acks, pings and pongs.
   * @default { perSecond: 5000, burst: 5000 }
   */
  events?: Rate | false;
  /**
   * Open connections from one address, as Egg sees it (`config.proxy`, `config.maxIpsCount`), on all workers together. One
   * more is refused with 403 or, as a WebSocket, with 400.
   * @default false
   */
  connectionsPerAddress?: number | false;
  /**
   * Leading bits of an IPv6 address that `connectionsPerAddress`, and `@RateLimit()` by address, tell clients apart by; `false` for all
   * 128. A client has mostly a whole network of `64` bits to choose addresses from.
   * @default false
   */
  ipv6Prefix?: number | false;
  /**
   * Bytes that are read from one connection. One that sends faster is read no faster: its client waits, and nothing is lost.
   * @default { perSecond: 10000000, burst: 20000000 }
   */
  receivedBytes?: Rate | false;
  /** Packets of Engine.IO in one request of polling. A connection that sends more at a time is closed. @default 10000 */
  payloadPackets?: number | false;
  /** Arguments of an event or an ack. A connection that sends more is closed. @default 1000 */
  arguments?: number | false;
  /**
   * Characters in the name of an event or a namespace; a connection that sends more is closed. The same for rooms: `join()` of a
   * longer one rejects with `NAME_TOO_LONG`.
   * @default 512
   */
  nameLength?: number | false;
  /** Bytes of a CONNECT with its `auth`. A larger one is refused with `AUTH_TOO_LARGE`. @default 65536 */
  authBytes?: number | false;
  /** The same for all namespaces that a connection is in, together. @default 262144 */
  connectionAuthBytes?: number | false;
  /**
   * Milliseconds for each of the app's functions that decide about a request, `allowRequest` and those in `cors`, to call back. A
   * request whose function takes longer is refused.
   * @default 10000
   */
  handshakeTimeout?: number | false;
  /** CONNECTs of one connection that wait for their answer. One more is refused with `TOO_MANY_CONNECTS`. @default 50 */
  pendingConnects?: number | false;
  /** Namespaces on one connection. One more is refused with `TOO_MANY_NAMESPACES`. @default 100 */
  namespaces?: number | false;
  /** Rooms that a socket is in, besides its own. `join()` of one more rejects with `TOO_MANY_ROOMS`. @default 1000 */
  rooms?: number | false;
  /**
   * Milliseconds for middleware, guards, validation and handler of an event or a connection. Then the client hears
   * `HANDLER_TIMEOUT`, and what the handler returns later is thrown away; a connection whose handlers take longer is closed.
   * @default 60000
   */
  handlerTimeout?: number | false;
  /** Milliseconds that `emitWithAck()` without a `timeout()` waits for clients. @default 20000 */
  ackTimeout?: number | false;
  /**
   * Bytes that wait to be sent on one connection. Volatile packets are dropped as soon as anything waits. A connection with more
   * than this is closed with the next packet, if its client has not taken a sixteenth of it within 10 seconds (in polling: has not
   * polled), or as soon as eight times as much waits.
   * @default 4194304
   */
  bufferedBytes?: number | false;
  /**
   * Bytes of memory that events of one connection take while they wait for connection handlers, measured roughly, each with 500
   * bytes more than was sent. A connection that sends more is closed.
   * @default 4194304
   */
  waitingBytes?: number | false;
  /** Milliseconds for all attachments of a binary packet to arrive. A connection that takes longer is closed. @default 10000 */
  attachmentTimeout?: number | false;
  /** How deeply arrays and objects may be nested in what a client sends. A connection that sends more is closed. @default 100 */
  depth?: number | false;
}

/** What holds where `config.socketio.limits` says nothing. */
export const DEFAULT_LIMITS = Object.freeze({
  events: { perSecond: 5000, burst: 5000 },
  connectionsPerAddress: false,
  ipv6Prefix: false,
  receivedBytes: { perSecond: 10_000_000, burst: 20_000_000 },
  payloadPackets: 10_000,
  arguments: 1000,
  nameLength: 512,
  authBytes: 64 * 1024,
  connectionAuthBytes: 256 * 1024,
  handshakeTimeout: 10_000,
  pendingConnects: 50,
  namespaces: 100,
  rooms: 1000,
  handlerTimeout: 60_000,
  ackTimeout: 20_000,
  bufferedBytes: 4 * 1024 * 1024,
  waitingBytes: 4 * 1024 * 1024,
  attachmentTimeout: 10_000,
  depth: 100,
}) satisfies LimitOptions;

/** The limits that are rates. */
type RateLimit = 'events' | 'receivedBytes';

/** The limits that hold; `Infinity` where there is none. */
export interface Limits extends Record<Exclude<keyof LimitOptions, RateLimit>, number>, Record<RateLimit, Required<Rate>> {}

const NO_RATE: Required<Rate> = { perSecond: Infinity, burst: Infinity };

/** Fills `config.socketio.limits` up. */
export function resolveLimits(options: LimitOptions = {}): Limits {
  const { events, receivedBytes, ...numbers } = { ...DEFAULT_LIMITS, ...options };
  const rateOf = (rate: Rate | false, preset: Required<Rate>) => (rate === false ? NO_RATE : { ...preset, ...rate });
  return {
    events: rateOf(events, DEFAULT_LIMITS.events),
    receivedBytes: rateOf(receivedBytes, DEFAULT_LIMITS.receivedBytes),
    ...Object.fromEntries(Object.entries(numbers).map(([ key, most ]) => [ key, most === false ? Infinity : most ])),
  } as Limits;
}
