import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Server as Engine, Socket as EngineSocket, Transport } from 'engine.io';
import { collectData, type HeldSessions, replay } from './held_sessions';
import type { TakeOverMessage } from '../observation/messages';
import { SILENCE, type Teller } from '../observation/signal';
import type { SessionPeers } from './session_peers';

/**
 * What workers tell each other about a session: `reserve` (keep it for me) → `reserved` or `denied`; `release polls`;
 * `take` → `taken` (with the data that its client has sent) or `denied`; or `give back`. Later `closed`.
 */
type SessionMessage = Reply | { op: 'reserve' | 'release polls' | 'take' | 'give back' | 'closed'; sid: string };
type Reply = { op: 'reserved' | 'denied'; sid: string } | { op: 'taken'; sid: string; received: unknown[] };

/** The polling side of a session whose polling happens on another worker: whatever is written to it is done there. */
class ElsewhereTransport extends Transport {
  override writable = true;
  get name(): string { return 'polling'; }
  send(): void { /* The owner has sent, or will send, it. */ }
  doClose(done?: () => void): void { done?.(); }
}

/** Engine.IO's table of sessions, which its types keep to subclasses. */
interface EngineTable {
  clients: Record<string, EngineSocket>;
  clientsCount: number;
}

type EngineRequest = IncomingMessage & { _query?: Record<string, string> };

/** Something that a session's owner was asked. */
interface Question {
  readonly owner: string;
  readonly resolve: (reply: Reply | undefined) => void;
}

/**
 * Lets the worker that a client's WebSocket has come to take the session over from the worker that its polling began
 * with, so that it is not relayed as long as it lives. The WebSocket side is Engine.IO's own: the session is built
 * beside the owner's, with its polling elsewhere, and goes through Engine.IO's upgrade.
 *
 * The Socket.IO project moves sessions in its cluster engine as well
 * (https://github.com/socketio/socket.io/tree/main/packages/socket.io-cluster-engine).
 */
export class TakeOver {
  /** Where the sessions that began here have gone: worker tags by session id. */
  private readonly moved = new Map<string, string>();
  private readonly reservedBy = new Map<string, string>();
  private readonly questions = new Map<string, Question>();
  private readonly stopListening: () => void;

  /** @param taken - is told of the sessions that this worker has taken over */
  constructor(
    private readonly engine: Engine, private readonly held: HeldSessions, private readonly peers: SessionPeers,
    private readonly taken: Teller<TakeOverMessage> = SILENCE,
  ) {
    this.stopListening = peers.listen({
      onMessage: (from, message) => this.receive(from, message as SessionMessage),
      onDown: tag => this.onDown(tag),
    });
  }

  /** The worker that has taken over a session of ours. */
  whereTo(sid: string): string | undefined {
    return this.moved.get(sid);
  }

  /**
   * Takes the session of an upgrade request from its owner, if that lets it go.
   *
   * @return whether the request is taken care of; if not, it has to be forwarded to the owner
   */
  async upgrade(req: IncomingMessage, stream: Duplex, head: Buffer, sid: string, owner: string): Promise<boolean> {
    const table = this.engine as unknown as EngineTable;
    if (Object.hasOwn(table.clients, sid) || this.questions.has(sid)) return false;
    const reply = await this.ask(owner, { op: 'reserve', sid });
    if (reply?.op !== 'reserved') return false;
    if (stream.destroyed) {
      this.peers.send(owner, { op: 'give back', sid });
      return true;
    }
    const session = this.createSession(req, sid);
    table.clients[sid] = session;
    table.clientsCount += 1;
    session.once('close', () => {
      delete table.clients[sid];
      table.clientsCount -= 1;
    });
    const { received, stop } = collectData(session);
    const abandon = () => {
      this.peers.send(owner, { op: 'give back', sid });
      session.close(true);
    };
    stream.once('close', abandon);
    session.once('upgrading', () => this.peers.send(owner, { op: 'release polls', sid }));
    session.once('upgrade', () => {
      stream.off('close', abandon);
      session.once('close', () => this.peers.send(owner, { op: 'closed', sid }));
      void this.ask(owner, { op: 'take', sid }).then(taken => {
        stop();
        if (taken?.op !== 'taken') {
          // Its client closed it, or its owner died, at this very moment.
          session.close(true);
          return;
        }
        if (session.readyState !== 'open') return;
        if (this.taken.isHeard) this.taken.tell({ sid, from: owner });
        // As any session of this worker's begins, for whoever counts them; that gives it to Socket.IO, too.
        this.engine.emit('connection', session);
        replay(session, [ ...taken.received, ...received ]);
      });
    });
    this.engine.handleUpgrade(req as never, stream, head);
    return true;
  }

  /** Stops taking part. */
  close(): void {
    this.stopListening();
    for (const [ , { resolve }] of this.questions) resolve(undefined);
    this.questions.clear();
  }

  private createSession(req: IncomingMessage, sid: string): EngineSocket {
    const { searchParams } = new URL(req.url!, 'http://localhost');
    // What the app sees as the handshake is this request without what belongs to the upgrade.
    const query = Object.fromEntries(searchParams);
    delete query.sid;
    const handshake: EngineRequest = Object.create(req, {
      _query: { value: query, writable: true, enumerable: true },
      url: { value: `${req.url!.split('?')[0]}?${new URLSearchParams(query)}`, writable: true, enumerable: true },
    });
    const transport = new ElsewhereTransport({ _query: query });
    return new EngineSocket(sid, this.engine as never, transport as never, handshake as never, 4);
  }

  private async ask(owner: string, message: SessionMessage): Promise<Reply | undefined> {
    if (!this.peers.peers().includes(owner)) return undefined;
    return new Promise(resolve => {
      this.questions.set(message.sid, { owner, resolve });
      this.peers.send(owner, message);
    });
  }

  private receive(from: string, message: SessionMessage): void {
    const { op, sid } = message;
    switch (op) {
      case 'reserved':
      case 'denied':
      case 'taken': {
        const asked = this.questions.get(sid);
        this.questions.delete(sid);
        asked?.resolve(message);
        return;
      }
      case 'reserve': {
        const reserved = this.held.reserve(sid);
        if (reserved) this.reservedBy.set(sid, from);
        this.peers.send(from, { op: reserved ? 'reserved' : 'denied', sid });
        return;
      }
      case 'closed':
        if (this.moved.get(sid) === from) this.moved.delete(sid);
        return;
      default:
        if (this.reservedBy.get(sid) === from) this.onReserver(from, op, sid);
    }
  }

  private onReserver(from: string, op: SessionMessage['op'], sid: string): void {
    if (op === 'release polls') {
      this.held.releasePolls(sid);
      return;
    }
    this.reservedBy.delete(sid);
    if (op === 'give back') {
      this.held.giveBack(sid);
      return;
    }
    const received = this.held.take(sid);
    if (received) this.moved.set(sid, from);
    this.peers.send(from, received ? { op: 'taken', sid, received } : { op: 'denied', sid });
  }

  private onDown(tag: string): void {
    for (const [ sid, { owner, resolve }] of this.questions) {
      if (owner !== tag) continue;
      this.questions.delete(sid);
      resolve(undefined);
    }
    for (const [ sid, by ] of this.reservedBy) {
      if (by !== tag) continue;
      this.reservedBy.delete(sid);
      this.held.giveBack(sid);
    }
    for (const [ sid, to ] of this.moved) {
      if (to === tag) this.moved.delete(sid);
    }
  }
}
