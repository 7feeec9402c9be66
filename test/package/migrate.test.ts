import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../support/free_port';
import { runOrThrow, userEnvironment } from './support/command';
import { Consumer } from './support/consumer';
import { requireOrSkip } from './support/requirement';
import { packOnce, Workspace } from './support/workspace';

const APPS = path.join(__dirname, '../fixtures/migrate');
const TSX = require.resolve('tsx/cjs');
/** What an app gets before and after, and version 2 of the client, under a name at which it is no peer of the package. */
const PACKAGES = {
  name: 'migrated', private: true,
  dependencies: { egg: '^3.34.0', 'egg-socket.io': '4.1.6', 'socket.io-client-v2': 'npm:socket.io-client@^2.5.0', typescript: '^5.9.3' },
};

/** `npm test` compares the translated files with test/fixtures/migrate; here they run. */
describe('test/package/migrate.test.ts', function() {
  this.timeout(420_000);

  const workspace = new Workspace();
  const installed = new Consumer(path.join(workspace.directory, 'installed'));
  const servers = new Set<ChildProcess>();

  before(async function() {
    const { tarball } = await packOnce();
    mkdirSync(installed.directory);
    writeFileSync(path.join(installed.directory, 'package.json'), JSON.stringify(PACKAGES));
    requireOrSkip(this, await installed.install(tarball.file), 'npm can neither reach the package registry nor do with its cache');
  });
  after(() => {
    for (const server of servers) server.kill('SIGKILL');
    workspace.remove();
  });

  function copy(app: string, name: string): string {
    const directory = path.join(workspace.directory, `${app}-${name}`);
    cpSync(path.join(APPS, app, 'before'), directory, { recursive: true });
    symlinkSync(path.join(installed.directory, 'node_modules'), path.join(directory, 'node_modules'), 'junction');
    return directory;
  }

  /** Starts an app, and returns what the clients of its script receive. */
  async function play(app: string, directory: string, client = 'socket.io-client-v2'): Promise<unknown[][][]> {
    const port = await freePort();
    const server = fork(path.join(APPS, 'serve.js'), [ String(port) ], {
      cwd: directory, stdio: [ 'ignore', 'pipe', 'pipe', 'ipc' ], execArgv: app === 'typescript' ? [ '--require', TSX ] : [],
      env: { ...userEnvironment(), EGG_TYPESCRIPT: String(app === 'typescript') },
    });
    servers.add(server);
    let output = '';
    for (const stream of [ server.stdout!, server.stderr! ]) stream.on('data', chunk => { output += chunk; });
    const [ first ] = await Promise.race([ once(server, 'message'), once(server, 'exit') ]) as unknown[];
    assert.equal(first, 'ready', output);
    const args = [ path.join(APPS, 'play.js'), path.join(APPS, app, 'client.js'), String(port), installed.directory, client ];
    const { stdout } = await runOrThrow('node', args, { cwd: directory, timeout: 60_000 }).catch(error => { throw new Error(`${error.message}\n${output}`); });
    server.kill('SIGKILL');
    await once(server, 'exit');
    servers.delete(server);
    return JSON.parse(stdout) as unknown[][][];
  }

  for (const app of [ 'js_classes', 'js_functions', 'typescript', 'namespaces', 'sessions', 'nested' ]) {
    it(`${app}: its clients receive the same from egg-socket.io and, after the migration, from this plugin`, async () => {
      const before = await play(app, copy(app, 'before'));
      const directory = copy(app, 'after');
      const bin = path.join(directory, 'node_modules/.bin/egg-socketio');
      const { stdout } = await runOrThrow(bin, [ 'migrate', '--write', '--no-git' ], { cwd: directory, timeout: 60_000 });
      assert.match(stdout, /^Changed \d+ files\.$/m);
      assert.ok(before.flat().length > 5, JSON.stringify(before));
      assert.deepEqual(await play(app, directory), before);
    });
  }
});
