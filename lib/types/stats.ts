import type { DisconnectReason } from 'socket.io';
import type { RefusalCounts } from './refusal';

/**
 * A histogram of durations. As in Prometheus, each bucket counts durations up to its bound, so the last one counts most.
 *
 * @see docs/observability.md#statistics
 */
export interface Histogram {
  /** The number of durations. */
  readonly count: number;
  /** Their sum in milliseconds. */
  readonly sum: number;
  /** By upper bound in milliseconds: the number of durations up to it. Longer ones than the last bound are only in `count`. */
  readonly buckets: Readonly<Record<number, number>>;
}

/**
 * The statistics of one namespace.
 *
 * @see docs/observability.md#statistics
 */
export interface NamespaceStats {
  /** The number of connected sockets. */
  readonly sockets: number;
  /** The number of rooms with members, without the room that each socket has for itself. */
  readonly rooms: number;
}

/**
 * Statistics of the events that clients have sent.
 *
 * @see docs/observability.md#statistics
 */
export interface EventStats {
  /** Events that have reached a handler and have ended, successfully or not. */
  readonly total: number;
  /**
   * Events per second, averaged over the last 30 to 60 seconds, or since the first call if that is shorter; in the first result, over the
   * worker's life.
   */
  readonly perSecond: number;
  /**
   * The time from the arrival of an event to its result: middleware, guards, validation and handler. The clock is exact to a millisecond,
   * and is read from the first call on: earlier events are only in `total`.
   */
  readonly duration: Histogram;
  /**
   * {@link duration} by namespace and event, as handlers name them; a namespace given as a RegExp has its source as its name. Events that
   * have not occurred since the first call are missing. After 100 different events, further ones are counted as `(other)`.
   */
  readonly durations: Readonly<Record<string, Readonly<Record<string, Histogram>>>>;
}

/**
 * Requests that this worker had to forward, because a balancer had sent them to the wrong worker.
 *
 * @see docs/observability.md#statistics
 */
export interface ForwardStats {
  /** HTTP requests. */
  readonly requests: number;
  /** WebSockets, each of which is relayed for its whole life; {@link Stats.relayed} is the current number. */
  readonly webSockets: number;
}

/**
 * The state that connection state recovery keeps for clients that may reconnect. All values are zero without recovery, and with an
 * adapter other than the plugin's own, which keeps the state elsewhere.
 *
 * @see docs/observability.md#statistics
 */
export interface RecoveryStats {
  /** The number of sessions waiting for their clients. */
  readonly sessions: number;
  /** The number of packets that clients may have missed. Each worker has its own copy of a packet that goes to all. */
  readonly packets: number;
  /** The bytes of all that is kept: sessions, packets, and copies. */
  readonly bytes: number;
  /** The number of copies of the sessions of other workers, for the case that those are killed. */
  readonly copiedSessions: number;
  /** The bytes of these copies, with their packets; they are part of `bytes`. */
  readonly copiedBytes: number;
}

/**
 * Redis, as a worker sees it.
 *
 * @see docs/observability.md#statistics
 */
export interface RedisStats {
  /**
   * 1 if the messages of other servers arrive, and 0 if not; in a total, the number of workers where they do. `undefined` without Redis.
   */
  readonly up?: number;
  /** How often Redis could not be reached any more. */
  readonly outages: number;
  /** The number of messages to other servers that could not be published in the meantime. */
  readonly lostMessages: number;
  /** How often a namespace received no messages although there was a connection. */
  readonly deaf: number;
  /** How often that was repaired. */
  readonly mended: number;
}

/**
 * The packets and bytes that clients have sent and received through one transport.
 *
 * @see docs/observability.md#statistics
 */
export interface TrafficStats {
  /** The number of Engine.IO packets from clients, including pongs. */
  readonly packetsReceived: number;
  /** The number of Engine.IO packets to clients, including pings. */
  readonly packetsSent: number;
  /**
   * Bytes from clients: with polling, the bodies of requests; with WebSockets, everything on the connection, as it is sent over the network
   * but without TLS.
   */
  readonly bytesReceived: number;
  /** Bytes to clients, counted likewise; the bodies of responses before they are compressed. */
  readonly bytesSent: number;
}

/**
 * The connects of clients that wanted to recover the session that they had before.
 *
 * @see docs/observability.md#statistics
 */
export interface RecoveryOutcomes {
  /** They have it again, with everything that they had missed. */
  readonly recovered: number;
  /** They have got a new session. */
  readonly lost: number;
}

/**
 * The number of disconnects by Socket.IO's reason.
 *
 * @see docs/observability.md#statistics
 */
export type DisconnectStats = Readonly<Record<DisconnectReason | 'other', number>>;

/**
 * The statistics of one worker, or of several together. Connections, namespaces, `handlers`, `bufferedBytes`, `relayed`, `recovery` and
 * `redis.up` are current values; everything else counts from the worker's start.
 *
 * @see docs/observability.md#statistics
 */
export interface Stats {
  /** Open connections, by their current transport. */
  readonly connections: Readonly<Record<'polling' | 'websocket' | 'webtransport', number>>;
  /**
   * Statistics by namespace; the namespaces of a RegExp are counted together, under its source. A room with members on two workers counts
   * in both.
   */
  readonly namespaces: Readonly<Record<string, NamespaceStats>>;
  /** The connects of clients by namespace, named as in {@link namespaces}, including recovered ones. */
  readonly connects: Readonly<Record<string, number>>;
  /** The outcomes for clients that wanted their session back; zeros without connection state recovery. */
  readonly recoveries: RecoveryOutcomes;
  /** The disconnects of clients from namespaces, by reason. */
  readonly disconnects: DisconnectStats;
  /** Packets and bytes, by transport. */
  readonly traffic: Readonly<Record<'polling' | 'websocket', TrafficStats>>;
  /** The number of handlers, with their middleware, that have not finished; one that exceeds `limits.handlerTimeout` no longer counts. */
  readonly handlers: number;
  /** The events that clients have sent. */
  readonly events: EventStats;
  /**
   * The errors that clients got, by code: errors of handlers, unknown events, rejected connections. An error that a filter has handled
   * does not count. After 100 different codes, further ones are counted as `OTHER`.
   */
  readonly errors: Readonly<Record<string, number>>;
  /** Bytes waiting for clients that read more slowly than the server writes. */
  readonly bufferedBytes: number;
  /** The number of refusals by each limit and the origin check, and of connections that Engine.IO has closed, by reason. */
  readonly refused: RefusalCounts;
  /** Requests forwarded to other workers. */
  readonly forwarded: ForwardStats;
  /**
   * WebSockets that are currently relayed to other workers, because their clients came too late for a take-over. Each of them is
   * disconnected if this worker dies, and not only if its own does.
   */
  readonly relayed: number;
  /** Sessions that this worker has taken over from another, because their WebSocket arrived here. */
  readonly takeOvers: number;
  /** The state kept for clients that may reconnect. */
  readonly recovery: RecoveryStats;
  /** Redis, and problems between it and the worker; zeros without Redis. */
  readonly redis: RedisStats;
}
