import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createSocketIOClient } from 'egg-socketio/mock';
import { exists, run } from './support/command';
import { Consumer } from './support/consumer';
import { makeRepository } from './support/git_repository';
import { PACKAGE_MANAGERS, type PackageManager, warningsOf } from './support/package_managers';
import { requireOrSkip } from './support/requirement';
import { requireTools } from './support/tools';
import { CONSUMERS, packOnce, Workspace } from './support/workspace';

/** What npm and pnpm ask about, or do not run. */
const INSTALL_SCRIPTS = [ 'preinstall', 'install', 'postinstall', 'prepare' ];

describe('test/package/install.test.ts', function() {
  this.timeout(420_000);

  const workspace = new Workspace();
  let tarball: string;
  let repository: string;

  before(async function() {
    requireTools(this);
    requireOrSkip(this, await exists('git'), 'git is missing');
    requireOrSkip(this, await exists('ps'), 'ps (package procps), which egg-scripts stop needs, is missing');
    const ping = await run('npm', [ 'ping' ], { cwd: workspace.directory, timeout: 60_000 });
    requireOrSkip(this, ping.code === 0, 'npm cannot reach the package registry');
    tarball = (await packOnce()).tarball.file;
    repository = await makeRepository(workspace.copySources('repository', { linked: false }));
  });
  after(() => workspace.remove());

  /** Installs the package in an empty folder, and starts an app there. */
  async function tryInstall(manager: PackageManager, name: string, source: string, built?: string): Promise<void> {
    const folder = path.join(workspace.directory, name);
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name, private: true }));
    const result = await manager.install(folder, [ 'egg@3', 'egg-scripts@3', source ], built);
    assert.equal(result.code, 0, result.stdout + result.stderr);
    assert.deepEqual(warningsOf(result), []);

    const installed = path.join(folder, 'node_modules/egg-socketio');
    const { scripts = {} } = JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8')) as { scripts?: Record<string, string> };
    assert.deepEqual(INSTALL_SCRIPTS.filter(script => scripts[script]), []);
    assert.ok(!existsSync(path.join(installed, 'index.ts')), 'the sources were installed');

    for (const part of [ 'app', 'config' ]) cpSync(path.join(CONSUMERS, 'js', part), path.join(folder, part), { recursive: true });
    const app = new Consumer(folder);
    try {
      await app.start();
      const client = await createSocketIOClient({ port: app.port, path: '/realtime', namespace: '/chat', auth: { token: 'open sesame' } });
      assert.deepEqual(await client.sendWithAck('user', 7), { id: 7, name: 'user 7' });
      await client.close();
    } finally {
      await app.stop();
    }
    assert.equal(app.errorLog(), '');
  }

  for (const manager of PACKAGE_MANAGERS) {
    const name = manager.name.replace(' ', '-');

    it(`${manager.name} installs the tarball in an empty folder without a warning, and an app starts`, async () => {
      await tryInstall(manager, `${name}-tarball`, tarball);
    });

    it(`${manager.name} installs from Git in an empty folder without a warning, and an app starts`, async () => {
      await tryInstall(manager, `${name}-git`, repository, `egg-socketio@${repository}`);
    });
  }
});
