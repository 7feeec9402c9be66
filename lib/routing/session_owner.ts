import { debugOf } from '../base/debug';
import type { PendingSessions } from './pending_sessions';
import type { OwnerMessage, TakerMessage } from './session_messages';
import type { SessionPeers } from './session_peers';

const debug = debugOf('routing');

/** The side of the worker on which a session has begun. */
export class SessionOwner {
  /** The workers to which sessions from here have moved: worker tags by session id. */
  private readonly moved = new Map<string, string>();
  private readonly reservedBy = new Map<string, string>();

  constructor(private readonly held: PendingSessions, private readonly peers: SessionPeers) {}

  /** The worker that has taken over a session of ours. */
  whereTo(sid: string): string | undefined {
    return this.moved.get(sid);
  }

  receive(from: string, { op, sid }: TakerMessage): void {
    if (op === 'reserve') this.reserve(from, sid);
    else if (op === 'closed') this.forget(from, sid);
    else if (op === 'take') this.give(from, sid);
    else if (this.reservedBy.get(sid) !== from) return;
    else if (op === 'release polls') this.held.releasePolls(sid);
    else this.giveBack(sid);
  }

  /** A worker is gone. */
  onDown(tag: string): void {
    for (const [ sid, by ] of this.reservedBy) {
      if (by === tag) this.giveBack(sid);
    }
    for (const sid of this.moved.keys()) this.forget(tag, sid);
  }

  private reserve(from: string, sid: string): void {
    const movable = this.held.reserve(sid, () => {
      this.reservedBy.delete(sid);
      this.send(from, { op: 'withdrawn', sid });
    });
    debug('worker %s claims session %j: %s', from, sid, movable ? 'reserved' : 'denied');
    if (movable) this.reservedBy.set(sid, from);
    this.send(from, movable ? { op: 'reserved', sid, ...movable } : { op: 'denied', sid });
  }

  private give(to: string, sid: string): void {
    const received = this.reservedBy.get(sid) === to ? this.held.take(sid) : undefined;
    if (!received) {
      this.send(to, { op: 'lost', sid });
      return;
    }
    this.reservedBy.delete(sid);
    this.moved.set(sid, to);
    debug('session %j has moved to worker %s', sid, to);
    this.send(to, { op: 'taken', sid, received });
  }

  private giveBack(sid: string): void {
    this.reservedBy.delete(sid);
    this.held.giveBack(sid);
  }

  private forget(tag: string, sid: string): void {
    if (this.moved.get(sid) === tag) this.moved.delete(sid);
  }

  private send(to: string, message: OwnerMessage): void {
    this.peers.send(to, message);
  }
}
