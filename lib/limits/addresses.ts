import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket as EngineSocket } from 'engine.io';
import type { Application as EggApplication } from 'egg';
import type { PeerPort } from '../cluster/port';
import { addressOf } from './egg_request';
import type { AllowRequest } from './origin';
import type { Refusals } from './refusals';

/** Connections by address. */
type Counts = Map<string, number>;

/** The messages between workers: the current number of their connections. */
interface CountsMessage {
  readonly counts: readonly [address: string, connections: number][];
  /** Whether the list is complete, so that earlier messages no longer count. */
  readonly all?: boolean;
  /** Whether the sender wants those of the others. */
  readonly ask?: boolean;
}

type EngineRequest = IncomingMessage & { res?: ServerResponse | null };

/**
 * Limits the connections of each client address, on all workers of the app together. A handshake takes its place when it is accepted, so
 * that many at once do not all find room; it passes the place to its session, or returns it.
 *
 * Between workers the numbers are late by the time that a message takes.
 */
export class AddressLimit {
  private readonly own: Counts = new Map();
  private readonly others = new Map<string, Counts>();
  /** Addresses whose number has changed since the last message. */
  private readonly changed = new Set<string>();
  /** The addresses of handshakes without a session yet. */
  private readonly underway = new WeakMap<IncomingMessage, string>();
  private readonly stopListening: (() => void) | undefined;

  /**
   * @param most - connections of one address
   * @param peers - the other workers, if there may be some
   * @param ipv6Prefix - bits of an IPv6 address that count
   */
  constructor(
    private readonly app: EggApplication,
    private readonly most: number,
    private readonly refusals: Refusals,
    private readonly peers?: PeerPort,
    private readonly ipv6Prefix?: number,
  ) {
    this.stopListening = peers?.listen({
      onMessage: (from, message) => this.receive(from, message as CountsMessage),
      onUp: tag => peers.send(tag, { ...this.whole, ask: true } satisfies CountsMessage),
      onDown: tag => { this.others.delete(tag); },
    });
  }

  /** The connections of an address, on all workers. */
  count(address: string): number {
    let count = this.own.get(address) ?? 0;
    for (const counts of this.others.values()) count += counts.get(address) ?? 0;
    return count;
  }

  /** @param next - called for accepted requests; without it, all are accepted */
  guard(next?: AllowRequest): AllowRequest {
    return (req, callback) => {
      const address = addressOf(this.app, req, this.ipv6Prefix);
      if (address !== undefined && this.count(address) >= this.most) {
        this.refusals.add('connectionsPerAddress', () => `refused a connection from ${address}, which has ${this.most} already (config.socketio.limits.connectionsPerAddress).`);
        callback('too many connections', false);
        return;
      }
      if (address !== undefined) this.reserve(req, address);
      if (next) next(req, callback);
      else callback(null, true);
    };
  }

  /** Counts a new session of this worker, wherever it has begun, until it is closed. */
  admit(session: EngineSocket): void {
    // WebTransport has no request.
    const req = session.request as IncomingMessage | null;
    if (!req || session.readyState === 'closed') return;
    let address = this.underway.get(req);
    if (address === undefined) {
      address = addressOf(this.app, req, this.ipv6Prefix);
      if (address === undefined) return;
      this.add(address, 1);
    }
    this.underway.delete(req);
    session.once('close', () => this.add(address, -1));
  }

  /** Stops listening to the other workers. */
  close(): void {
    this.stopListening?.();
  }

  private get whole(): CountsMessage {
    return { counts: [ ...this.own ], all: true };
  }

  private reserve(req: EngineRequest, address: string): void {
    // A session that is already gone must not be counted down twice.
    if (req.socket.destroyed) return;
    this.underway.set(req, address);
    this.add(address, 1);
    // However a handshake fails, it is answered or its connection is closed.
    (req.res ?? req.socket).once('close', () => {
      if (this.underway.delete(req)) this.add(address, -1);
    });
  }

  private add(address: string, difference: number): void {
    const count = (this.own.get(address) ?? 0) + difference;
    if (count > 0) this.own.set(address, count);
    else this.own.delete(address);
    if (!this.peers) return;
    if (this.changed.size === 0) process.nextTick(() => this.tell());
    this.changed.add(address);
  }

  private tell(): void {
    const counts = [ ...this.changed ].map(address => [ address, this.own.get(address) ?? 0 ] as const);
    this.changed.clear();
    this.peers?.broadcast({ counts: counts as unknown as CountsMessage['counts'] } satisfies CountsMessage);
  }

  private receive(from: string, { counts, all, ask }: CountsMessage): void {
    const known: Counts = all ? new Map() : this.others.get(from) ?? new Map<string, number>();
    for (const [ address, count ] of counts) {
      if (count > 0) known.set(address, count);
      else known.delete(address);
    }
    this.others.set(from, known);
    if (ask) this.peers?.send(from, this.whole);
  }
}
