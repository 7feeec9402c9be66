import { parseArgs } from 'node:util';
import { UsageError } from './errors';
import type { Language } from './manifest';
import { asEggVersion, type EggVersion } from './versions';

/** The parsed command line. */
export type Request =
  | { command: 'help' }
  | { command: 'version' }
  | { command: 'create'; name?: string; language?: Language; egg?: EggVersion };

export const HELP = `Usage: egg-socketio create <name> [--js | --ts] [--egg 3 | 4]

Makes a small Egg app with Socket.IO in a new folder: a controller, a page and a test.

  <name>         the name of the app, or a path to its folder; . for the current folder
  --js           in JavaScript
  --ts           in TypeScript (the default)
  --egg 3        for Egg 3 (the default)
  --egg 4        for Egg 4; in TypeScript, the app uses ES modules and needs Node.js 20 or newer

  -h, --help     print this help
  -v, --version  print the version
`;

const OPTIONS = {
  js: { type: 'boolean' },
  ts: { type: 'boolean' },
  egg: { type: 'string' },
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

/**
 * Parses the arguments of the command line.
 *
 * @param args - without `node` and the script
 * @throws {UsageError} for invalid arguments
 */
export function readArguments(args: readonly string[]): Request {
  const { values: { js, ts, egg, help, version }, positionals: [ command, ...names ] } = parse(args);
  if (help) return { command: 'help' };
  if (version) return { command: 'version' };
  if (command === undefined) throw new UsageError('the command is missing.');
  if (command !== 'create') throw new UsageError(`unknown command '${command}'.`);
  if (names.length > 1) throw new UsageError(`expected one name, but got ${names.length}: ${names.map(name => `'${name}'`).join(', ')}.`);
  if (js && ts) throw new UsageError('--js and --ts cannot be used together.');
  return { command, name: names[0], language: js ? 'js' : ts ? 'ts' : undefined, egg: readEgg(egg) };
}
