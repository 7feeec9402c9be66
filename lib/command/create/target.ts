import { readdirSync } from 'node:fs';
import path from 'node:path';
import validate from 'validate-npm-package-name';
import { UserError } from '../../base/user_error';
import { ownManifest } from './manifest';
import { isNeeded } from './versions';

/** The folder and the name of a new app. */
export interface Target {
  directory: string;
  name: string;
}

/** A folder with only these counts as empty: a new repository has one. */
const NO_CONTENT = new Set([ '.git' ]);

function checkName(name: string): void {
  const { errors = [], warnings = [] } = validate(name);
  const [ reason ] = [ ...errors, ...warnings ];
  // npm's message is written for authors of existing packages.
  if (reason) throw new UserError(`'${name}' cannot be the name of an npm package: ${reason.replace('can no longer', 'cannot')}.`);
  if (isNeeded(name) || name === ownManifest().name) {
    throw new UserError(`'${name}' cannot be the name of the app: it needs the package of that name.`);
  }
}

function checkIsFree(directory: string): void {
  let entries: string[];
  try {
    entries = readdirSync(directory);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    if (code === 'ENOTDIR') throw new UserError(`${directory} is not a folder, or is not in one. Nothing was changed.`);
    throw new UserError(`cannot read the folder ${directory}: ${message}`);
  }
  if (entries.some(entry => !NO_CONTENT.has(entry))) {
    throw new UserError(`the folder ${directory} is not empty. Nothing was changed; choose another name, or an empty folder.`);
  }
}

/**
 * Resolves the folder for an app; its name is that of the folder.
 *
 * @param given - the user's argument: a name, or a path whose last part is the name
 * @param cwd - the current folder
 * @throws {UserError} if npm does not accept the name, or the folder is in use
 */
export function targetOf(given: string, cwd: string): Target {
  if (given.trim() === '') throw new UserError('the name of the app is empty.');
  const directory = path.resolve(cwd, given);
  const name = path.basename(directory);
  if (name === '') throw new UserError(`${directory} cannot be the folder of an app.`);
  checkName(name);
  checkIsFree(directory);
  return { directory, name };
}
