import { atMost } from '../base/at_most';
import { debugOf } from '../base/debug';
import { machineClock } from '../base/machine_clock';
import type { Answer, FoundSession, Message } from './messages/messages';
import type { Questions } from '../cluster/questions';
import type { Recovery } from './recovery/recovery';
import type { OwnSession } from './recovery/client_path';
import { carried } from './recovery/packed_data';
import type { SocketDataCopier } from './recovery/socket_data';
import { Inheritance, splitHandover } from './recovery/handover';
import { RowReader, toRow } from './recovery/rows';
import type { RecoveryStore } from './recovery/store';
import type { Replication } from './replicas/replication';
import type { Restart, SavedSessions } from './restart/restart';

/**
 * Milliseconds that a reconnecting client waits for a worker that is alive but silent. In a deploy on a busy machine, the worker that was
 * left the sessions of another one has been seen to need three seconds; a client that does not wait for it loses its session.
 */
const SESSION_LIMIT = 5000;
/** The same while the app starts: all workers are busy, and one of them has the sessions of all clients. */
const STARTING_LIMIT = 10_000;
/** Milliseconds that a closing worker waits for a sibling to accept a part of its state. */
const BEQUEATH_LIMIT = 2000;

const debug = debugOf('adapter');

type Find = Message & { type: 'find-session' };

/** The result of an attempt to hand sessions over to a sibling; `'gone'`, also if it is closing itself. */
type Outcome = 'taken' | 'silent' | 'gone';

/** The result for the sessions of a closing worker; `heir` is the tag of the worker that was asked last, if any was. */
export interface LeftSessions {
  readonly count: number;
  readonly heir: string | undefined;
  readonly outcome: Outcome | 'nobody' | 'saved';
  /** The file for the next start, if no other worker stays. */
  readonly saved?: SavedSessions;
}

/** A namespace with clients that may reconnect. */
type Awaited = readonly [nsp: string, recovery: Recovery];

/** The parts of the worker's adapters that the exchange needs; the hub has all of them. */
interface Hub {
  readonly tag: string;
  /** Tags of the workers that can be asked. */
  readonly peers: readonly string[];
  /** Those of them that have not begun to stop. */
  readonly successors: readonly string[];
  readonly questions: Questions<Answer>;
  readonly recoveries: RecoveryStore;
  readonly replication: Replication | undefined;
  readonly restart: Restart | undefined;
  /** Whether a worker has left a file for the next start. */
  readonly someSaved: boolean;
  adapterOf(nsp: string): { letGo(pid: string): void } | undefined;
  broadcast(message: Message): void;
  tell(to: string, message: Message): void;
  answer(to: string, answer: Answer): boolean;
}

/**
 * Moves sessions between workers: a single one to the worker that its client has reached, and all remaining ones when a worker closes.
 */
export class SessionExchange {
  /** By the worker and the namespace that they come from: sessions being handed over to this worker. */
  private readonly inheritances = new Map<string, Map<string, Inheritance>>();
  /** Resolves when no hand-over to this worker is under way. */
  private onComplete: (() => void) | undefined;
  private isLeaving = false;
  /** The worker that gets the sessions of this one. */
  private heir: string | undefined;

  /** @param onLeft - is called with the result of the hand-over, if there were sessions */
  constructor(
    private readonly hub: Hub, private readonly carrier: SocketDataCopier, private readonly onLeft: (left: LeftSessions) => void,
  ) {}

  receive(message: Message & { type: 'find-session' | 'heir' | 'bequeath' }): void {
    const { uid, nsp, data: { requestId } } = message;
    switch (message.type) {
      case 'find-session':
        if (this.hub.restart) void this.hub.restart.loaded.then(() => this.give(message));
        else this.give(message);
        return;
      case 'heir': {
        // It would not be handed on.
        if (this.isLeaving) {
          this.hub.answer(uid, { uid: this.hub.tag, nsp, type: 'nothing', data: { requestId } });
          return;
        }
        const recovery = this.hub.recoveries.of(nsp);
        const inheritances = this.inheritances.get(uid) ?? new Map<string, Inheritance>();
        this.inheritances.set(uid, inheritances);
        if (recovery) inheritances.set(nsp, new Inheritance(recovery));
        this.hub.answer(uid, { uid: this.hub.tag, nsp, type: 'held', data: { requestId, held: recovery?.log.held ?? {} } });
        return;
      }
      case 'bequeath':
        if (message.data.part) this.inheritances.get(uid)?.get(nsp)?.take(message.data.part);
        else this.complete(uid, nsp);
        this.hub.answer(uid, { uid: this.hub.tag, nsp, type: 'inherited', data: { requestId } });
    }
  }

  /** A worker is gone. */
  down(tag: string): void {
    this.complete(tag);
  }

  /** Asks the other workers for a session, and restores it here. */
  async find(
    nsp: string, pid: string, offset: string | undefined, recovery: Recovery, since = machineClock.now(),
  ): Promise<OwnSession | undefined> {
    const { hub } = this;
    await hub.restart?.loaded;
    return new Promise(resolve => {
      let found: FoundSession | undefined;
      let isMoving = false;
      const requestId = hub.questions.nextId();
      const asked = hub.peers;
      if (asked.length > 0) {
        hub.broadcast({ uid: hub.tag, nsp, type: 'find-session', data: { requestId, pid, offset, at: since, held: recovery.log.held } });
      }
      hub.questions.wait(requestId, hub.peers, {
        timeout: hub.restart?.isFresh ? STARTING_LIMIT : SESSION_LIMIT,
        onAnswer: answer => {
          if (answer.type === 'session' && answer.data.again) isMoving = true;
          if (answer.type !== 'session' || !answer.data.found) return true;
          found = answer.data.found;
          hub.questions.end(requestId);
          return true;
        },
        onEnd: ({ silent }) => {
          debug('namespace %j: find-session, %s; silent: %j', nsp, found ? 'found' : 'not found', silent);
          // It may have been handed over to this worker while that has asked the others.
          const session = found ? this.adopt(found, recovery) : recovery.claim(pid, offset);
          // Or from one that has left, which did not answer, to one that had answered before.
          const mayHaveMoved = !session && !this.isLeaving && (isMoving || asked.some(tag => !hub.peers.includes(tag)));
          const isInTime = machineClock.now() - since < SESSION_LIMIT;
          resolve(mayHaveMoved && isInTime ? this.find(nsp, pid, offset, recovery, since) : session);
        },
      });
    });
  }

  /** Hands all sessions over to a sibling; if it dies in the meantime, to another one. */
  async leave(): Promise<void> {
    const { hub } = this;
    this.isLeaving = true;
    // Sessions that are still on their way to this worker are handed over with its own.
    await atMost(BEQUEATH_LIMIT, new Promise<void>(resolve => {
      this.onComplete = resolve;
      this.settle();
    }));
    const awaited = [ ...hub.recoveries.byNamespace ].filter(([ , recovery ]) => recovery.isAwaiting);
    const count = awaited.reduce((sum, [ , { sessions }]) => sum + sessions.size, 0);
    const left = await this.leaveAll(awaited);
    for (const [ , { sessions }] of awaited) sessions.clear();
    if (count > 0) this.onLeft({ ...left, count, heir: this.heir });
    if (left.outcome !== 'saved' && hub.someSaved) await hub.restart?.save();
  }

  private async leaveAll(awaited: readonly Awaited[]): Promise<Pick<LeftSessions, 'outcome' | 'saved'>> {
    const { hub } = this;
    const refused = new Set<string>();
    for (;;) {
      const staying = hub.successors.filter(tag => !refused.has(tag));
      // Without a file, a worker that stops as well is better than nobody.
      const tags = staying.length > 0 || hub.restart ? staying : hub.peers.filter(tag => !refused.has(tag));
      if (tags.length > 0 && awaited.length > 0) {
        const heir = this.heir = tags[Math.floor(Math.random() * tags.length)];
        const outcomes = await Promise.all(awaited.map(([ nsp, recovery ]) => this.leaveTo(heir, nsp, recovery)));
        // A silent heir may still have it; one that is gone does not.
        if (!outcomes.includes('gone')) return { outcome: outcomes.find(each => each !== 'taken') ?? 'taken' };
        refused.add(heir);
      } else {
        this.heir = undefined;
        // The others' files are only complete with the log of this worker.
        const isNeeded = awaited.length > 0 || (tags.length === 0 && hub.peers.length > 0);
        if (!hub.restart || !isNeeded) return { outcome: 'nobody' };
        const saved = await hub.restart.save();
        const hasCome = () => hub.successors.some(tag => !refused.has(tag));
        if (!hasCome() || (saved.file && !await hub.restart.withdraw())) return { outcome: 'saved', saved };
      }
      for (const [ , recovery ] of awaited) recovery.sessions.takeBack();
    }
  }

  /** A hand-over to this worker is complete, or its sender is gone. */
  private complete(from: string, nsp?: string): void {
    const inheritances = this.inheritances.get(from);
    if (nsp !== undefined) inheritances?.delete(nsp);
    if (nsp === undefined || inheritances?.size === 0) this.inheritances.delete(from);
    this.settle();
  }

  private settle(): void {
    if (this.inheritances.size === 0) this.onComplete?.();
  }

  private give(message: Find): void {
    const { hub } = this;
    const { uid, nsp, data: { requestId, pid, offset, at, held } } = message;
    const recovery = hub.recoveries.byNamespace.get(nsp);
    // The request has come late: its connection was given up, and the client has come here in the meantime.
    if (recovery?.isNewerThan(pid, at)) {
      hub.answer(uid, { uid: hub.tag, nsp, type: 'session', data: { requestId } });
      return;
    }
    hub.adapterOf(nsp)?.letGo(pid);
    // The heir has it, or will: the other worker asks again when this one has left. An answer on another link could come too late.
    if (recovery?.sessions.isLeft(pid)) return;
    const given = recovery?.give(pid, offset);
    // Its owner may just have been killed, and this worker have its replica.
    if (!given && hub.replication?.wait(message)) return;
    const found = given && this.pack(nsp, given, held);
    const answer = () => hub.answer(uid, { uid: hub.tag, nsp, type: 'session', data: { requestId, found } });
    if (!found) {
      answer();
      return;
    }
    recovery!.giveAway(pid, () => {
      // Its replica must be gone before another worker has it.
      hub.replication?.order.pass();
      return answer();
    });
  }

  private pack(nsp: string, { session: { data, ...session }, disconnectedAt, packets, seen, start }: NonNullable<ReturnType<Recovery['give']>>, held: Find['data']['held']): FoundSession | undefined {
    const bytes = this.carrier.carry({ nsp, sid: session.sid, data });
    return bytes && { session, data: bytes, disconnectedAt, rows: packets.map(packet => toRow(packet, held)), seen, start };
  }

  private adopt({ session, data, disconnectedAt, rows, seen, start }: FoundSession, recovery: Recovery): OwnSession | undefined {
    const reader = new RowReader(recovery);
    const packets = rows.map(row => reader.read(row));
    const own = recovery.adopt({ session: { ...session, data: carried(data) }, disconnectedAt, packets, seen, start }, data.length);
    // Its former worker, and the replica there, have forgotten it; and a new copy of it as a connected one has to wait.
    this.hub.replication?.order.pass();
    return own;
  }

  private async leaveTo(heir: string, nsp: string, recovery: Recovery): Promise<Outcome> {
    let held = {};
    const outcome = await this.ask(heir, requestId => ({ uid: this.hub.tag, nsp, type: 'heir', data: { requestId } }), answered => { held = answered; });
    if (outcome !== 'taken') return outcome;
    for (const part of splitHandover(recovery, { held }, session => this.carrier.carry({ nsp, ...session }))) {
      const result = await this.ask(heir, requestId => ({ uid: this.hub.tag, nsp, type: 'bequeath', data: { requestId, part } }));
      if (result !== 'taken') return result;
      recovery.sessions.confirmLeft(part.sessions.map(({ session: { pid } }) => pid));
    }
    return this.ask(heir, requestId => ({ uid: this.hub.tag, nsp, type: 'bequeath', data: { requestId } }));
  }

  private ask(heir: string, question: (requestId: string) => Message, onHeld?: (held: Find['data']['held']) => void): Promise<Outcome> {
    const { questions, peers } = this.hub;
    // Its end may have been read together with its previous answer.
    if (!peers.includes(heir)) return Promise.resolve('gone');
    const requestId = questions.nextId();
    this.hub.tell(heir, question(requestId));
    return new Promise(resolve => {
      let taken = false;
      questions.wait(requestId, [ heir ], {
        timeout: BEQUEATH_LIMIT,
        onAnswer: answer => {
          if (answer.type === 'held') onHeld?.(answer.data.held);
          taken = answer.type !== 'nothing';
          return true;
        },
        onEnd: ({ silent }) => resolve(silent.length > 0 ? 'silent' : taken ? 'taken' : 'gone'),
      });
    });
  }
}
