import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { run } from '../../../lib/command/cli';

/** Apps before and after their migration. */
export const APPS = path.join(__dirname, '../../fixtures/migrate');

/** The files of a folder, by their path with slashes. */
export function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' }).filter(entry => entry.isFile())
    .map(entry => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)).split(path.sep).join('/'))
    .filter(name => !name.startsWith('.git/'));
  return Object.fromEntries(names.sort().map(name => [ name, readFileSync(path.join(folder, name), 'utf8') ]));
}

/** A folder for an app, another one for each test. */
export function useFolder() {
  let root: string;

  beforeEach(() => { root = mkdtempSync(path.join(tmpdir(), 'egg-socketio-migrate-')); });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function write(files: Record<string, string>): void {
    for (const [ name, content ] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), content);
    }
  }

  /** Runs `egg-socketio migrate` in the folder. */
  async function migrate(...args: string[]) {
    const [ stdout, stderr ] = [ new PassThrough(), new PassThrough() ];
    let [ out, error ] = [ '', '' ];
    stdout.on('data', chunk => { out += chunk; });
    stderr.on('data', chunk => { error += chunk; });
    const code = await run([ 'migrate', ...args ], { cwd: root, stdin: new PassThrough(), stdout, stderr });
    return { code, out, error };
  }

  /**
   * Migrates an app of these files, which enables egg-socket.io.
   *
   * @return the files afterwards
   */
  async function migrated(files: Record<string, string>): Promise<Record<string, string>> {
    write({
      'package.json': '{ "dependencies": { "egg-socket.io": "^4.1.6" } }\n',
      'config/plugin.js': "exports.io = { enable: true, package: 'egg-socket.io' };\n",
      ...files,
    });
    const { code, error } = await migrate('--write', '--no-git');
    assert.ok(code === 0 || code === 2, error);
    return filesIn(root);
  }

  return {
    get root() { return root; },
    /** Copies one of the apps in test/fixtures/migrate. */
    copy: (app: string) => cpSync(path.join(APPS, app, 'before'), root, { recursive: true }),
    files: () => filesIn(root),
    write, migrate, migrated,
  };
}
