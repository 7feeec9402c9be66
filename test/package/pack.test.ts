import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { createSocketIOClient } from 'egg-socketio/mock';
import { FLOORS, packagesOf, tooOld, unreviewed } from '../support/dependency_floors';
import { exists, run } from './support/command';
import { Consumer } from './support/consumer';
import { requireOrSkip } from './support/requirement';
import { builtFiles, packOnce, type Tarball, Workspace } from './support/workspace';

const MAY_BE_SHIPPED = [
  /^(package\.json|README(\.zh-CN)?\.md|CHANGELOG\.md|LICENSE)$/,
  /^docs\/([\w-]+\/)*[\w.-]+\.(md|png|svg|json|yml|yaml)$/,
  /^(index|mock|prometheus|client|app|agent)\.(js|d\.ts)$/,
  /^grafana\/egg-socketio\.json$/,
  /^(app|config|egg-socket\.io|lib)\/([\w-]+\/)*[\w.]+\.(js|d\.m?ts)$/,
  /^egg-socket\.io\/(package\.json|index\.cjs)$/,
  // What new apps are made of.
  /^templates\/(common|js|ts|ts-egg[34])\/([\w-]+\/)*[\w.]+$/,
];
const MUST_BE_SHIPPED = [
  'package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'index.js', 'index.d.ts', 'mock.js', 'mock.d.ts', 'prometheus.js', 'prometheus.d.ts', 'client.js', 'client.d.ts', 'app.js', 'agent.js',
  'app/extend/application.js', 'app/extend/application.unittest.js', 'config/config.default.js', 'lib/boot/framework.js', 'lib/boot/config.d.ts', 'lib/types/context.d.ts',
  'lib/boot/egg_esm.d.mts', 'lib/mock/egg_esm.d.mts',
  'egg-socket.io/package.json', 'egg-socket.io/index.cjs', 'egg-socket.io/index.d.ts', 'egg-socket.io/app.js', 'egg-socket.io/agent.js', 'egg-socket.io/config/config.default.js', 'lib/compat/compat.js',
  'lib/command/main.js', 'templates/js/gitignore', 'templates/ts/gitignore', 'templates/ts-egg3/tsconfig.json', 'templates/ts-egg4/tsconfig.json', 'templates/common/app/view/index.html', 'grafana/egg-socketio.json',
];
/** In place of `egg` and `egg-scripts` of Egg 3. */
const EGG4 = { egg: '~4.0.10', '@eggjs/scripts': '^4.0.0' };
const LIST_EXPORTS = 'console.log(JSON.stringify(Object.keys(require("egg-socketio"))))';
const LIST_NAMED_IMPORTS = 'import("egg-socketio").then(names => console.log(JSON.stringify(Object.keys(names))))';
const TRY_TEST_CLIENT = `require("egg-socketio/mock").createSocketIOClient({ port: 1 })
  .catch(error => console.log(JSON.stringify(error.message)))`;
/** A test that imports these in this order; what Egg's mocha hooks do before it, and then a client. */
const connectAfter = (imports: readonly string[]) => `
  ${imports.map(name => `import '${name}';`).join(' ')}
  import { app } from '@eggjs/mock/bootstrap';
  import { mochaHooks } from '@eggjs/mock/register';

  await mochaHooks.beforeAll();
  const client = await app.createSocketIOClient({ namespace: '/chat', auth: { token: 'open sesame' } });
  const { name } = await client.sendWithAck('user', 7);
  process.stdout.write(JSON.stringify(name), () => process.exit());`;

describe('test/package/pack.test.ts', function() {
  this.timeout(420000);

  const workspace = new Workspace();
  let sources: string;
  let tarball: Tarball;

  before(async () => {
    ({ sources, tarball } = await packOnce());
  });
  after(() => workspace.remove());

  it('contains the built files and the documents, and no sources', () => {
    const unexpected = tarball.contents.filter(file => !MAY_BE_SHIPPED.some(pattern => pattern.test(file)));
    assert.deepEqual(unexpected, []);
    const missing = MUST_BE_SHIPPED.filter(file => !tarball.contents.includes(file));
    assert.deepEqual(missing, []);
    for (const file of tarball.contents.filter(name => /^(app|config|egg-socket\.io|lib)\/.*\.js$/.test(name))) {
      assert(tarball.contents.includes(file.replace(/\.js$/, '.d.ts')), `${file} has no declarations`);
    }
  });

  it('leaves no built file behind', () => {
    assert.deepEqual(builtFiles(sources), []);
  });

  it('is not packed, and leaves nothing behind, when the build fails', async () => {
    const broken = workspace.copySources('broken');
    appendFileSync(path.join(broken, 'lib/base/errors.ts'), "export const broken: number = 'a string';\n");
    const { code, stdout } = await run('npm', [ 'pack' ], { cwd: broken, timeout: 120000 });
    assert.notEqual(code, 0);
    assert.match(stdout, /lib\/base\/errors\.ts.* error TS2322/);
    assert.deepEqual(builtFiles(broken), []);
  });

  function describeConsumer(
    folders: readonly string[], greeting: string, more: (consumer: Consumer) => void, dependencies?: Record<string, string>,
  ): void {
    describe(`in a fresh app (test/fixtures/consumers/${folders.at(-1)}${dependencies ? ', with Egg 4' : ''})`, () => {
      const consumer = new Consumer(workspace.copyConsumer(folders, dependencies));

      before(async function() {
        requireOrSkip(this, await consumer.install(tarball.file), 'npm can neither reach the package registry nor do with its cache');
      });

      it('exports to require() and to import the same names', async () => {
        const exported = await consumer.evaluate(LIST_EXPORTS) as string[];
        assert(exported.includes('WSController') && exported.includes('defineSocketController'));
        const imported = await consumer.evaluate(LIST_NAMED_IMPORTS) as string[];
        assert.deepEqual(exported.filter(key => !imported.includes(key)), []);
      });

      it('has installed no dependency that is too old or not reviewed', () => {
        const lock = consumer.installed();
        assert.deepEqual(tooOld(lock, 'node_modules/egg-socketio'), []);
        assert.deepEqual(unreviewed(lock, 'node_modules/egg-socketio'), []);
        const names = new Set(packagesOf(lock, 'node_modules/egg-socketio').map(({ name: installed }) => installed));
        assert.deepEqual(Object.keys(FLOORS).filter(needed => !names.has(needed)), []);
      });

      more(consumer);

      describe('started by egg-scripts', () => {
        before(async function() {
          if (folders.includes('esm') && Number.parseInt(process.versions.node, 10) < 20) {
            console.warn('skipped: undici, which Egg 4 loads in an app of ECMAScript modules, needs Node.js 20.');
            this.skip();
          }
          requireOrSkip(this, await exists('ps'), 'ps (package procps), which egg-scripts stop needs, is missing');
          await consumer.start();
        });
        after(() => consumer.stop());

        const connect = (transport: 'polling' | 'websocket', token = 'open sesame') => createSocketIOClient({
          port: consumer.port, path: '/realtime', namespace: '/chat', auth: { token }, transports: [ transport ],
        });

        it('serves the routes of Egg', async () => {
          assert.equal(await consumer.get('/'), greeting);
        });

        for (const transport of [ 'polling', 'websocket' ] as const) {
          it(`connects over ${transport}`, async () => {
            const [ alice, bob ] = await Promise.all([ connect(transport), connect(transport) ]);
            assert.deepEqual(await alice.next('welcome'), [ alice.id ]);
            assert.deepEqual(await alice.sendWithAck('user', 7), { id: 7, name: 'user 7' });
            alice.send('say', 'hello');
            assert.deepEqual(await bob.next('said'), [ `${alice.id}: hello` ]);
            assert.deepEqual(await alice.sendWithAck('fail'), {
              error: { code: 'ROOM_FULL', message: 'the room is full', details: { limit: 2 } },
            });
            await Promise.all([ alice.close(), bob.close() ]);
          });
        }

        it('reads the session on each of two workers', async () => {
          const extraHeaders = { cookie: await consumer.signIn('ada') };
          const workers = new Set<number>();
          for (let i = 0; i < 20 && workers.size < 2; i++) {
            const client = await createSocketIOClient({
              port: consumer.port, path: '/realtime', namespace: '/chat', auth: { token: 'open sesame' }, transports: [ 'websocket' ], extraHeaders,
            });
            const { name: user, worker } = await client.sendWithAck<{ name: string; worker: number }>('whoami');
            assert.equal(user, 'ada');
            workers.add(worker);
            await client.close();
          }
          assert.equal(workers.size, 2);
        });

        it('refuses a client by a middleware that is given by its file name', async () => {
          await assert.rejects(connect('websocket', 'wrong'), { message: 'wrong token', data: { code: 'FORBIDDEN' } });
        });

        it('reaches clients from a route of Egg', async () => {
          const client = await connect('websocket');
          await client.next('welcome');
          assert.equal(await consumer.get('/announce?text=dinner'), 'announced');
          assert.deepEqual(await client.next('announcement'), [ 'dinner' ]);
          await client.close();
        });

        it('has logged no error', () => {
          assert.equal(consumer.errorLog(), '');
        });
      });
    });
  }

  function describeScript(consumer: Consumer): void {
    it('has a test client that loads without egg-mock and asks for socket.io-client', async () => {
      assert.equal(await consumer.evaluate(TRY_TEST_CLIENT),
        "egg-socketio/mock needs socket.io-client: run 'npm install --save-dev socket.io-client'.");
    });
  }

  function describeTypeScript(consumer: Consumer, allTypes = 'tsconfig.package.json'): void {
    const compile = async (project: string): Promise<string[]> => {
      const { stdout, code } = await consumer.bin('tsc', '--pretty', 'false', '-p', project);
      assert.notEqual(code, null, 'tsc was killed');
      // Diagnostics in other packages are theirs; all others are ours or the app's.
      return stdout.split('\n').filter(line => /error TS\d+/.test(line) && !/^node_modules\/(?!egg-socketio\/)/.test(line));
    };
    let diagnostics: string[];

    before(async () => {
      diagnostics = await compile('tsconfig.json');
    });

    it('compiles with strict and without skipLibCheck', () => {
      assert.deepEqual(diagnostics, []);
    });

    it('has no declaration file with an error of its own', async () => {
      assert.deepEqual(await compile(allTypes), []);
    });
  }

  function describeTypeScriptForEgg4(consumer: Consumer): void {
    describeTypeScript(consumer, 'tsconfig.package.egg4.json');
  }

  function describeModules(consumer: Consumer): void {
    describeTypeScriptForEgg4(consumer);

    for (const imports of [[ '@eggjs/mock/bootstrap', 'egg-socketio/mock' ], [ 'egg-socketio/mock', '@eggjs/mock/bootstrap' ]]) {
      it(`has a test client after the imports of ${imports.join(' and ')}`, async function() {
        if (Number.parseInt(process.versions.node, 10) < 20) this.skip();
        assert.equal(await consumer.evaluateModule(connectAfter(imports)), 'user 7');
      });
    }
  }

  describeConsumer([ 'js' ], 'plain JavaScript', describeScript);
  describeConsumer([ 'js' ], 'plain JavaScript', describeScript, EGG4);
  describeConsumer([ 'ts' ], 'TypeScript', describeTypeScript);
  describeConsumer([ 'ts' ], 'TypeScript', describeTypeScriptForEgg4, EGG4);
  describeConsumer([ 'ts', 'esm' ], 'TypeScript', describeModules, EGG4);
});
