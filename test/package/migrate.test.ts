import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../support/free_port';
import { run, runOrThrow, userEnvironment } from './support/command';
import { Consumer } from './support/consumer';
import { forgetNpx } from './support/created_app';
import { requireOrSkip } from './support/requirement';
import { packOnce, Workspace } from './support/workspace';

const APPS = path.join(__dirname, '../fixtures/migrate');
const TSX = require.resolve('tsx/cjs');
const MIDWAY = '^3.20.0';
/** The packages of the apps before and after, and both versions of the client: as a peer of the package, it has to be version 4. */
const PACKAGES = {
  name: 'migrated', private: true,
  dependencies: {
    egg: '^3.34.0', 'egg-socket.io': '4.1.6', 'socket.io-client': '^4.8.4', 'socket.io-client-v2': 'npm:socket.io-client@^2.5.0', typescript: '^5.9.3',
    '@midwayjs/bootstrap': MIDWAY, '@midwayjs/core': MIDWAY, '@midwayjs/koa': MIDWAY, '@midwayjs/logger': '^3.0.0', '@midwayjs/socketio': MIDWAY,
  },
};
/** Apps that Egg, or Midway, only starts with something that compiles TypeScript. */
const TYPESCRIPT = new Set([ 'typescript', 'midway_config' ]);

/** `npm test` compares the translated files with test/fixtures/migrate; here they run. */
describe('test/package/migrate.test.ts', function() {
  this.timeout(420_000);

  const workspace = new Workspace();
  const installed = new Consumer(path.join(workspace.directory, 'installed'));
  const servers = new Set<ChildProcess>();

  let tarball = '';

  before(async function() {
    tarball = (await packOnce()).tarball.file;
    mkdirSync(installed.directory);
    writeFileSync(path.join(installed.directory, 'package.json'), JSON.stringify(PACKAGES));
    requireOrSkip(this, await installed.install(tarball), 'npm can neither reach the package registry nor do with its cache');
  });
  after(async () => {
    for (const server of servers) server.kill('SIGKILL');
    if (tarball) await forgetNpx(tarball);
    workspace.remove();
  });

  function copy(app: string, name: string): string {
    const directory = path.join(workspace.directory, `${app}-${name}`);
    cpSync(path.join(APPS, app, 'before'), directory, { recursive: true });
    symlinkSync(path.join(installed.directory, 'node_modules'), path.join(directory, 'node_modules'), 'junction');
    return directory;
  }

  /** Starts an app, and returns what the clients of its script receive. */
  async function play(app: string, directory: string, client: string, program = 'serve.js'): Promise<unknown[][][]> {
    const port = await freePort();
    const server = fork(path.join(APPS, program), [ String(port) ], {
      cwd: directory, stdio: [ 'ignore', 'pipe', 'pipe', 'ipc' ], execArgv: TYPESCRIPT.has(app) ? [ '--require', TSX ] : [],
      env: { ...userEnvironment(), EGG_TYPESCRIPT: String(TYPESCRIPT.has(app)) },
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

  it('an app without packages is migrated by the npx line that the command names where TypeScript is missing', async function() {
    const directory = path.join(workspace.directory, 'without-typescript');
    cpSync(path.join(APPS, 'js_classes/before'), directory, { recursive: true });
    const args = [ 'exec', '--yes', '--prefer-offline', '--package', tarball, '--package', 'typescript@5', '--', 'egg-socketio', 'migrate' ];
    const { code, stdout, stderr } = await run('npm', args, { cwd: directory, timeout: 200_000 });
    requireOrSkip(this, code === 0 || !/E(404|NOTFOUND|AI_AGAIN|CONNREFUSED|TARGET)/.test(stderr), 'npm cannot reach the package registry');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Would change 8 files\.$/m);
  });

  /** Compares what clients receive before and after. */
  async function compare(app: string, client: string, program: string): Promise<void> {
    const before = await play(app, copy(app, 'before'), client, program);
    const directory = copy(app, 'after');
    // With exit code 2, something is left to the user.
    const { stdout } = await run(path.join(directory, 'node_modules/.bin/egg-socketio'), [ 'migrate', '--write', '--no-git' ], { cwd: directory, timeout: 60_000 });
    assert.match(stdout, /^Changed \d+ files\.$/m);
    assert.ok(before.flat().length > 5, JSON.stringify(before));
    assert.deepEqual(await play(app, directory, client), before);
  }

  for (const app of [ 'js_classes', 'js_functions', 'typescript', 'namespaces', 'sessions', 'nested' ]) {
    it(`${app}: its clients receive the same from egg-socket.io and, after the migration, from this plugin`, async () => {
      await compare(app, 'socket.io-client-v2', 'serve.js');
    });
  }

  it('midway_config: its clients receive the same from Midway and, after the migration, from this plugin', async () => {
    await compare('midway_config', 'socket.io-client', 'serve_midway.js');
  });
});
