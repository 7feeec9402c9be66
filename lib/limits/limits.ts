import type { Rate } from './rate';

/**
 * `config.socketio.limits`. Each limit applies to one worker, unless it says otherwise; `false` removes it.
 * @see docs/security.md#limits
 */
export interface LimitOptions {
  /**
   * Events and CONNECTs on one connection. One above the rate is not handled: its ack, or the `connect_error`, gets `RATE_LIMITED`, and
   * an event without an ack is dropped. If a client continues until `burst` more are rejected than came slowly enough, its connection is
   * closed. Packets without an effect count too: unexpected acks, pings and pongs.
   * @default { perSecond: 5000, burst: 5000 }
   */
  events?: Rate | false;
  /**
   * Open connections from one address, as Egg sees it (`config.proxy`, `config.maxIpsCount`), on all workers together. Further ones are
   * refused with 403 or, as a WebSocket, with 400.
   * @default false
   */
  connectionsPerAddress?: number | false;
  /**
   * Leading bits of an IPv6 address by which `connectionsPerAddress`, and `@RateLimit()` by address, distinguish clients; `false` for all
   * 128. A client usually has a whole network of `64` bits to choose addresses from.
   * @default false
   */
  ipv6Prefix?: number | false;
  /**
   * Bytes that are read from one connection. A client that sends faster is read no faster: it waits, and nothing is lost.
   * @default { perSecond: 10000000, burst: 20000000 }
   */
  receivedBytes?: Rate | false;
  /** Engine.IO packets in one polling request. A connection that sends more at a time is closed. @default 10000 */
  payloadPackets?: number | false;
  /** Arguments of an event or an ack. A connection that sends more is closed. @default 1000 */
  arguments?: number | false;
  /**
   * Characters in the name of an event or a namespace; a connection that sends more is closed. The same for rooms: `join()` of a longer
   * one rejects with `NAME_TOO_LONG`.
   * @default 512
   */
  nameLength?: number | false;
  /** Bytes of a CONNECT with its `auth`. A larger one is rejected with `AUTH_TOO_LARGE`. @default 65536 */
  authBytes?: number | false;
  /** The same for all namespaces of a connection together. @default 262144 */
  connectionAuthBytes?: number | false;
  /**
   * Milliseconds for each of the app's functions that decide about a request, `allowRequest` and those in `cors`, to call back. After
   * that the request is refused.
   * @default 10000
   */
  handshakeTimeout?: number | false;
  /** Pending CONNECTs of one connection. Further ones are rejected with `TOO_MANY_CONNECTS`. @default 50 */
  pendingConnects?: number | false;
  /** Namespaces on one connection. Further ones are rejected with `TOO_MANY_NAMESPACES`. @default 100 */
  namespaces?: number | false;
  /** Rooms of a socket, besides its own. `join()` of a further one rejects with `TOO_MANY_ROOMS`. @default 1000 */
  rooms?: number | false;
  /**
   * Milliseconds for middleware, guards, validation and handler of an event or a connection. Then the client gets `HANDLER_TIMEOUT`, and
   * a later return value is discarded; if connection handlers take longer, the connection is closed.
   * @default 60000
   */
  handlerTimeout?: number | false;
  /** Open streams of a socket that a client takes item by item. Further ones get `TOO_MANY_STREAMS`. @default 100 */
  streams?: number | false;
  /** Approximate bytes of memory that a stream takes as one ack. A longer one gets `STREAM_TOO_LONG`. @default 1048576 */
  streamBytes?: number | false;
  /**
   * Approximate bytes of memory of the uploaded items of one socket that wait for their handlers. The event with the item that exceeds it
   * gets `STREAM_OVERRUN`.
   * @default 16777216
   */
  uploadBytes?: number | false;
  /**
   * Streams with `resume` that one worker keeps, those without a client included. For a further one, the oldest one without a client ends;
   * if all have clients, the new one gets `TOO_MANY_STREAMS`.
   * @default 1000
   */
  keptStreams?: number | false;
  /**
   * Approximate bytes of memory of the items of one stream with `resume`. Above that, items that a client has taken are dropped; if there
   * are none, its handler waits.
   * @default 1048576
   */
  keptStreamBytes?: number | false;
  /** The same for all streams of one worker together. Those that have ended and have no client are dropped first. @default 67108864 */
  keptBytes?: number | false;
  /**
   * Events that are being handled once, and answers that are kept for repeated ones, in a worker. The oldest answers go first; if all are
   * being handled, a further one gets `TOO_MANY_KEYS`.
   * @default 10000
   */
  onceKeys?: number | false;
  /** Bytes of these answers. A larger one is not kept: a repeated event gets `ANSWER_NOT_KEPT`. @default 16777216 */
  onceBytes?: number | false;
  /** Milliseconds that `emitWithAck()` and `acks()` without a `timeout()` wait for clients. @default 20000 */
  ackTimeout?: number | false;
  /** Approximate bytes of acks that wait for one loop over `acks()`. The results of further ones have `ACK_DROPPED`. @default 16777216 */
  ackBytes?: number | false;
  /**
   * Bytes waiting to be sent on one connection. Volatile packets are dropped as soon as anything is waiting. A connection with more than
   * this is closed with the next packet if its client has not read a sixteenth of it within 10 seconds (in polling: has not polled), or
   * as soon as eight times as much is waiting.
   * @default 4194304
   */
  bufferedBytes?: number | false;
  /**
   * Approximate bytes of memory that events of one connection take while they wait for connection handlers, each with 500 bytes more than
   * was sent. A connection that sends more is closed.
   * @default 4194304
   */
  waitingBytes?: number | false;
  /** Milliseconds for all attachments of a binary packet to arrive. A connection that takes longer is closed. @default 10000 */
  attachmentTimeout?: number | false;
  /** Levels of nested arrays and objects in a client's packet. A connection that sends more is closed. @default 100 */
  depth?: number | false;
}

/** The defaults of `config.socketio.limits`. */
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
  streams: 100,
  streamBytes: 1024 * 1024,
  uploadBytes: 16 * 1024 * 1024,
  keptStreams: 1000,
  keptStreamBytes: 1024 * 1024,
  keptBytes: 64 * 1024 * 1024,
  onceKeys: 10_000,
  onceBytes: 16 * 1024 * 1024,
  ackTimeout: 20_000,
  ackBytes: 16 * 1024 * 1024,
  bufferedBytes: 4 * 1024 * 1024,
  waitingBytes: 4 * 1024 * 1024,
  attachmentTimeout: 10_000,
  depth: 100,
}) satisfies LimitOptions;

/** The limits that are rates. */
type RateLimit = 'events' | 'receivedBytes';

/** The effective limits; `Infinity` for none. */
export interface Limits extends Record<Exclude<keyof LimitOptions, RateLimit>, number>, Record<RateLimit, Required<Rate>> {}

const NO_RATE: Required<Rate> = { perSecond: Infinity, burst: Infinity };

/** Adds the defaults to `config.socketio.limits`. */
export function resolveLimits(options: LimitOptions = {}): Limits {
  const { events, receivedBytes, ...numbers } = { ...DEFAULT_LIMITS, ...options };
  const rateOf = (rate: Rate | false, preset: Required<Rate>) => (rate === false ? NO_RATE : { ...preset, ...rate });
  return {
    events: rateOf(events, DEFAULT_LIMITS.events),
    receivedBytes: rateOf(receivedBytes, DEFAULT_LIMITS.receivedBytes),
    ...Object.fromEntries(Object.entries(numbers).map(([ key, most ]) => [ key, most === false ? Infinity : most ])),
  } as Limits;
}
