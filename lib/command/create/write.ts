import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AppFiles } from './app_files';
import { UserError } from '../../base/user_error';

const REASONS: Record<string, string> = {
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of that path is not a folder',
  EEXIST: 'a file was created there in the meantime',
};

/**
 * Writes files to a folder, which is created if it does not exist. Nothing is overwritten; if something fails, everything written is
 * removed again.
 *
 * @param directory - the folder
 * @param files - the files
 * @throws {UserError} if the folder cannot be written to
 */
export function writeFiles(directory: string, files: AppFiles): void {
  // In the order of their removal: the last one written comes first.
  const made: string[] = [];
  // Node's own recursion never ends in a folder such as /proc, where nothing can be created.
  const makeFolder = (folder: string): void => {
    if (existsSync(folder)) return;
    makeFolder(path.dirname(folder));
    mkdirSync(folder);
    made.unshift(folder);
  };
  try {
    makeFolder(directory);
    for (const [ name, text ] of files) {
      const file = path.join(directory, name);
      makeFolder(path.dirname(file));
      writeFileSync(file, text, { flag: 'wx' });
      made.unshift(file);
    }
  } catch (error) {
    for (const created of made) rmSync(created, { recursive: true, force: true });
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new UserError(`cannot write to ${directory}: ${REASONS[code] ?? message}. Nothing was changed.`);
  }
}
