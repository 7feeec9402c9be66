import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createSocketIOClient, type SocketIOTestClient } from 'egg-socketio/mock';
import { useChromium } from '../support/chromium';
import { AppPage } from './support/app_page';
import { exists } from './support/command';
import { wholeApp } from '../support/whole_app';
import { CreatedApp, forgetNpx, WrittenApp } from './support/created_app';
import { requireOrSkip } from './support/requirement';
import { packOnce, Workspace } from './support/workspace';

const WORKERS = 4;

/** The first hour with the package, step by step, from what npm would install. Both languages walk side by side. */
describe('test/package/first_app.test.ts', function() {
  this.timeout(420_000);

  const chromium = useChromium();
  const workspace = new Workspace();
  let tarball = '';

  before(async () => { tarball = (await packOnce()).tarball.file; });
  after(async () => {
    // There is none if all of this is skipped.
    if (tarball) await forgetNpx(tarball);
    workspace.remove();
  });

  for (const egg of [ '3', '4' ] as const) describe(`on Egg ${egg}`, () => walk(egg));

  function walk(egg: '3' | '4'): void {
    const apps = ([ 'js', 'ts' ] as const).map(language => (
      new CreatedApp(workspace.directory, `first-${language}${egg}-${process.pid}`, language, egg)
    ));
    const [ , tsApp ] = apps;
    const pids = new Set<number>();

    /** Does something with each app, and says with which one it has failed. */
    async function withEach<T>(use: (app: CreatedApp) => Promise<T>): Promise<T[]> {
      const results = await Promise.allSettled(apps.map(use));
      return results.map((result, i) => {
        if (result.status === 'fulfilled') return result.value;
        throw new Error(`--${apps[i].language}: ${(result.reason as Error).message}`, { cause: result.reason });
      });
    }

    // Does nothing for those that are stopped.
    after(() => withEach(app => app.stop()));

    it('npx egg-socketio create', async function() {
      for (const app of apps) {
        const { code, stdout, stderr } = await app.create(tarball);
        requireOrSkip(this, code === 0 || !/E(404|NOTFOUND|AI_AGAIN|CONNREFUSED|TARGET)/.test(stderr), 'npm cannot reach the package registry');
        assert.equal(code, 0, stderr);
        assert.match(stdout, new RegExp(`^ {2}cd ${app.name}$`, 'm'));
      }
    });

    it('npm install', async function() {
      const installed = await withEach(app => app.install(tarball));
      requireOrSkip(this, installed.every(Boolean), 'npm can neither reach the package registry nor do with its cache');
    });

    it('npm run dev: the page connects again by itself when the controller is edited', async () => {
      await withEach(async app => {
        const server = await app.dev();
        try {
          // A busy machine starts an app slowly, and Egg warns of that.
          assert.doesNotMatch(server.output, /\bWARN\b(?!.*slow-boot-action)|\bERROR\b|\bwarn/);
          const page = await AppPage.open(chromium.browser, app.address, 360);
          await page.sees('Hello from Egg');
          const worker = await page.worker();
          await page.mark();
          app.edit('Hello from Egg', 'Hello again');
          await page.sees('Hello again');
          await page.isConnected();
          assert.notEqual(await page.worker(), worker);
          assert.ok(await page.isTheSame(), 'somebody has reloaded the page');
          await page.say('still here');
          await page.sees('still here');
          await page.say(' ');
          await page.sees('Say something first.');
          // The field takes no more than the controller does; the plugin disconnects a client that sends far more.
          await page.say('x'.repeat(20_000));
          await page.sees('x'.repeat(500));
          assert.deepEqual(page.errors, []);
          assert.ok(await page.hiddenPixels() <= 0);
          await page.close();
        } finally {
          await server.stop();
        }
      });
    });

    it('npm test', async () => {
      for (const { stdout } of await withEach(app => app.npm('test'))) assert.match(stdout, /3 passing/);
    });

    it('the compiler finds a wrong name of an event in the controller and in its test', async () => {
      const printed = await tsApp.compileWithTypo();
      for (const file of [ 'app/socket/typo.ts', 'test/typo.ts' ]) assert.match(printed, new RegExp(`^${file}.*"sya"`, 'm'));
    });

    it('npm run typecheck, npm run build', async () => {
      await tsApp.npm('typecheck');
      assert.deepEqual(tsApp.scripts(), []);
      await tsApp.npm('build');
      assert.ok(tsApp.scripts().includes('app/socket/chat.js'), tsApp.scripts().join());
    });

    it('npm start: a message to one of four workers reaches the clients of all', async function() {
      requireOrSkip(this, await exists('ps'), 'ps (package procps), which egg-scripts stop needs, is missing');
      await withEach(async app => {
        await app.start();
        const workers = new Map<number, SocketIOTestClient>();
        for (let i = 0; i < 40 && workers.size < WORKERS; i++) {
          const client = await createSocketIOClient({ port: app.port, transports: [ 'websocket' ] });
          const [{ worker }] = await client.next('welcome') as [{ worker: number }];
          if (workers.has(worker)) await client.close();
          else workers.set(worker, client);
        }
        assert.equal(workers.size, WORKERS);
        for (const pid of workers.keys()) pids.add(pid);
        const [ speaker, ...others ] = workers.values();
        const message = await speaker.sendWithAck('say', 'to all');
        for (const other of others) assert.deepEqual(await other.next('said'), [ message ]);
        await Promise.all([ ...workers.values() ].map(client => client.close()));
      });
    });

    it('npm start serves the edited page', async () => {
      await withEach(async app => {
        const [ ada, bob ] = await Promise.all([ 1, 2 ].map(() => AppPage.open(chromium.browser, app.address)));
        await ada.sees('Hello again');
        await ada.say('good morning');
        await bob.sees('good morning');
        assert.deepEqual([ ...ada.errors, ...bob.errors ], []);
        await Promise.all([ ada.close(), bob.close() ]);
      });
    });

    it('npm stop', async () => {
      await withEach(async app => {
        await app.stop();
        await assert.rejects(app.get('/'), { message: 'fetch failed' });
        assert.equal(app.errorLog(), '');
      });
      assert.equal(pids.size, apps.length * WORKERS);
      for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' }, `worker ${pid} is still there`);
    });

    it('docs/getting-started.md: its whole app compiles and passes its test', async () => {
      const app = new WrittenApp(tsApp, `whole-${egg}`, wholeApp(egg));
      await app.bin('tsc', '--noEmit');
      assert.match((await app.bin('egg-bin', 'test')).stdout, /1 passing/);
    });

    it('npm run clean leaves the sources', async () => {
      await tsApp.npm('clean');
      assert.deepEqual(tsApp.scripts(), []);
      assert.ok(existsSync(path.join(tsApp.directory, 'app/socket/chat.ts')));
    });
  }
});
