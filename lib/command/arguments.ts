import { parseArgs } from 'node:util';
import { UsageError } from '../base/user_error';
import type { Language } from './create/manifest';
import { asEggVersion, type EggVersion } from './create/versions';

/** The parsed command line. */
export type Request =
  | { command: 'help' }
  | { command: 'version' }
  | { command: 'create'; name?: string; language?: Language; egg?: EggVersion }
  | { command: 'migrate'; folder: string; isWritten: boolean; isGitNeeded: boolean };

export const HELP = `Usage: egg-socketio create <name> [--js | --ts] [--egg 3 | 4]
       egg-socketio migrate [folder] [--write] [--no-git]

create: makes a small Egg app with Socket.IO in a new folder: a controller, a page and a test.

  <name>         the name of the app, or a path to its folder; . for the current folder
  --js           in JavaScript
  --ts           in TypeScript (the default)
  --egg 3        for Egg 3 (the default)
  --egg 4        for Egg 4; in TypeScript, the app uses ES modules and needs Node.js 20 or newer

migrate: translates an app of egg-socket.io, or the socket controllers of a Midway app. Without --write, it only
shows the changes.

  [folder]       the app's folder; without it, the current one
  --write        make the changes; the git tree must be clean, so that git can undo them
  --no-git       with --write: change the files even if git cannot undo that

  Exit codes: 0 if nothing is left to do, 2 if something is left to you, 1 after an error.

  -h, --help     print this help
  -v, --version  print the version
`;

const OPTIONS = {
  js: { type: 'boolean' },
  ts: { type: 'boolean' },
  egg: { type: 'string' },
  write: { type: 'boolean' },
  'no-git': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [ ...args ], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Node's own message also explains how to pass an argument that begins with a dash.
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw new UsageError(`${message.split('. ')[0].replace('Unknown', 'unknown')}.`);
    // Its message about the only option that has a value does not say which values there are.
    if (message.startsWith('Option \'--egg')) throw new UsageError('--egg needs a value: 3 or 4.');
    if (code?.startsWith('ERR_PARSE_ARGS_')) throw new UsageError(`${message[0].toLowerCase()}${message.slice(1)}.`);
    throw error;
  }
}

function readEgg(given: string | undefined): EggVersion | undefined {
  if (given === undefined) return undefined;
  const version = asEggVersion(given);
  if (!version) throw new UsageError(`--egg must be 3 or 4, not '${given}'.`);
  return version;
}

type Values = ReturnType<typeof parse>['values'];

/** The options of each command; without this, one of the other command would be ignored silently. */
const OPTIONS_OF = { create: [ 'js', 'ts', 'egg' ], migrate: [ 'write', 'no-git' ] } as const;

function checkBelong(values: Values, command: 'create' | 'migrate'): void {
  const other = command === 'create' ? 'migrate' : 'create';
  for (const name of OPTIONS_OF[other]) {
    if (values[name] !== undefined) throw new UsageError(`--${name} is an option of ${other}, not of ${command}.`);
  }
}

function readCreate({ js, ts, egg }: Values, names: readonly string[]): Request {
  if (names.length > 1) throw new UsageError(`expected one name, but got ${names.length}: ${names.map(name => `'${name}'`).join(', ')}.`);
  if (js && ts) throw new UsageError('--js and --ts cannot be used together.');
  return { command: 'create', name: names[0], language: js ? 'js' : ts ? 'ts' : undefined, egg: readEgg(egg) };
}

function readMigrate({ write, 'no-git': noGit }: Values, folders: readonly string[]): Request {
  if (folders.length > 1) throw new UsageError(`expected one folder, but got ${folders.length}: ${folders.map(folder => `'${folder}'`).join(', ')}.`);
  if (noGit && !write) throw new UsageError('--no-git needs --write: without it, nothing is changed.');
  return { command: 'migrate', folder: folders[0] ?? '.', isWritten: write === true, isGitNeeded: noGit !== true };
}

/**
 * Parses the arguments of the command line.
 *
 * @param args - without `node` and the script
 * @throws {UsageError} for invalid arguments
 */
export function readArguments(args: readonly string[]): Request {
  const { values, positionals: [ command, ...names ] } = parse(args);
  if (values.help) return { command: 'help' };
  if (values.version) return { command: 'version' };
  if (command === undefined) throw new UsageError('the command is missing.');
  if (command !== 'create' && command !== 'migrate') throw new UsageError(`unknown command '${command}'.`);
  checkBelong(values, command);
  return command === 'create' ? readCreate(values, names) : readMigrate(values, names);
}
