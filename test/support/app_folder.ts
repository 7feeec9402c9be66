import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';

const made: string[] = [];

/**
 * Makes a folder for an app that runs in this process. It is removed when the process ends: Egg opens log files without telling when, and
 * one that is not there any more is an uncaught error, on a busy machine also after the app was closed.
 *
 * @param parent - is made if it does not exist
 */
export function makeAppFolder(parent: string, prefix: string): string {
  if (made.length === 0) {
    process.once('exit', () => {
      for (const folder of made) rmSync(folder, { recursive: true, force: true });
    });
  }
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(path.join(parent, prefix));
  made.push(folder);
  return folder;
}
