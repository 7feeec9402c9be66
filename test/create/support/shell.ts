import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { run } from '../../../lib/command/cli';

/** The root of the package. */
export const ROOT = path.join(__dirname, '../../..');

/** A package.json. */
export interface Manifest {
  name: string;
  version: string;
  type?: string;
  engines: { node: string };
  egg?: object;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional?: boolean }>;
  overrides: Record<string, string>;
  allowScripts: Record<string, boolean>;
}

/** The kinds of apps. */
export const KINDS = [ 'js', 'ts' ].flatMap(language => [ '3', '4' ].map(egg => ({ language: language as 'js' | 'ts', egg: egg as '3' | '4' })));

const COMMON = [ '.gitignore', 'README.md', 'app/view/index.html', 'package.json' ];
const SOURCES = [ 'app/router', 'app/socket/chat', 'config/config.default', 'config/plugin', 'test/chat.test' ];
/** The files of a new app. */
export const FILES = {
  js: [ ...COMMON, ...SOURCES.map(file => `${file}.js`) ].sort(),
  ts: [ ...COMMON, ...SOURCES.map(file => `${file}.ts`), 'app/events.ts', 'tsconfig.json' ].sort(),
};

/** A folder in which the command is run, another one for each test. */
export function useShell() {
  let cwd: string;

  beforeEach(() => { cwd = mkdtempSync(path.join(tmpdir(), 'egg-socketio-create-')); });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));

  /**
   * Runs the command as if somebody had typed it.
   *
   * @param args - of the command line
   * @param answers - what they type at a terminal, before they close it; without it, there is none
   * @param folder - where they are
   */
  async function create(args: string[], answers?: string[], folder = '.') {
    const isTTY = answers !== undefined;
    const stdin = Object.assign(new PassThrough(), { isTTY });
    const stdout = Object.assign(new PassThrough(), { isTTY });
    const stderr = new PassThrough();
    let [ out, error ] = [ '', '' ];
    const left = [ ...answers ?? [] ];
    stdout.on('data', chunk => {
      out += chunk;
      if (!out.endsWith(': ')) return;
      const answer = left.shift();
      if (answer === undefined) stdin.end();
      else stdin.write(`${answer}\n`);
    });
    stderr.on('data', chunk => { error += chunk; });
    const code = await run(args, { cwd: path.join(cwd, folder), stdin, stdout, stderr });
    assert.deepEqual(left, [], 'not everything was asked for');
    return { code, out: stripVTControlCharacters(out).replace(/\r/g, ''), error };
  }

  const filesOf = (folder: string) => readdirSync(path.join(cwd, folder), { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter(entry => entry.isFile())
    .map(entry => path.relative(path.join(cwd, folder), path.join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
  const read = (file: string) => readFileSync(path.join(cwd, file), 'utf8');
  const manifestOf = (folder: string) => JSON.parse(read(`${folder}/package.json`)) as Manifest;

  /** Runs the command, which has to say this and to change nothing. */
  async function assertRefused(args: string[], message: RegExp) {
    const before = filesOf('.');
    const { code, out, error } = await create(args);
    assert.deepEqual({ code, out }, { code: 1, out: '' });
    assert.match(error, /^egg-socketio: .+\n$/);
    assert.match(error, message);
    assert.deepEqual(filesOf('.'), before);
  }

  return {
    /** A path in the folder. */
    at: (...parts: string[]) => path.join(cwd, ...parts),
    create, filesOf, read, manifestOf, assertRefused,
  };
}
