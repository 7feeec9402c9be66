// Sessions beyond the end of all workers. A worker that stops without a successor writes what it would hand over into a file, and a worker
// of the next start takes all of these files together: a packet that was sent when one worker had already closed is only in the files of
// the others, so each session gets, besides its own way, the union of all logs.
//
// A file names the workers that lived when it was written. A worker that left no file, and does not live any more, may have sent something
// that is nowhere: then the sessions of that file are not restored, as nobody could tell whether something is missing.
import { rm } from 'node:fs/promises';
import { machineClock } from '../../base/machine_clock';
import { type HandoverPart, splitHandover } from '../recovery/handover';
import { type Row, SLOWEST_LINK, toRow } from '../recovery/rows';
import { readStates, restoreSessions, type RestoringHub } from './restored_sessions';
import type { Saved } from './saved';
import { StateWriter } from './state_file';
import { type RestartOptions, StateFolder } from './state_folder';

/** Bytes that are left for the note that a file is not complete. */
const NOTE = 100;

/** Milliseconds after which an app has started. */
const FRESH = 60_000;

/** The result of an attempt to write the state of a worker. */
export interface SavedSessions {
  readonly count: number;
  /** Unless nothing was written. */
  readonly file?: string;
  /** Why sessions are missing, if some are. */
  readonly problem?: string;
}

/** Keeps the sessions of an app whose workers all stop. */
export class Restart {
  /** Resolves when nothing of an earlier start is left to be read: until then, no session is missing for certain. */
  readonly loaded: Promise<void>;
  /** As of `Date.now()`: what is not written by then is lost. */
  private deadline = Infinity;
  private saved: string | undefined;
  private readonly began = performance.now();
  private stopBegan = Infinity;
  private readonly folder: StateFolder;
  private onLoaded!: () => void;

  constructor(private readonly hub: RestoringHub, private readonly options: RestartOptions) {
    this.folder = new StateFolder(options.folder, hub.tag);
    this.loaded = new Promise(resolve => { this.onLoaded = resolve; });
  }

  /** Whether this worker, and probably its siblings, have just been started. */
  get isFresh(): boolean {
    return performance.now() - this.began < FRESH;
  }

  /** Whether this worker has left a file. */
  get hasSaved(): boolean {
    return this.saved !== undefined;
  }

  /** The worker begins to stop. */
  retire(deadline: number): void {
    this.stopBegan = machineClock.now();
    this.deadline = deadline;
  }

  /** Writes the state of this worker. */
  async save(): Promise<SavedSessions> {
    let count = 0;
    let writer: StateWriter | undefined;
    try {
      const { hub, options: { maxBytes } } = this;
      writer = await StateWriter.create(this.folder.ensure(), hub.tag, maxBytes);
      await writer.write({ tag: hub.tag, peers: hub.peers, at: machineClock.now() } satisfies Saved);
      let problem: string | undefined;
      const write = async (saved: Saved): Promise<boolean> => {
        if (Date.now() > this.deadline) problem = 'config.socketio.drain.limit was over';
        else if (!await writer!.write(saved, NOTE)) problem = `more than config.socketio.connectionStateRecovery.restart.maxBytes (${maxBytes} bytes) would be needed`;
        return problem === undefined;
      };
      const pending = await this.saveLogs(write);
      if (problem !== undefined) await writer.write({ isCut: true } satisfies Saved);
      for (const { nsp, first, rest } of pending ?? []) {
        for (let part: HandoverPart | undefined = first; part && await write({ nsp, part }); part = rest.next().value ?? undefined) {
          count += part.sessions.length;
        }
      }
      this.saved = await writer.complete();
      return { count, file: this.saved, problem };
    } catch (error) {
      await writer?.discard().catch(() => undefined);
      return { count: 0, problem: `cannot write to ${this.options.folder}: ${(error as Error).message}` };
    }
  }

  /**
   * Takes back what was written, because a worker has come that can have it at once.
   *
   * @return false if that worker is already reading it
   */
  async withdraw(): Promise<boolean> {
    try {
      await rm(this.saved!);
      this.saved = undefined;
      return true;
    } catch {
      return false;
    }
  }

  /** Restores what the workers of an earlier start have left, or waits while another worker does that. */
  async load(): Promise<void> {
    try {
      for (let taken = await this.folder.take(); taken !== undefined; taken = await this.folder.take()) {
        try {
          // However long the app was not there: its clients are gone then, and it is told so.
          const maxAge = this.hub.onExpired ? Infinity : this.hub.recoveries.duration;
          await restoreSessions(this.hub, readStates(taken, this.options, maxAge), this.options);
        } finally {
          this.folder.release(taken);
        }
      }
    } catch (error) {
      this.options.logger.warn(`start: the recoverable sessions of the last stop are not restored: ${(error as Error).message}.`);
    } finally {
      this.onLoaded();
    }
    try {
      this.folder.sweep(this.hub.recoveries.duration);
    } catch {
      // Another worker is doing the same, or there is no such place yet.
    }
  }

  /** The packets in the logs of this worker that were sent to all workers, for a worker that restores sessions. */
  loggedSince(since: number): [nsp: string, rows: readonly Row[]][] {
    return [ ...this.hub.recoveries.byNamespace ].map(([ nsp, { log }]) => (
      [ nsp, log.packets.filter(({ shared, at }) => shared && at >= since).map(packet => toRow(packet, {})) ]
    ));
  }

  /** Logs come first, so that what does not fit is sessions. */
  private async saveLogs(write: (saved: Saved) => Promise<boolean>) {
    const { hub } = this;
    // Another worker may have closed since the stop began, before something reached it that has long been here.
    const sharedSince = Math.min(machineClock.now(), this.stopBegan) - SLOWEST_LINK;
    const pending: { nsp: string; first: HandoverPart | undefined; rest: Generator<HandoverPart, undefined> }[] = [];
    for (const [ nsp, recovery ] of hub.recoveries.byNamespace) {
      const rest = splitHandover(recovery, { sharedSince }, session => hub.carrier.carry({ nsp, ...session }));
      let part = rest.next().value;
      for (; part && part.sessions.length === 0; part = rest.next().value) {
        if (!await write({ nsp, part })) return undefined;
      }
      pending.push({ nsp, first: part, rest });
    }
    return pending;
  }
}
