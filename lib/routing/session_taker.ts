import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Server as Engine, Socket as EngineSocket, Transport } from 'engine.io';
import { atMost } from '../base/at_most';
import { debugOf } from '../base/debug';
import { CollectedData, replay } from './collected_data';
import type { TakeOverMessage } from '../types/observation';
import { SILENCE, type Teller } from '../telemetry/observation/signal';
import type { StickyLogger } from './port';
import { Readmission, type SessionRequest } from './readmission';
import type { OwnerMessage, ReserveReply, TakeReply, TakerMessage } from './session_messages';
import type { SessionPeers } from './session_peers';

const debug = debugOf('routing');

/** The polling side of a session that polls on another worker: everything written to it is sent there. */
class ElsewhereTransport extends Transport {
  override writable = true;
  get name(): string { return 'polling'; }
  send(): void { /* The owner has sent, or will send, it. */ }
  doClose(done?: () => void): void { done?.(); }
}

/** Engine.IO's protected table of sessions. */
interface EngineTable {
  clients: Record<string, EngineSocket>;
  clientsCount: number;
  readonly opts: { readonly upgradeTimeout: number };
}

/** A session that this worker is about to take. */
interface Attempt {
  readonly owner: string;
  /** Waits for the owner's reply. */
  resolve: ((reply: OwnerMessage | undefined) => void) | undefined;
  /** Whether the owner has withdrawn it. */
  isWithdrawn: boolean;
  session: EngineSocket | undefined;
}

/** The app's decisions about a session that moves. */
export interface TakerOptions {
  /** Whether the origin of an upgrade request is allowed; default: always. */
  readonly mayUpgrade?: (req: IncomingMessage) => Promise<boolean>;
  /** Repeats the handshake here; default: without an `allowRequest`. */
  readonly readmission?: Readmission;
  /** Is notified about the sessions that this worker has taken over. */
  readonly taken?: Teller<TakeOverMessage>;
}

const NO_LOGGER: StickyLogger = { warn() { /* Nobody reads it. */ } };

/** The side of the worker that a client's WebSocket has reached. */
export class SessionTaker {
  private readonly attempts = new Map<string, Attempt>();
  private readonly table: EngineTable;
  private readonly mayUpgrade: (req: IncomingMessage) => Promise<boolean>;
  private readonly readmission: Readmission;
  private readonly taken: Teller<TakeOverMessage>;

  constructor(private readonly engine: Engine, private readonly peers: SessionPeers, options: TakerOptions) {
    this.table = engine as unknown as EngineTable;
    this.mayUpgrade = options.mayUpgrade ?? (() => Promise.resolve(true));
    this.readmission = options.readmission ?? new Readmission(engine, NO_LOGGER);
    this.taken = options.taken ?? SILENCE;
  }

  /** See {@link MovingSessions.upgrade}. */
  async upgrade(req: IncomingMessage, stream: Duplex, head: Buffer, sid: string, owner: string): Promise<boolean> {
    // Before contacting the owner: a refused upgrade must not affect its session.
    if (!await this.mayUpgrade(req)) {
      this.engine.handleUpgrade(req as never, stream, head);
      return true;
    }
    if (Object.hasOwn(this.table.clients, sid) || this.attempts.has(sid)) return false;
    const attempt: Attempt = { owner, resolve: undefined, isWithdrawn: false, session: undefined };
    this.attempts.set(sid, attempt);
    const reserved = await this.ask<ReserveReply>(attempt, { op: 'reserve', sid });
    if (reserved?.op !== 'reserved') {
      debug('session %j stays on worker %s (%s)', sid, owner, reserved?.op ?? 'no answer');
      this.attempts.delete(sid);
      return false;
    }
    const request = stream.destroyed ? undefined : await this.readmission.readmit(reserved.handshake);
    if (!request || stream.destroyed || attempt.isWithdrawn) {
      this.giveBack(attempt, sid);
      return stream.destroyed;
    }
    this.take(attempt, sid, this.createSession(request, reserved.protocol, sid), stream);
    this.engine.handleUpgrade(req as never, stream, head);
    return true;
  }

  receive(from: string, message: OwnerMessage): void {
    const { op, sid } = message;
    const attempt = this.attempts.get(sid);
    if (attempt?.owner !== from) {
      // Its answer came too late.
      if (op === 'reserved') this.send(from, { op: 'give back', sid });
    } else if (op === 'withdrawn') {
      attempt.isWithdrawn = true;
      // Its client continues with polling, and does not get the WebSocket.
      attempt.session?.close(true);
    } else {
      attempt.resolve?.(message);
    }
  }

  /** A worker is gone. */
  onDown(tag: string): void {
    for (const { owner, resolve } of this.attempts.values()) {
      if (owner === tag) resolve?.(undefined);
    }
  }

  close(): void {
    for (const { resolve } of this.attempts.values()) resolve?.(undefined);
  }

  private take(attempt: Attempt, sid: string, session: EngineSocket, stream: Duplex): void {
    const { owner } = attempt;
    attempt.session = session;
    this.table.clients[sid] = session;
    this.table.clientsCount += 1;
    session.once('close', () => {
      delete this.table.clients[sid];
      this.table.clientsCount -= 1;
    });
    // Data that arrives by WebSocket before the data from polling is here.
    const data = new CollectedData(session, () => session.close(true));
    const abandon = () => {
      stream.off('close', abandon);
      session.off('close', abandon);
      this.giveBack(attempt, sid);
      session.close(true);
    };
    stream.once('close', abandon);
    session.once('close', abandon);
    session.once('upgrading', () => this.send(owner, { op: 'release polls', sid }));
    session.once('upgrade', () => {
      stream.off('close', abandon);
      session.off('close', abandon);
      session.once('close', () => this.send(owner, { op: 'closed', sid }));
      void this.ask<TakeReply>(attempt, { op: 'take', sid }).then(taken => {
        this.attempts.delete(sid);
        data.stop();
        if (taken?.op !== 'taken') {
          // Its client closed it, or its owner died, at this very moment.
          session.close(true);
          return;
        }
        if (session.readyState !== 'open') return;
        debug('session %j is taken over from worker %s', sid, owner);
        if (this.taken.isHeard) this.taken.tell({ sid, from: owner });
        // As for any session of this worker, for listeners that count them; that also passes it to Socket.IO.
        this.engine.emit('connection', session);
        replay(session, [ ...taken.received, ...data.received ]);
      });
    });
  }

  private createSession(request: SessionRequest, protocol: number, sid: string): EngineSocket {
    const transport = new ElsewhereTransport(request);
    return new EngineSocket(sid, this.engine as never, transport as never, request as never, protocol as never);
  }

  private giveBack({ owner }: Attempt, sid: string): void {
    debug('session %j is given back to worker %s', sid, owner);
    this.attempts.delete(sid);
    this.send(owner, { op: 'give back', sid });
  }

  /** A stopped worker does not answer, and is awaited no longer than an upgrade may take. */
  private async ask<Reply extends OwnerMessage>(attempt: Attempt, message: TakerMessage): Promise<Reply | undefined> {
    const { owner } = attempt;
    if (!this.peers.peers().includes(owner)) return undefined;
    const reply = await atMost(this.table.opts.upgradeTimeout, new Promise<OwnerMessage | undefined>(resolve => {
      attempt.resolve = resolve;
      this.send(owner, message);
    }));
    attempt.resolve = undefined;
    return reply as Reply | undefined;
  }

  private send(to: string, message: TakerMessage): void {
    this.peers.send(to, message);
  }
}
