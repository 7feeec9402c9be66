import assert from 'node:assert/strict';
import { once } from 'node:events';
import Module from 'node:module';
import type { AppStats } from 'egg-socketio';
import { type ClientOptions, SocketIOTestClient } from 'egg-socketio/mock';
import { AdminUI } from '../../lib/admin/admin_ui';
import { SharedLogins } from '../../lib/admin/shared_logins';
import { useApp } from '../support/app';
import { startErrorOf, withInlineApp } from '../support/inline_app';
import { type RunningServer, startCluster } from '../support/server';

const NAMESPACE = '/admin';
const CREDENTIALS = { username: 'admin', password: 'secret' };
/** The fixture's middleware refuses it; the admin UI asks for its password alone. */
const ADMIN = { namespace: NAMESPACE, auth: { ...CREDENTIALS, stranger: true }, transports: [ 'websocket' ] } satisfies ClientOptions;
const CHANGES = [ 'EMIT', 'JOIN', 'LEAVE', 'DISCONNECT', 'MJOIN', 'MLEAVE', 'MDISCONNECT' ];

interface ServerStats {
  serverId: string;
  pid: number;
  clientsCount: number;
  pollingClientsCount: number;
  namespaces: { name: string; socketsCount: number }[];
  aggregatedEvents: { type: string; count: number }[];
}

function configOf(adminUI: string): Record<string, string> {
  return { 'config/config.default.js': `module.exports = () => ({ keys: 'k', socketio: { adminUI: ${adminUI} } });` };
}

const supportedFeatures = async (client: SocketIOTestClient) => (
  (await client.next<[{ supportedFeatures: string[] }]>('config'))[0].supportedFeatures
);

describe('test/admin/admin_ui.test.ts', function() {
  this.timeout(60_000);

  describe('in one process', () => {
    const t = useApp('stats');

    it('lets in a client with the right password, and one with the session of an earlier login', async () => {
      const admin = await t.connect(ADMIN);
      const [ sessionId ] = await admin.next<[string]>('session');
      assert.deepEqual(await supportedFeatures(admin), [ ...CHANGES, 'AGGREGATED_EVENTS' ]);
      const again = await t.connect({ namespace: NAMESPACE, auth: { sessionId } });
      await again.next('config');
    });

    it('refuses all other clients, whatever credentials they send', async () => {
      const rejections: unknown[] = [];
      const note = (reason: unknown) => rejections.push(reason);
      process.on('unhandledRejection', note);
      try {
        for (const auth of [
          {}, { ...CREDENTIALS, password: 'Secret' }, { ...CREDENTIALS, username: 'root' }, { username: 'admin' }, { username: 'admin', password: 1 },
          { username: 'admin', password: [ 'secret' ] }, { sessionId: 'x' }, { sessionId: {} }, { sessionId: [ 'x' ], ...CREDENTIALS },
          { sessionId: 'x', username: 'admin' },
        ]) {
          await assert.rejects(t.connect({ namespace: NAMESPACE, auth }), /invalid credentials/, JSON.stringify(auth));
        }
      } finally {
        process.off('unhandledRejection', note);
      }
      assert.deepEqual(rejections, []);
    });

    it('shows the connected sockets and the traffic', async () => {
      const admin = await t.connect(ADMIN);
      const client = await t.connect({ transports: [ 'websocket' ] });
      await t.connect({ transports: [ 'polling' ] });
      await client.sendWithAck('pid');
      const sum = new Map<string, number>();
      let stats: ServerStats;
      do {
        [ stats ] = await admin.next<[ServerStats]>('server_stats', 10_000);
        for (const { type, count } of stats.aggregatedEvents) sum.set(type, (sum.get(type) ?? 0) + count);
      } while (stats.clientsCount < 3);
      assert.equal(stats.pollingClientsCount, 1);
      assert.deepEqual(stats.namespaces.find(({ name }) => name === '/'), { name: '/', socketsCount: 2 });
      for (const type of [ 'rawConnection', 'packetsIn', 'bytesIn', 'packetsOut', 'bytesOut' ]) assert.ok(sum.get(type)! > 0, type);
    });

    it('sends no statistics after the app is closed', async () => {
      const ticks: (() => void)[] = [];
      const { setInterval: original } = globalThis;
      globalThis.setInterval = ((callback: () => void, ...rest: [number]) => {
        if (rest[0] === 2000) ticks.push(callback);
        return original(callback, ...rest);
      }) as typeof setInterval;
      await withInlineApp(configOf('{ auth: false }'), async ({ app }, startError) => {
        globalThis.setInterval = original;
        assert.ifError(startError);
        const { adapter } = app.io.of(NAMESPACE);
        let broadcasts = 0;
        adapter.broadcast = () => { broadcasts++; };
        assert.equal(ticks.length, 1);
        ticks[0]();
        assert.equal(broadcasts, 1);
        await app.close();
        ticks[0]();
        assert.equal(broadcasts, 1);
      });
    });
  });

  describe('the option', () => {
    it('is off by default: the namespace does not exist', () => withInlineApp({}, async ({ app }, startError) => {
      assert.ifError(startError);
      await assert.rejects(app.createSocketIOClient({ namespace: NAMESPACE, auth: CREDENTIALS }), /Invalid namespace/);
    }));

    it('auth: false leaves authentication to the app and makes the UI read-only', () => withInlineApp({
      'config/config.default.js': `module.exports = () => ({ keys: 'k', socketio: {
        adminUI: { auth: false, namespaceName: 'ui' },
        connectionMiddleware: [ async (ctx, next) => { if (ctx.handshake.auth.token === 'x') await next(); } ],
      } });`,
    }, async ({ app }, startError) => {
      assert.ifError(startError);
      await assert.rejects(app.createSocketIOClient({ namespace: '/ui' }), /connection refused/);
      const admin = await app.createSocketIOClient({ namespace: '/ui', auth: { token: 'x' } });
      assert.deepEqual(await supportedFeatures(admin), [ 'AGGREGATED_EVENTS' ]);
      await admin.close();
    }));

    it('mode: development shows every socket and every event', () => withInlineApp({
      ...configOf("{ auth: false, mode: 'development', readonly: false }"),
      'app/socket/hello.ts': "import { OnWSMessage, WSController } from 'egg-socketio';\n@WSController() export class Hello { @OnWSMessage('hello') hello() { return 'hi'; } }",
    }, async ({ app }, startError) => {
      assert.ifError(startError);
      const client = await app.createSocketIOClient({ transports: [ 'websocket' ] });
      const admin = await app.createSocketIOClient({ namespace: NAMESPACE });
      assert.deepEqual(await supportedFeatures(admin), [ ...CHANGES, 'AGGREGATED_EVENTS', 'ALL_EVENTS' ]);
      const [ all ] = await admin.next<[{ id: string; transport: string }[]]>('all_sockets');
      assert.deepEqual(all.filter(({ id }) => id === client.id).map(({ transport }) => transport), [ 'websocket' ]);
      assert.equal(await client.sendWithAck('hello', 1), 'hi');
      assert.deepEqual((await admin.next('event_received')).slice(0, 3), [ '/', client.id, [ 'hello', 1 ]]);
      admin.send('join', '/', 'room', client.id);
      for (;;) {
        const [ , room, id ] = await admin.next('room_joined');
        if (room === 'room' && id === client.id) break;
      }
      await Promise.all([ client.close(), admin.close() ]);
    }));

    it('stops the start if a controller has the same namespace', async () => {
      const controller = (target: string) => ({
        'app/socket/a.ts': `import { OnWSMessage, WSController } from 'egg-socketio';\n@WSController(${target}) export class A { @OnWSMessage('a') a() {} }`,
      });
      for (const target of [ "'admin'", '/^\\/\\w+$/' ]) {
        const { message } = await startErrorOf({ ...configOf('{ auth: false }'), ...controller(target) });
        assert.match(message, /config\.socketio\.adminUI: the namespace '\/admin' has controllers, as '.+'\. Give the admin UI another one with namespaceName\./);
      }
    });

    it('stops the start if the package is missing, and says how to install it', async () => {
      const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
      const { _load: load } = loader;
      loader._load = function(request, ...rest) {
        if (request === '@socket.io/admin-ui') throw new Error(`Cannot find module '${request}'`);
        return load.call(this, request, ...rest);
      };
      try {
        const { message } = await startErrorOf(configOf('{ auth: false }'));
        assert.match(message, /config\.socketio\.adminUI needs @socket\.io\/admin-ui, which cannot be loaded: run 'npm install @socket\.io\/admin-ui', or remove the option\./);
      } finally {
        loader._load = load;
      }
    });
  });

  for (const mode of [ 'production', 'development' ]) {
    describe(`with two workers, mode: ${mode}`, () => {
      let server: RunningServer;
      let clients: SocketIOTestClient[];

      before(async () => { server = await startCluster('stats', 2, { env: { ADMIN_UI_MODE: mode } }); });
      after(() => server.stop());
      beforeEach(() => { clients = []; });
      afterEach(() => Promise.all(clients.map(client => client.close())));

      async function connect(options: ClientOptions): Promise<SocketIOTestClient> {
        const client = new SocketIOTestClient({ url: server.url, ...options });
        clients.push(client);
        return client.connect();
      }

      /** The tag of the worker that has a client's session. */
      const ownerOf = ({ socket }: SocketIOTestClient, { workers }: AppStats) => (
        workers.find(({ id }) => (socket.io.engine as unknown as { id: string }).id.endsWith(id))!.id
      );

      /** A client of each worker. */
      async function everywhere(options: ClientOptions = { transports: [ 'websocket' ] }): Promise<SocketIOTestClient[]> {
        const asker = await connect({ transports: [ 'websocket' ] });
        const stats = await asker.sendWithAck<AppStats>('stats');
        const found = new Map<string, SocketIOTestClient>();
        while (found.size < 2) {
          const client = await connect(options);
          found.set(ownerOf(client, stats), client);
        }
        return [ ...found.values() ];
      }

      it('one connection gets the statistics of both workers', async () => {
        const both = await everywhere();
        const pids = await Promise.all(both.map(client => client.sendWithAck<number>('pid')));
        const admin = await connect(ADMIN);
        const heard = new Map<number, string>();
        while (heard.size < 2) {
          const [{ pid, serverId }] = await admin.next<[ServerStats]>('server_stats', 10_000);
          heard.set(pid, serverId);
        }
        assert.deepEqual(new Set(heard.keys()), new Set(pids));
        assert.equal(new Set(heard.values()).size, 2);
      });

      it('one connection acts on the clients of both workers', async () => {
        const [ one, other ] = await everywhere();
        const admin = await connect(ADMIN);
        admin.send('emit', '/', undefined, 'news', 1);
        for (const client of [ one, other ]) assert.deepEqual(await client.next('news'), [ 1 ]);
        for (const client of [ one, other ]) {
          const gone = once(client, 'disconnect');
          admin.send('_disconnect', '/', true, client.id);
          await gone;
        }
      });

      it('a client that has logged in on one worker reconnects to any worker', async () => {
        const admin = await connect(ADMIN);
        const [ sessionId ] = await admin.next<[string]>('session');
        await everywhere({ namespace: NAMESPACE, auth: { sessionId }, transports: [ 'websocket' ] });
      });

      if (mode === 'production') return;

      it('shows the sockets of both workers', async () => {
        const both = await everywhere();
        const admin = await connect(ADMIN);
        const [ all ] = await admin.next<[{ id: string }[]]>('all_sockets');
        const ids = all.map(({ id }) => id);
        assert.deepEqual(both.filter(({ id }) => !ids.includes(id!)), []);
      });
    });
  }

  it('keeps the last thousand logins, each for one day', async () => {
    const logins = new SharedLogins(undefined);
    for (let i = 0; i < 1001; i++) logins.saveSession(`${i}`);
    assert.equal(await logins.doesSessionExist('0'), false);
    assert.equal(await logins.doesSessionExist('1'), true);
    const { now } = Date;
    try {
      Date.now = () => now() + 24 * 60 * 60 * 1000;
      assert.equal(await logins.doesSessionExist('1'), false);
    } finally {
      Date.now = now;
    }
  });

  it('can be closed without having been opened', () => {
    new AdminUI({ auth: false }, { peers: undefined, addressOf: () => undefined, refuse: () => undefined }).close();
  });
});
