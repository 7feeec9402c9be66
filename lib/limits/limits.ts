import type { Rate } from './rate';

/**
 * `config.socketio.limits`. Each holds in one worker, unless it says otherwise; `false` takes it away.
 * @see docs/security.md#limits
 */
export interface LimitOptions {
  /**
   * Events and CONNECTs on one connection. One that comes too early is not handled: its ack, or the `connect_error`, says
   * `RATE_LIMITED`, an event without an ack is dropped. Who goes on all the same, until `burst` more are refused than
   * came slowly enough, is closed.
   * @default { perSecond: 5000, burst: 5000 }
   */
  events?: Rate | false;
  /**
   * Open connections from one address, as Egg sees it (`config.proxy`, `config.maxIpsCount`), on all workers together. One
   * more is refused with 403 or, as a WebSocket, with 400.
   * @default false
   */
  connectionsPerAddress?: number | false;
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
   * Bytes that wait to be sent on one connection. Volatile packets are dropped as soon as anything waits; a connection with
   * more than this is closed.
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

/** The limits that hold; `Infinity` where there is none. */
export interface Limits extends Record<Exclude<keyof LimitOptions, 'events'>, number> {
  readonly events: Required<Rate>;
}

const NO_RATE: Required<Rate> = { perSecond: Infinity, burst: Infinity };

/** Fills `config.socketio.limits` up. */
export function resolveLimits(options: LimitOptions = {}): Limits {
  const { events, ...numbers } = { ...DEFAULT_LIMITS, ...options };
  return {
    events: events === false ? NO_RATE : { ...DEFAULT_LIMITS.events, ...events },
    ...Object.fromEntries(Object.entries(numbers).map(([ key, most ]) => [ key, most === false ? Infinity : most ])),
  } as Limits;
}
