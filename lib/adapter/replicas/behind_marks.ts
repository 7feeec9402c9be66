import { appendFileSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import path from 'node:path';

/** The end of the name of a file with marks. */
const MARKS = '.behind';

/**
 * Marks of replicas that are not complete, in a file: what a worker has written there is there even if it is killed in the next instant. A
 * worker whose replica does not get everything at once writes that down before it tells its clients more.
 */
export interface BehindMarks {
  /** The replica that a worker keeps is not complete for now. */
  add(standby: string, epoch: number): void;
  /** It is complete again, or is no longer used. */
  remove(standby: string, epoch: number): void;
  /** Whether a worker that is gone has marked the replica that another one keeps. */
  isMarked(owner: string, standby: string, epoch: number): boolean;
  /** Forgets the marks of a worker that is gone. */
  forget(owner: string): void;
}

/** The marks of a worker in a folder that only the processes of its app can enter. */
export class MarksInFolder implements BehindMarks {
  private open = 0;

  /** @param own - the tag of this worker */
  constructor(private readonly folder: string, private readonly own: string) {}

  add(standby: string, epoch: number): void {
    this.open += 1;
    appendFileSync(this.fileOf(this.own), `+${standby} ${epoch}\n`, { mode: 0o600 });
  }

  remove(standby: string, epoch: number): void {
    this.open -= 1;
    if (this.open === 0) truncateSync(this.fileOf(this.own));
    else appendFileSync(this.fileOf(this.own), `-${standby} ${epoch}\n`);
  }

  isMarked(owner: string, standby: string, epoch: number): boolean {
    let lines: string[];
    try {
      lines = readFileSync(this.fileOf(owner), 'utf8').split('\n');
    } catch (error) {
      // Without a file there was never a mark.
      return (error as NodeJS.ErrnoException).code !== 'ENOENT';
    }
    const mark = `${standby} ${epoch}`;
    return lines.lastIndexOf(`+${mark}`) > lines.lastIndexOf(`-${mark}`);
  }

  forget(owner: string): void {
    rmSync(this.fileOf(owner), { force: true });
  }

  private fileOf(tag: string): string {
    return path.join(this.folder, `${tag}${MARKS}`);
  }
}
