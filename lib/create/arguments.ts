import { parseArgs } from 'node:util';
import { UsageError } from './errors';
import type { Language } from './manifest';

/** The parsed command line. */
export type Request =
  | { command: 'help' }
  | { command: 'version' }
  | { command: 'create'; name?: string; language?: Language };

export const HELP = `Usage: egg-socketio create <name> [--js | --ts]

Makes a small Egg app with Socket.IO in a new folder: a controller, a page and a test.

  <name>         the name of the app, or a path to its folder; . for the current folder
  --js           in JavaScript
  --ts           in TypeScript (the default)

  -h, --help     print this help
  -v, --version  print the version
`;

const OPTIONS = {
  js: { type: 'boolean' },
  ts: { type: 'boolean' },
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
    if (code?.startsWith('ERR_PARSE_ARGS_')) throw new UsageError(`${message[0].toLowerCase()}${message.slice(1)}.`);
    throw error;
  }
}

/**
 * Parses the arguments of the command line.
 *
 * @param args - without `node` and the script
 * @throws {UsageError} for invalid arguments
 */
export function readArguments(args: readonly string[]): Request {
  const { values: { js, ts, help, version }, positionals: [ command, ...names ] } = parse(args);
  if (help) return { command: 'help' };
  if (version) return { command: 'version' };
  if (command === undefined) throw new UsageError('a command is missing.');
  if (command !== 'create') throw new UsageError(`unknown command '${command}'.`);
  if (names.length > 1) throw new UsageError(`one name is enough: ${names.map(name => `'${name}'`).join(', ')}.`);
  if (js && ts) throw new UsageError('--js and --ts exclude each other.');
  return { command, name: names[0], language: js ? 'js' : ts ? 'ts' : undefined };
}
