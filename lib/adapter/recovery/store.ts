import { type Lifetimes, Recovery } from './recovery';
import { Budget } from './budget';
import type { OwnSession } from './client_path';

/** Milliseconds between two clean-ups of expired state: a part of the time that it is kept, but between these. */
const SWEEP = { part: 8, least: 1000, most: 10_000 };
/** Bytes, see `connectionStateRecovery.maxLogBytes`. */
export const MAX_LOG_BYTES = 64 * 1024 * 1024;
/** Bytes, see `connectionStateRecovery.maxDataBytes`. */
export const MAX_DATA_BYTES = 1024 * 1024;

/** The options that the adapter knows. */
export interface RecoverySettings extends Lifetimes {
  /** The maximum number of bytes, of all namespaces together. */
  readonly maxLogBytes: number;
  /** The maximum number of bytes of one client's data. */
  readonly maxDataBytes: number;
}

/** The state that a worker keeps for clients that may reconnect. */
export interface RecoveryFigures {
  /** Sessions that wait for their clients. */
  readonly sessions: number;
  readonly packets: number;
  readonly bytes: number;
}

/** Handlers for the clean-ups of a worker's state. */
export interface StoreListener {
  /** Expired state was dropped. */
  onSweep?(): void;
  /** No client can come back to a session any more. */
  onExpired?(nsp: string, session: OwnSession): void;
  /** The state of a namespace that no longer exists was dropped. */
  onRemoved?(nsp: string): void;
}

/** The recoveries of all namespaces of a worker. One outlives a dynamic namespace that its last client has left. */
export class RecoveryStore {
  readonly byNamespace = new Map<string, Recovery>();
  /** Whether expired sessions stay, so that another worker notices it. */
  isPaused = false;
  private settings: RecoverySettings | undefined;
  private budget: Budget | undefined;
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param isOpen - whether a namespace exists
   * @param listener - is notified about clean-ups. Default: nobody
   */
  constructor(private readonly isOpen: (nsp: string) => boolean, private readonly listener: StoreListener = {}) {}

  /** Call it before {@link of}; the settings of the first namespace apply to all. */
  configure(settings: RecoverySettings): void {
    if (this.settings) return;
    this.settings = settings;
    this.budget = new Budget(settings.maxLogBytes);
    const interval = Math.min(SWEEP.most, Math.max(SWEEP.least, settings.duration / SWEEP.part));
    this.timer = setInterval(() => this.sweep(), interval).unref();
  }

  /** See {@link RecoverySettings.maxDataBytes}. */
  get maxDataBytes(): number {
    return this.settings?.maxDataBytes ?? MAX_DATA_BYTES;
  }

  /** The state of a namespace that clients may reconnect to; `undefined` if recovery is off. */
  of(nsp: string): Recovery | undefined {
    const known = this.byNamespace.get(nsp);
    if (known || !this.settings) return known;
    const isPaused = () => this.isPaused;
    const recovery = new Recovery(this.settings, this.budget!, {
      get isPaused() { return isPaused(); },
      onExpired: session => this.listener.onExpired?.(nsp, session),
    });
    this.byNamespace.set(nsp, recovery);
    return recovery;
  }

  /** Milliseconds for which a session is kept. */
  get duration(): number {
    return this.settings?.duration ?? 0;
  }

  get figures(): RecoveryFigures {
    const all = [ ...this.byNamespace.values() ];
    return {
      sessions: all.reduce((sum, { sessions }) => sum + sessions.size, 0),
      packets: all.reduce((sum, { log, heirlooms }) => sum + log.packets.length + heirlooms.size, 0),
      bytes: this.budget?.used ?? 0,
    };
  }

  /** Drops expired state, also of a namespace that no longer exists. */
  sweep(): void {
    for (const [ nsp, recovery ] of this.byNamespace) {
      recovery.sweep();
      if (this.isOpen(nsp) || recovery.sessions.size > 0) continue;
      this.budget!.remove(recovery.log);
      this.budget!.remove(recovery.heirlooms);
      this.budget!.remove(recovery.sessions);
      this.byNamespace.delete(nsp);
      this.listener.onRemoved?.(nsp);
    }
    this.listener.onSweep?.();
  }

  close(): void {
    clearInterval(this.timer);
  }
}
