import type { Message } from '../messages/messages';
import type { RecoveryStore } from '../recovery/store';
import type { BehindMarks } from './behind_marks';
import { type HeldByNamespace, REPLICA_VERSION, type ReplicaPart } from '../messages/replica_messages';
import { NamespaceReplica } from './replica';

/** Milliseconds for which a request for a session waits for the news that its owner was killed; after that, the owner probably has it. */
const OWNER_LIMIT = 200;

type Find = Message & { type: 'find-session' };

interface OwnersReplica {
  readonly epoch: number;
  readonly isOrdered: boolean;
  isLive: boolean;
  readonly namespaces: Map<string, NamespaceReplica>;
  /** Requests for sessions whose owner may just have been killed. */
  readonly asked: Set<Find>;
}

/** The result for the sessions of a worker that is gone. */
export interface Promoted {
  /** The tag of their owner. */
  readonly owner: string;
  /** The number of its sessions. */
  readonly sessions: number;
  /** Whether this worker keeps them now; otherwise their clients know something that is not in the replica. */
  readonly isWhole: boolean;
}

/** The replicas that this worker keeps of the sessions of others, by the tag of their owner. */
export class KeptReplicas {
  private readonly replicas = new Map<string, OwnersReplica>();
  private readonly complained = new Set<string>();

  /**
   * @param own - the tag of this worker
   * @param warn - gets a line for the log
   */
  constructor(
    private readonly own: string, private readonly recoveries: RecoveryStore, private readonly marks: BehindMarks,
    private readonly warn: (line: string) => void,
  ) {}

  /** The number of sessions, and the bytes that they and their packets take. */
  get size(): { readonly sessions: number; readonly bytes: number } {
    const size = { sessions: 0, bytes: 0 };
    for (const { namespaces } of this.replicas.values()) {
      for (const kept of namespaces.values()) {
        size.sessions += kept.size.sessions;
        size.bytes += kept.size.bytes;
      }
    }
    return size;
  }

  /**
   * A worker asks this one to keep its replicas.
   *
   * @return what need not be sent; a text if they are refused
   */
  begin({ uid, data: { epoch, isOrdered, version } }: Message & { type: 'replica-begin' }): HeldByNamespace | string {
    if (version !== REPLICA_VERSION) return `it copies sessions in version ${REPLICA_VERSION} of the format, and worker ${uid} in version ${version}`;
    this.end(uid);
    this.replicas.set(uid, { epoch, isOrdered, isLive: false, namespaces: new Map(), asked: new Set() });
    return Object.fromEntries([ ...this.recoveries.byNamespace ].map(([ nsp, { log }]) => [ nsp, log.held ]));
  }

  /** @return requests that can be answered now */
  apply({ uid, data: { epoch, parts, isLive } }: Message & { type: 'replica' }): readonly Find[] {
    const replica = this.replicas.get(uid);
    if (replica?.epoch !== epoch) {
      this.complain(uid, 'it did not ask for them before');
      return [];
    }
    for (const part of parts) this.applyPart(replica, part);
    if (isLive) replica.isLive = true;
    const gone = [ ...replica.asked ].filter(({ nsp, data: { pid } }) => !replica.namespaces.get(nsp)?.has(pid));
    for (const find of gone) replica.asked.delete(find);
    return gone;
  }

  /** A worker no longer needs its replicas. */
  end(owner: string): void {
    const replica = this.replicas.get(owner);
    if (!replica) return;
    this.replicas.delete(owner);
    for (const kept of replica.namespaces.values()) kept.end();
  }

  /**
   * Keeps a request for a session whose owner still seems to live, because it may just have been killed.
   *
   * @param askAgain - called if it lives: the session has come there in the meantime
   * @return whether the request has to wait
   */
  wait(find: Find, askAgain: () => void): boolean {
    for (const [ owner, { namespaces, asked }] of this.replicas) {
      // An owner asks for its own session if the client has connected twice.
      if (owner === find.uid || !namespaces.get(find.nsp)?.has(find.data.pid)) continue;
      asked.add(find);
      setTimeout(() => {
        if (asked.delete(find)) askAgain();
      }, OWNER_LIMIT).unref();
      return true;
    }
    return false;
  }

  /**
   * A worker is gone for good: its sessions are kept here for their clients.
   *
   * @return the requests that have waited for that, and the result
   */
  promote(owner: string): { readonly asked: readonly Find[]; readonly result?: Promoted } {
    const replica = this.replicas.get(owner);
    if (!replica) return { asked: [] };
    const isWhole = replica.isLive && !this.marks.isMarked(owner, this.own, replica.epoch);
    this.marks.forget(owner);
    const all = [ ...replica.namespaces.values() ];
    const sessions = all.reduce((sum, { size }) => sum + size.sessions, 0);
    if (isWhole) all.forEach(kept => kept.promote(replica.isOrdered));
    this.end(owner);
    const asked = [ ...replica.asked ];
    replica.asked.clear();
    return {
      asked,
      result: sessions > 0 ? { owner, sessions, isWhole } : undefined,
    };
  }

  /** Another worker has a session: copies of it are out of date. */
  forgetSession(nsp: string, pid: string): void {
    for (const { namespaces } of this.replicas.values()) namespaces.get(nsp)?.delete(pid);
  }

  /** Drops packets that nobody can have missed any more. */
  sweep(): void {
    for (const { namespaces } of this.replicas.values()) {
      for (const [ nsp, kept ] of namespaces) {
        const time = this.recoveries.byNamespace.get(nsp)?.oldestWanted;
        if (time !== undefined) kept.forget(time);
      }
    }
  }

  private applyPart({ namespaces }: OwnersReplica, part: ReplicaPart): void {
    const { nsp, start, isClosed } = part;
    if (isClosed) {
      namespaces.get(nsp)?.end();
      namespaces.delete(nsp);
      return;
    }
    let kept = namespaces.get(nsp);
    if (!kept && start) {
      const recovery = this.recoveries.of(nsp);
      if (recovery) namespaces.set(nsp, kept = new NamespaceReplica(recovery, start));
    }
    kept?.apply(part);
  }

  private complain(owner: string, reason: string): void {
    if (this.complained.has(owner)) return;
    this.complained.add(owner);
    this.warn(`ignored replicas of sessions from worker ${owner}: ${reason}.`);
  }
}
