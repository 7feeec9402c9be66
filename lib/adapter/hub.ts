import { MessageType } from 'socket.io-adapter';
import type { PeerPort } from '../cluster/port';
import { Questions } from '../cluster/questions';
import { LastPackets } from './last_packets';
import { type Answer, type BroadcastMessage, isAnswer, isMessage, lengthen, type Message } from './messages/messages';
import { PeerMessenger } from './peer_messenger';
import type { OwnSession } from './recovery/client_path';
import { offsetOf } from './recovery/packet_log';
import type { Recovery } from './recovery/recovery';
import { SocketDataCopier } from './recovery/socket_data';
import { RecoveryStore } from './recovery/store';
import { JoinBarrier } from './replicas/join_barrier';
import type { LiveSockets } from './replicas/replica_changes';
import { Replication, type ReplicationOptions } from './replicas/replication';
import { Restart } from './restart/restart';
import type { RestartOptions } from './restart/state_folder';
import { type LeftSessions, SessionExchange } from './session_exchange';

/** The adapter of one namespace, as the hub uses it. */
export interface NamespaceAdapter {
  readonly nsp: { readonly name: string };
  receive(message: Message): void;
  /** A client has reconnected whose old connection still seems open here: closes that. */
  letGo(pid: string): void;
  /** Its sockets, as replicas need them. */
  readonly live?: LiveSockets;
}

/**
 * The parts that the adapters of one worker share: the port to the other workers, the requests to them, and everything that outlives a
 * namespace. Requests about a namespace that does not exist here are answered here.
 */
export class AdapterHub extends PeerMessenger {
  readonly questions = new Questions<Answer>(run => this.guard(run));
  private readonly adapters = new Map<string, NamespaceAdapter>();
  /** The state that clients may reconnect to. */
  readonly recoveries = new RecoveryStore(nsp => this.adapters.has(nsp), {
    onSweep: () => this.replication?.sweep(),
    onExpired: (nsp, session) => this.expired(nsp, session),
    onRemoved: nsp => this.replication?.replicator.forget(nsp),
  });
  /** The copies of sessions for the case that a worker is killed; `undefined` if there are none. */
  readonly replication: Replication | undefined;
  /** The messages about sessions. */
  readonly sessions: SessionExchange;
  readonly carrier: SocketDataCopier;
  private readonly lastPackets = new LastPackets(this);
  readonly barrier = new JoinBarrier(() => this.peers);
  /** Workers that have begun to stop. */
  private readonly closing = new Set<string>();
  /** Workers that have closed their server, but not yet their links. */
  private readonly closed = new Set<string>();
  private isClosing = false;
  /** Keeps sessions beyond the end of all workers, if that is wanted. */
  restart: Restart | undefined;
  /** Is called with each session that no client can come back to any more; `undefined` if nobody wants to know. */
  onExpired: ((nsp: string, session: OwnSession) => void) | undefined;
  /** Whether a worker has left a file for the next start, to which the log of this one belongs. */
  someSaved = false;
  private readonly stopListening: () => void;
  private seq = 0;

  /**
   * @param onError - gets errors of the app's own listeners
   * @param warn - gets a line for the log
   * @param onLeft - is called with the result for the sessions of a closing worker. Default: none
   * @param replicas - how sessions are copied to siblings. Default: not at all
   */
  constructor(
    port: PeerPort, onError: (error: unknown) => void, warn: (line: string) => void,
    onLeft: (left: LeftSessions) => void = () => undefined, replicas?: ReplicationOptions,
  ) {
    super(port, onError);
    this.carrier = new SocketDataCopier(warn);
    this.sessions = new SessionExchange(this, this.carrier, onLeft);
    this.replication = replicas && new Replication(this, replicas, warn);
    this.stopListening = port.listen({
      onMessage: (from, received) => {
        const message = lengthen(received);
        // An invalid message is reported to the link, not to the app.
        if (!isMessage(message)) throw new TypeError('it is not an adapter message');
        // It would change the replicas, or answer the requests, of a worker that has not sent it.
        if (message.uid !== from) throw new TypeError('it is in the name of another worker');
        this.guard(() => this.route(message));
      },
      onUp: tag => {
        // It was started during the stop, or has missed the message.
        if (this.isClosing) this.tell(tag, this.farewell());
        this.tellJoined(tag);
        this.replication?.replicator.up(tag);
      },
      onBroken: tag => this.replication?.replicator.broken(tag),
      onLeft: tag => {
        this.replication?.left(tag);
        this.lastPackets.left(tag);
      },
      onDown: tag => {
        this.closing.delete(tag);
        this.closed.delete(tag);
        this.replication?.replicator.down(tag);
        this.barrier.down(tag);
        this.sessions.down(tag);
        this.questions.down(tag);
      },
    });
  }

  /** The workers that can be asked. */
  get peers(): readonly string[] {
    const peers = this.port.peers();
    return this.closed.size === 0 ? peers : peers.filter(tag => !this.closed.has(tag));
  }

  /** The workers that can keep something for this one after its end: those that have not begun to stop themselves. */
  get successors(): readonly string[] {
    return this.closing.size === 0 ? this.peers : this.peers.filter(tag => !this.closing.has(tag));
  }

  /** Call it before the first client connects. */
  keepBeyondStop(options: RestartOptions): void {
    this.restart = new Restart(this, options);
  }

  /**
   * Call it when this worker begins to stop: from then on, no other one hands anything over to it.
   *
   * @param deadline - as of `Date.now()`
   */
  retire(deadline = Infinity): void {
    if (this.isClosing) return;
    this.isClosing = true;
    // The app is not called any more after its stop. An heir, or the next start, notices it instead.
    this.recoveries.isPaused = this.onExpired !== undefined;
    this.restart?.retire(deadline);
    this.port.broadcast(this.farewell());
  }

  add(adapter: NamespaceAdapter): void {
    this.adapters.set(adapter.nsp.name, adapter);
  }

  /** Removes an adapter; with the last one the server is closed. */
  async remove(adapter: NamespaceAdapter): Promise<void> {
    const { name } = adapter.nsp;
    if (this.adapters.get(name) !== adapter) return;
    this.adapters.delete(name);
    if (this.adapters.size === 0) await this.close();
  }

  /** The number of the next packet that is kept for reconnecting clients. */
  nextSeq(): number {
    this.seq += 1;
    return this.seq;
  }

  /** The adapter of a namespace, if there is one. */
  adapterOf(nsp: string): NamespaceAdapter | undefined {
    return this.adapters.get(nsp);
  }

  override broadcast(message: Message): void {
    if (this.replication?.isOrdered) {
      // With the changes that the app has made before: a worker that is killed in between must not leave one without the other.
      this.port.collect();
      this.replication.order.note();
    }
    super.broadcast(message);
  }

  /** The sockets of a namespace that is open. */
  socketsOf(nsp: string): LiveSockets | undefined {
    return this.adapters.get(nsp)?.live;
  }

  /** The data of a session for its replica; `undefined` if it cannot be copied, or is too large. */
  copyData(nsp: string, session: OwnSession): Buffer | undefined {
    const bytes = this.carrier.copy({ nsp, ...session });
    return bytes && bytes.length <= this.recoveries.maxDataBytes ? bytes : undefined;
  }

  /** Handles a request for a session that had to wait. */
  find(find: Message & { type: 'find-session' }): void {
    this.sessions.receive(find);
  }

  /** Handles a message of a worker or the agent. */
  receive(message: unknown): void {
    this.guard(() => this.route(lengthen(message)));
  }

  private guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.onError(error);
    }
  }

  private route(message: Message | Answer): void {
    if (isAnswer(message)) return this.takeAnswer(message);
    switch (message.type) {
      case 'closing':
        this.closing.add(message.uid);
        this.replication?.replicator.down(message.uid);
        return;
      case 'leave':
        this.closed.add(message.uid);
        if (message.data?.saved) this.someSaved = true;
        return this.questions.down(message.uid);
      case 'log': {
        const { uid, nsp, data: { requestId, since } } = message;
        const logs = this.restart?.loggedSince(since);
        this.answer(uid, logs ? { uid: this.tag, nsp, type: 'logged', data: { requestId, logs } } : { uid: this.tag, nsp, type: 'nothing', data: { requestId } });
        return;
      }
      case 'last-of':
      case 'rest-of':
        return this.lastPackets.receive(message);
      case 'joined':
        return this.barrier.join(message.data.tags, message.uid);
      case 'find-session':
        return this.barrier.wait(message.uid, () => this.sessions.receive(message));
      case 'heir':
      case 'bequeath':
        return this.sessions.receive(message);
      case 'replica-begin':
      case 'replica':
      case 'replica-end':
      case 'forget-session':
        return this.receiveReplica(message);
    }
    const adapter = this.adapters.get(message.nsp);
    if (adapter) return adapter.receive(message);
    if (message.type === MessageType.BROADCAST) recordFor(this.recoveries.byNamespace.get(message.nsp), message);
    const requestId = 'data' in message && 'requestId' in message.data ? message.data.requestId : undefined;
    if (requestId !== undefined) this.answer(message.uid, { uid: this.tag, nsp: message.nsp, type: 'nothing', data: { requestId } });
  }

  private receiveReplica(message: Parameters<Replication['receive']>[0]): void {
    if (this.replication) this.replication.receive(message);
    else if (message.type === 'replica-begin') this.refuse(message.uid, message.nsp, message.data.requestId, `worker ${this.tag} keeps no replicas`);
  }

  private takeAnswer(answer: Answer): void {
    const { uid, data: { requestId } } = answer;
    if (answer.type === 'failed') this.questions.fail(uid, requestId, answer.data.reason);
    else this.questions.answer(uid, requestId, answer);
  }

  private expired(nsp: string, session: OwnSession): void {
    if (!this.onExpired) return;
    // A killed worker may have left it to several.
    if (this.replication) this.broadcast({ uid: this.tag, nsp, type: 'forget-session', data: { pid: session.pid } });
    this.onExpired(nsp, session);
  }

  private farewell(): Message {
    return { uid: this.tag, nsp: '/', type: 'closing' };
  }

  /** Tells the others of a new worker, and the new one of the others; see {@link JoinBarrier}. */
  private tellJoined(tag: string): void {
    const joined = (tags: readonly string[]): Message => ({ uid: this.tag, nsp: '/', type: 'joined', data: { tags } });
    this.tell(tag, joined(this.port.peers()));
    for (const peer of this.port.peers()) if (peer !== tag) this.tell(peer, joined([ tag ]));
  }

  private async close(): Promise<void> {
    this.retire();
    await this.sessions.leave();
    this.replication?.close();
    this.recoveries.close();
    this.port.broadcast({ uid: this.tag, nsp: '/', type: 'leave', data: { saved: this.restart?.hasSaved ?? false } } satisfies Message);
    this.stopListening();
    this.questions.downAll();
  }
}

/** Logs a broadcast of another worker; returns the sockets that have had it. */
export function recordFor(recovery: Recovery | undefined, { uid, data }: BroadcastMessage): readonly string[] {
  const { opts: { rooms, except }, packet, seq } = data;
  if (!recovery || seq === undefined) return [];
  return recovery.record({ offset: offsetOf(uid, seq), origin: uid, seq, rooms, except, chunks: packet, shared: true });
}
