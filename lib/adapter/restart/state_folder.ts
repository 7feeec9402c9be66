import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isProcessAlive, othersMayUse } from '../../cluster/rendezvous';

/** Milliseconds between two looks at the folder that another worker is reading. */
const INTERVAL = 20;
/** Milliseconds that another worker may take. */
const PATIENCE = 10_000;
const TAKEN = '.taken-';

/** How sessions are kept beyond the end of all workers. */
export interface RestartOptions {
  /** The folder for the files: the same in all workers of an app, and of no other app. */
  readonly folder: string;
  /** Of each file. Default: `connectionStateRecovery.maxLogBytes` */
  readonly maxBytes: number;
  /** Gets lines for the log. */
  readonly logger: { info(line: string): void; warn(line: string): void };
}

/** Whether the process that has taken a folder is alive, by the folder's name. */
function isReaderAlive(name: string): boolean {
  return isProcessAlive(name.slice(name.lastIndexOf(TAKEN) + TAKEN.length));
}

/**
 * The folder for the files of workers that stop without a successor. The files of one stop are only complete together, so one worker takes
 * all of them: it renames the folder, which only one can do.
 */
export class StateFolder {
  private readonly parent: string;
  private readonly name: string;

  /**
   * @param folder - the same in all workers of an app, and of no other app
   * @param tag - the worker's own
   */
  constructor(private readonly folder: string, private readonly tag: string) {
    this.parent = path.dirname(folder);
    this.name = path.basename(folder);
  }

  /**
   * Creates the folder.
   *
   * @throws if that is not possible, or others may use it
   */
  ensure(): string {
    const { folder } = this;
    mkdirSync(folder, { mode: 0o700, recursive: true });
    const problem = this.problemWith(folder);
    if (problem !== undefined) throw new Error(`${folder} ${problem}`);
    return folder;
  }

  /**
   * Takes the folder, if it exists, and waits while another worker is reading it.
   *
   * @return its new path; {@link release} it afterwards
   * @throws if it is not ours alone
   */
  async take(): Promise<string | undefined> {
    const taken = `${this.folder}${TAKEN}${process.pid}-${this.tag}`;
    for (const end = Date.now() + PATIENCE; ;) {
      const names = this.names();
      const read = names.filter(name => name !== this.name);
      const free = names.find(name => name === this.name) ?? read.find(name => !isReaderAlive(name));
      if (free !== undefined && this.rename(path.join(this.parent, free), taken)) return taken;
      if (free === undefined && (read.length === 0 || Date.now() > end)) return undefined;
      if (free === undefined) await setTimeout(INTERVAL);
    }
  }

  /**
   * Removes the folders of the same app on other ports that nobody has read in time; their names begin in the same way.
   *
   * @param maxAge - milliseconds
   */
  sweep(maxAge: number): void {
    const prefix = this.name.slice(0, this.name.lastIndexOf('-') + 1);
    for (const name of readdirSync(this.parent).filter(each => each.startsWith(prefix) && !each.startsWith(this.name))) {
      const folder = path.join(this.parent, name);
      if (Date.now() - lstatSync(folder).mtimeMs > maxAge && this.problemWith(folder) === undefined) this.release(folder);
    }
  }

  /** Removes a folder that was taken. */
  release(taken: string): void {
    rmSync(taken, { recursive: true, force: true });
  }

  /** The folder, and the names that it has while it is read. */
  private names(): string[] {
    try {
      return readdirSync(this.parent).filter(name => name === this.name || name.startsWith(this.name + TAKEN));
    } catch {
      // An app that has never been started has no such place.
      return [];
    }
  }

  /** @return whether this worker was the first */
  private rename(from: string, to: string): boolean {
    try {
      const problem = this.problemWith(from);
      if (problem !== undefined) throw new Error(`${from} ${problem}`);
      renameSync(from, to);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }

  private problemWith(folder: string): string | undefined {
    const stats = lstatSync(folder);
    return stats.isDirectory() ? othersMayUse(stats) : 'is no folder';
  }
}
