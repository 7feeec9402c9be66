import { MessageType } from 'socket.io-adapter';
import { type Answer, type BroadcastMessage, isAnswer, lengthen, type Message, shorten } from './adapter_messages';
import { offsetOf } from './adapter_log';
import { Questions } from './adapter_questions';
import { Recovery } from './adapter_recovery';
import type { Estate } from './adapter_trail';
import type { PeerPort } from './port';

/** Milliseconds that a closing worker waits for a sibling to take its sessions. */
const BEQUEATH_LIMIT = 1000;
/** Milliseconds: the most that a timer takes. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** The adapter of one namespace, as the hub sees it. */
export interface NamespaceAdapter {
  readonly nsp: { readonly name: string };
  receive(message: Message): void;
}

/**
 * What the adapters of one worker share: the port to the other workers, the questions to them, and what must go on
 * when a namespace ends. Questions about a namespace that does not exist here are answered here.
 */
export class AdapterHub {
  readonly questions = new Questions(run => this.guard(run));
  private readonly adapters = new Map<string, NamespaceAdapter>();
  private readonly recoveries = new Map<string, Recovery>();
  /** Who has closed its server, but not yet its links. */
  private readonly closing = new Set<string>();
  private readonly stopListening: () => void;
  private heir: string | undefined;
  private seq = 0;

  /** @param onError - gets what the app's own listeners throw */
  constructor(private readonly port: PeerPort, private readonly onError: (error: unknown) => void) {
    this.stopListening = port.listen({
      onMessage: (_from, message) => this.receive(message),
      onDown: tag => {
        this.closing.delete(tag);
        this.questions.down(tag);
      },
    });
  }

  /** The worker's own tag. */
  get tag(): string { return this.port.tag; }

  /** The workers that can be asked. */
  get peers(): readonly string[] {
    const peers = this.port.peers();
    return this.closing.size === 0 ? peers : peers.filter(tag => !this.closing.has(tag));
  }

  add(adapter: NamespaceAdapter): void {
    this.adapters.set(adapter.nsp.name, adapter);
  }

  /** Takes an adapter away; with the last one the server is closed. */
  async remove(adapter: NamespaceAdapter): Promise<void> {
    const { name } = adapter.nsp;
    if (this.adapters.get(name) !== adapter) return;
    this.adapters.delete(name);
    this.retire(name);
    if (this.adapters.size === 0) await this.close();
  }

  /** What clients of a namespace may come back for. It outlives a dynamic namespace that its last client has left. */
  recoveryOf(nsp: string, duration: number): Recovery {
    const known = this.recoveries.get(nsp);
    if (known) return known;
    const recovery = new Recovery(duration);
    this.recoveries.set(nsp, recovery);
    return recovery;
  }

  /** The number of the next packet that is kept for those who come back. */
  nextSeq(): number {
    this.seq += 1;
    return this.seq;
  }

  broadcast(message: Message): void {
    this.port.broadcast(shorten(message));
  }

  /**
   * Answers a worker. That an answer cannot be encoded is an answer too, lest the other waits for it.
   *
   * @return whether it was sent as it is
   */
  answer(to: string, answer: Answer): boolean {
    try {
      this.port.send(to, answer);
      return true;
    } catch (error) {
      this.refuse(to, answer.nsp, answer.data.requestId,
        `worker ${this.tag} cannot send its answer: ${(error as Error).message}. What workers tell each other, such as socket.data, must be serialisable`, answer.uid);
      return false;
    }
  }

  /** Tells a worker that there will be no answer, and why. */
  refuse(to: string, nsp: string, requestId: string, reason: string, uid = this.tag): void {
    this.port.send(to, { uid, nsp, type: 'failed', data: { requestId, reason: `namespace ${nsp}: ${reason}` } } satisfies Answer);
  }

  /** Takes what a worker or the agent says. */
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
    if (isAnswer(message)) return this.questions.answer(message);
    switch (message.type) {
      case 'leave':
        this.closing.add(message.uid);
        return this.questions.down(message.uid);
      case 'find-session':
        return this.findSession(message);
      case 'bequeath':
        return this.inherit(message);
    }
    const adapter = this.adapters.get(message.nsp);
    if (adapter) return adapter.receive(message);
    if (message.type === MessageType.BROADCAST) recordFor(this.recoveries.get(message.nsp), message);
    const requestId = 'data' in message && 'requestId' in message.data ? message.data.requestId : undefined;
    if (requestId !== undefined) this.answer(message.uid, { uid: this.tag, nsp: message.nsp, type: 'nothing', data: { requestId } });
  }

  private inherit({ uid, nsp, data: { requestId, estate, duration } }: Message & { type: 'bequeath' }): void {
    this.recoveryOf(nsp, duration).inherit(estate);
    this.retire(nsp);
    this.answer(uid, { uid: this.tag, nsp, type: 'inherited', data: { requestId } });
  }

  private findSession(message: Message & { type: 'find-session' }): void {
    const { uid, nsp, data: { requestId, pid, offset, for: asked = this.tag } } = message;
    const recovery = this.recoveries.get(nsp);
    const found = recovery?.give(pid, offset);
    if (!found && this.heir) {
      this.port.send(this.heir, { ...message, data: { ...message.data, for: asked } });
    } else if (this.answer(uid, { uid: asked, nsp, type: 'session', data: { requestId, found } }) && found) {
      recovery!.drop(pid);
    }
  }

  /** Lets go of the recovery of a namespace that is no more, once nobody can come back to it. */
  private retire(nsp: string): void {
    const recovery = this.recoveries.get(nsp);
    if (!recovery || this.adapters.has(nsp)) return;
    if (recovery.isAwaiting) setTimeout(() => this.retire(nsp), Math.min(recovery.duration, LONGEST_TIMEOUT)).unref();
    else this.recoveries.delete(nsp);
  }

  private async close(): Promise<void> {
    const bequests = [ ...this.recoveries ].flatMap(([ nsp, recovery ]) => {
      const estate = recovery.bequeath();
      return estate ? [{ nsp, data: { estate, duration: recovery.duration } }] : [];
    });
    while (bequests.length > 0 && this.peers.length > 0) {
      this.heir = this.peers[Math.floor(Math.random() * this.peers.length)];
      const outcomes = await Promise.all(bequests.map(({ nsp, data }) => this.bequeath(this.heir!, nsp, data)));
      // An heir that is silent may have it all the same; one that is gone has not.
      if (!outcomes.includes('gone')) break;
    }
    this.port.broadcast({ uid: this.tag, nsp: '/', type: 'leave' } satisfies Message);
    this.stopListening();
    this.questions.downAll();
  }

  private async bequeath(heir: string, nsp: string, data: { estate: Estate; duration: number }): Promise<'taken' | 'silent' | 'gone'> {
    const requestId = this.questions.nextId();
    try {
      this.port.send(heir, { uid: this.tag, nsp, type: 'bequeath', data: { ...data, requestId } } satisfies Message);
    } catch (error) {
      this.onError(error);
      return 'silent';
    }
    return new Promise(resolve => {
      let taken = false;
      this.questions.wait(requestId, [ heir ], {
        timeout: BEQUEATH_LIMIT,
        onAnswer: () => taken = true,
        onEnd: ({ silent }) => resolve(silent.length > 0 ? 'silent' : taken ? 'taken' : 'gone'),
      });
    });
  }
}

/** Logs a broadcast of another worker's; returns the sockets that have had it. */
export function recordFor(recovery: Recovery | undefined, { uid, data }: BroadcastMessage): readonly string[] {
  const { opts: { rooms, except }, packet, seq } = data;
  if (!recovery || seq === undefined) return [];
  return recovery.record({ offset: offsetOf(uid, seq), origin: uid, seq, rooms, except, chunks: packet, shared: true });
}
