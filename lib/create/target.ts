import { readdirSync } from 'node:fs';
import path from 'node:path';
import validate from 'validate-npm-package-name';
import { UserError } from './errors';
import { ownManifest } from './manifest';
import { VERSIONS } from './versions';

/** Where an app is made, and what it is called. */
export interface Target {
  directory: string;
  name: string;
}

/** A folder with these is as good as empty: a new repository has one. */
const NO_CONTENT = new Set([ '.git' ]);

function checkName(name: string): void {
  const { errors = [], warnings = [] } = validate(name);
  const [ reason ] = [ ...errors, ...warnings ];
  // "can no longer" is said to those who know it from before.
  if (reason) throw new UserError(`'${name}' cannot be the name of an npm package: ${reason.replace('can no longer', 'cannot')}.`);
  if (name in VERSIONS || name === ownManifest().name) {
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
 * Finds out where an app is to be made; its name is that of the folder.
 *
 * @param given - what the user has given: a name, or a path of which the last part is the name
 * @param cwd - where the user is
 * @throws {UserError} if npm does not take the name, or the folder is in use
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
