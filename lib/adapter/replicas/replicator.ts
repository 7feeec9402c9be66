// The owner's side of replicas. A worker copies the private state of its sessions to one sibling, its standby: rooms, data, and the log,
// in which packets that all workers have are only named. The changes of a turn are sent before the clients are written to, so that a client
// knows nothing that is lost when this worker is killed. If the standby does not get it at once, that is marked in a file first.
import { debugOf } from '../../base/debug';
import { machineClock } from '../../base/machine_clock';
import { WriteOrder } from '../../internals/write_order';
import type { Questions } from '../../cluster/questions';
import type { Answer, Message } from '../messages/messages';
import type { OwnSession } from '../recovery/client_path';
import type { RecoveryStore } from '../recovery/store';
import type { BehindMarks } from './behind_marks';
import type { JoinBarrier } from './join_barrier';
import { type LiveSockets, ReplicaChanges } from './replica_changes';
import { type HeldByNamespace, REPLICA_VERSION, type ReplicaPart } from '../messages/replica_messages';
import { standbyOf } from './standby';

const debug = debugOf('adapter');

/** Milliseconds that a worker may take to accept replicas. */
const ACCEPT_LIMIT = 2000;
/** Bytes that are copied at a time when a replica begins. */
const PORTION = 256 * 1024;
/** Milliseconds for which a standby may not read before another one is chosen. */
const PATIENCE = 1000;
/** Milliseconds after which a worker that did not read, or did not answer, is a candidate again. */
const RETRY = 10_000;
/** Milliseconds between two looks at a standby that does not read. */
const LOOK = 5;

/** The parts of a worker's adapters that replicas need; the hub has all of them. */
interface Hub {
  readonly tag: string;
  /** The workers that can keep replicas. */
  readonly successors: readonly string[];
  readonly questions: Questions<Answer>;
  readonly recoveries: RecoveryStore;
  readonly barrier: JoinBarrier;
  socketsOf(nsp: string): LiveSockets | undefined;
  copyData(nsp: string, session: OwnSession): Buffer | undefined;
  tell(to: string, message: Message): void;
  flush(): void;
  isBehind(to: string): boolean;
  drained(to: string): Promise<void> | undefined;
}

type State = 'none' | 'asking' | 'copying' | 'live';

/** Copies the sessions of this worker to its standby. */
export class Replicator {
  /** Of the writes to clients, unless these do not wait. */
  readonly order = new WriteOrder(() => this.flush());
  private state: State = 'none';
  private standby: string | undefined;
  private epoch = 0;
  private isClosed = false;
  private readonly changes = new Map<string, ReplicaChanges>();
  private held: HeldByNamespace = {};
  /** Workers that do not accept a replica, or have stopped reading. */
  private readonly unfit = new Set<string>();
  private behindSince: number | undefined;
  /** Whether something that was sent to the standby may be lost. */
  private isBroken = false;
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param isOrdered - whether the writes to clients wait for {@link order}
   * @param onRefused - gets the reason why a worker keeps no replicas of this one
   */
  constructor(
    private readonly hub: Hub, private readonly marks: BehindMarks, private readonly isOrdered: boolean,
    private readonly onRefused: (tag: string, reason: string) => void,
  ) {}

  /** A namespace whose sessions can be recovered, is there. */
  open(nsp: string): void {
    if (this.state === 'copying' || this.state === 'live') this.watch(nsp);
    else this.choose();
  }

  /** A namespace is closed, and none of its sessions can be recovered any more. */
  forget(nsp: string): void {
    if (!this.changes.delete(nsp)) return;
    this.hub.tell(this.standby!, this.update([{ nsp, isClosed: true }]));
  }

  /** A worker has come, or can be reached again. */
  up(tag: string): void {
    this.unfit.delete(tag);
    // It may have a replica of which it could not be told that it is no longer used.
    if (tag !== this.standby) this.tellEnd(tag);
    if (this.state === 'none' || (tag === this.standby && this.isBroken)) this.choose();
  }

  /** Something that was sent to a worker may be lost: a replica there lacks it, and must not be used until it is begun again. */
  broken(tag: string): void {
    if (tag !== this.standby) return;
    this.isBroken = true;
    if (this.state === 'live' && this.behindSince === undefined) this.fallBehind(tag);
  }

  /** A worker is gone, is about to close, or cannot be reached. */
  down(tag: string): void {
    this.unfit.delete(tag);
    if (tag === this.standby) this.choose();
  }

  /** A client has joined or left a room. */
  onRoom(nsp: string, sid: string, room: string, isJoined: boolean): void {
    this.changes.get(nsp)?.onRoom(sid, room, isJoined);
  }

  /** The connection handlers of a client have finished. */
  settled(nsp: string, sid: string): void {
    this.changes.get(nsp)?.onSettled(sid);
  }

  /** The app may have changed the data of a client. */
  check(nsp: string, sid: string, data: unknown): void {
    this.changes.get(nsp)?.check(sid, data);
  }

  /** Looks at the data of all clients, for changes outside of their events. */
  sweep(): void {
    for (const changes of this.changes.values()) changes.checkAll();
  }

  close(): void {
    if (this.standby !== undefined) this.leave(this.standby);
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  private choose(): void {
    const { hub } = this;
    if (this.standby !== undefined) this.leave(this.standby);
    const candidates = hub.successors.filter(tag => !this.unfit.has(tag));
    if (this.isClosed || candidates.length === 0 || hub.recoveries.byNamespace.size === 0) return;
    const standby = this.standby = standbyOf(hub.tag, candidates)!;
    const epoch = this.epoch += 1;
    this.state = 'asking';
    const requestId = hub.questions.nextId();
    hub.tell(standby, { uid: hub.tag, nsp: '/', type: 'replica-begin', data: { requestId, version: REPLICA_VERSION, epoch, isOrdered: this.isOrdered } });
    let held: HeldByNamespace | undefined;
    hub.questions.wait(requestId, [ standby ], {
      timeout: ACCEPT_LIMIT,
      onAnswer: answer => {
        if (answer.type === 'replica-accepted') held = answer.data.held;
        return true;
      },
      onEnd: ({ failures }) => {
        if (this.epoch !== epoch) return;
        if (held) void this.copy(standby, epoch, held);
        else this.unfitFor(standby, failures[0]);
      },
    });
  }

  private unfitFor(standby: string, reason: string | undefined): void {
    debug('worker %s keeps no replicas of this one: %s', standby, reason ?? 'it is gone or did not answer');
    if (reason === undefined) return this.avoid(standby);
    this.onRefused(standby, reason);
    this.unfit.add(standby);
    this.choose();
  }

  /** Chooses another worker for now: this one may just be busy. */
  private avoid(standby: string): void {
    this.unfit.add(standby);
    this.choose();
    setTimeout(() => this.up(standby), RETRY).unref();
  }

  private leave(standby: string): void {
    // Also one that was only asked: it may still have an earlier replica, if the message that has ended that was lost with its link.
    this.tellEnd(standby);
    for (const { observer, recovery } of this.observed()) if (recovery.observer === observer) recovery.observer = undefined;
    this.changes.clear();
    // The mark stays: the replica that is left may not learn of it.
    clearTimeout(this.timer);
    this.behindSince = undefined;
    this.isBroken = false;
    this.state = 'none';
    this.standby = undefined;
    this.epoch += 1;
  }

  private tellEnd(standby: string): void {
    const { hub, epoch } = this;
    hub.tell(standby, { uid: hub.tag, nsp: '/', type: 'replica-end', data: { epoch } });
  }

  private observed() {
    return [ ...this.changes ].flatMap(([ nsp, observer ]) => {
      const recovery = this.hub.recoveries.byNamespace.get(nsp);
      return recovery ? [{ observer, recovery }] : [];
    });
  }

  private async copy(standby: string, epoch: number, held: HeldByNamespace): Promise<void> {
    const { hub } = this;
    this.state = 'copying';
    this.held = held;
    for (const nsp of hub.recoveries.byNamespace.keys()) this.watch(nsp);
    for (;;) {
      const parts = this.take(PORTION);
      if (parts.length === 0) break;
      hub.tell(standby, this.update(parts));
      await hub.drained(standby);
      // Not all in one turn: clients are waiting.
      await new Promise(resolve => { setImmediate(resolve); });
      if (this.epoch !== epoch) return;
    }
    // Packets that were sent to this worker before the standby joined must be in the replica: the standby does not have them.
    hub.barrier.wait(standby, () => {
      if (this.epoch !== epoch) return;
      this.state = 'live';
      this.order.note();
      hub.tell(standby, this.update(this.take(Infinity), true));
      debug('worker %s has replicas of all sessions', standby);
    });
  }

  private watch(nsp: string): void {
    const recovery = this.hub.recoveries.byNamespace.get(nsp);
    if (!recovery || this.changes.has(nsp)) return;
    this.changes.set(nsp, new ReplicaChanges(nsp, recovery, this.held[nsp] ?? {}, {
      isOrdered: this.isOrdered,
      note: () => this.order.note(),
      socketsOf: name => this.hub.socketsOf(name),
      carry: session => this.hub.copyData(nsp, session),
    }));
    this.order.note();
  }

  private take(most: number): ReplicaPart[] {
    const parts: ReplicaPart[] = [];
    for (const changes of this.changes.values()) {
      const part = changes.take(most);
      if (part) parts.push(part);
    }
    return parts;
  }

  private update(parts: readonly ReplicaPart[], isLive?: true): Message {
    return { uid: this.hub.tag, nsp: '/', type: 'replica', data: { epoch: this.epoch, parts, isLive } };
  }

  private flush(): void {
    const { hub, standby } = this;
    if (this.state === 'live') {
      try {
        const parts = this.take(Infinity);
        if (parts.length > 0) hub.tell(standby!, this.update(parts));
      } catch (error) {
        // Too much for one message: the replica lacks it, and must not be used. Another one begins, which is sent in parts.
        debug('the changes of a turn cannot be sent to worker %s: %s', standby, (error as Error).message);
        this.choose();
      }
    }
    hub.flush();
    if (this.state === 'live' && this.behindSince === undefined && hub.isBehind(standby!)) this.fallBehind(standby!);
  }

  private fallBehind(standby: string): void {
    const { hub, epoch, marks } = this;
    marks.add(standby, epoch);
    this.behindSince = machineClock.now();
    const look = () => {
      if (!hub.isBehind(standby)) {
        marks.remove(standby, epoch);
        this.behindSince = undefined;
      } else if (machineClock.now() - this.behindSince! > PATIENCE) {
        debug('worker %s does not read its replicas: another one is chosen', standby);
        this.avoid(standby);
      } else {
        this.timer = setTimeout(look, LOOK).unref();
      }
    };
    this.timer = setTimeout(look, LOOK).unref();
  }
}
