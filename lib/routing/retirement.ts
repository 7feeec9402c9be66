import type { Server as Engine } from 'engine.io';
import { debugOf } from '../base/debug';
import { masterHasNoticed } from './cluster_master';
import { releasePoll } from './pending_sessions';
import type { SessionPeers } from './session_peers';
import type { SessionRouter } from './router';

const debug = debugOf('routing');

/** Milliseconds between two checks for waiting requests. */
const INTERVAL = 50;

/** The messages of a stopping worker to its siblings. */
type RetirementMessage = { op: 'leaving' } | { op: 'finished' } | { op: 'release polls'; sids: readonly string[] };

/**
 * Lets a worker stop without its siblings' clients noticing: their polls that wait in it are answered, and come back by another worker.
 * Of its own clients it only sends new ones elsewhere.
 */
export class Retirement {
  /** Siblings that stop as well. */
  private readonly leaving = new Set<string>();
  /** Those of them that have closed all their connections. */
  private readonly finished = new Set<string>();
  private readonly stopTakingPart: () => void;
  private rounds: NodeJS.Timeout | undefined;
  private onAvoided: (() => void) | undefined;
  private hasStoppedListening = false;
  private hasFinished = false;
  /** Resolves when new connections only go to siblings; or, if none of these stays, when all have closed their connections. */
  readonly avoided = new Promise<void>(resolve => { this.onAvoided = resolve; });

  constructor(engine: Engine, private readonly router: SessionRouter, private readonly peers: SessionPeers) {
    const { clients } = engine as unknown as { clients: Record<string, Parameters<typeof releasePoll>[0] | undefined> };
    this.stopTakingPart = peers.listen({
      onMessage: (from, message) => {
        const parting = message as RetirementMessage;
        if (parting.op === 'leaving') {
          this.leaving.add(from);
          return;
        }
        if (parting.op === 'finished') {
          this.finished.add(from);
          return;
        }
        for (const sid of parting.sids) {
          if (Object.hasOwn(clients, sid)) releasePoll(clients[sid]!);
        }
      },
      onUp: tag => {
        // It was started during the stop, and would send its own new clients here when it stops as well.
        if (this.rounds) this.peers.send(tag, { op: 'leaving' } satisfies RetirementMessage);
        if (this.hasFinished) this.peers.send(tag, { op: 'finished' } satisfies RetirementMessage);
      },
      onDown: tag => {
        this.leaving.delete(tag);
        this.finished.delete(tag);
      },
    });
  }

  /**
   * Begins.
   *
   * @param stopListening - called once it is known that a sibling stays, which then gets the new connections
   */
  start(stopListening: () => void): void {
    this.tellAll({ op: 'leaving' });
    this.router.retire(() => {
      const tags = this.staying();
      return tags[Math.floor(Math.random() * tags.length)];
    });
    // Not at once: if all are told to stop, each one first has to get that message from the others.
    this.rounds = setInterval(() => {
      if (this.staying().length === 0) {
        // A sibling's last responses may have to pass through this worker.
        if (this.peers.peers().every(tag => this.finished.has(tag))) this.onAvoided?.();
        return;
      }
      if (!this.hasStoppedListening) {
        this.hasStoppedListening = true;
        debug('this worker stops, and new clients go to %j', this.staying());
        stopListening();
        void masterHasNoticed().then(() => this.onAvoided?.());
      }
      for (const [ tag, sids ] of this.router.openPolls()) {
        if (!this.leaving.has(tag)) this.peers.send(tag, { op: 'release polls', sids } satisfies RetirementMessage);
      }
    }, INTERVAL);
  }

  /** Whether a sibling does not stop, as far as is known. */
  get othersStay(): boolean {
    return this.staying().length > 0;
  }

  /** Whether a sibling takes the new clients of this worker, as far as is known. */
  get isSucceeded(): boolean {
    return this.hasStoppedListening || this.othersStay;
  }

  /** All connections of this worker are closed. */
  finish(): void {
    this.hasFinished = true;
    this.tellAll({ op: 'finished' });
  }

  /** Stops taking part. */
  close(): void {
    clearInterval(this.rounds);
    this.stopTakingPart();
  }

  private tellAll(message: RetirementMessage): void {
    for (const tag of this.peers.peers()) this.peers.send(tag, message);
  }

  private staying(): string[] {
    return this.peers.peers().filter(tag => !this.leaving.has(tag));
  }
}
