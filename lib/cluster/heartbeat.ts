import type { EggLogger } from 'egg';
import type { Member, PeerPort } from './port';

/** Milliseconds between two beats of a worker. */
const INTERVAL = 1000;
/** Milliseconds of silence after which a worker counts as hanging. */
const SILENCE = 2000;

/** When a worker was last heard, and whether its silence was logged. */
interface Pulse {
  heard: number;
  isSilent: boolean;
}

/**
 * Each worker reports once a second that its event loop turns, and logs which of the others does not: their clients wait, and nothing
 * else shows the reason. It changes nothing else; the link gives up a worker that does not read.
 */
export class Heartbeat {
  private readonly pulses = new Map<string, Pulse>();
  private readonly timer: NodeJS.Timeout;
  private readonly stopListening: () => void;
  private expected = Date.now() + INTERVAL;

  /** @param memberOf - returns the worker with a tag, while there is a link */
  constructor(
    private readonly peers: PeerPort, private readonly memberOf: (tag: string) => Member | undefined, private readonly logger: EggLogger,
  ) {
    this.stopListening = peers.listen({
      // A worker is only watched from its first beat on: at its start it has much to do.
      onMessage: from => this.hear(from),
      onDown: tag => { this.pulses.delete(tag); },
    });
    this.timer = setInterval(() => this.beat(), INTERVAL).unref();
  }

  close(): void {
    clearInterval(this.timer);
    this.stopListening();
  }

  private beat(): void {
    this.peers.broadcast(1);
    const now = Date.now();
    const wasPunctual = now - this.expected < INTERVAL / 2;
    this.expected = now + INTERVAL;
    // If this worker was late itself, the beats of the others are still waiting to be read.
    if (wasPunctual) setImmediate(() => this.look(now));
  }

  private look(now: number): void {
    for (const [ tag, pulse ] of this.pulses) {
      if (pulse.isSilent || now - pulse.heard < SILENCE) continue;
      pulse.isSilent = true;
      this.logger.warn('[egg-socketio] worker %s (pid %d) has not answered for %d ms: its process is stopped or its event loop is blocked. Its clients, and those whose requests it forwards, wait.',
        tag, this.memberOf(tag)?.pid, now - pulse.heard);
    }
  }

  private hear(tag: string): void {
    const now = Date.now();
    const pulse = this.pulses.get(tag);
    if (pulse?.isSilent) {
      this.logger.warn('[egg-socketio] worker %s (pid %d) answers again, after %d ms.', tag, this.memberOf(tag)?.pid, now - pulse.heard);
    }
    this.pulses.set(tag, { heard: now, isSilent: false });
  }
}
