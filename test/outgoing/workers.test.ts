import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { ClusterProcess } from '../support/cluster_process';
import { compiledPlugin } from '../support/compiled_plugin';
import { needsRedis, RedisServer } from '../support/redis';

const WORKERS = 3;

const files = (options: string) => ({
  'package.json': '{ "name": "outgoing" }',
  // What a receiver gets has the process of each middleware that an event has passed, in their order.
  'config/config.default.js': `
    const { createRedisAdapter } = require('egg-socketio');
    module.exports = () => ({ keys: 'test', socketio: { ${options}, outgoing: [ packet => {
      packet.args = [ ...packet.args, [ 'app', process.pid ] ];
      if (packet.event === 'dropped') packet.drop();
      if (packet.event === 'sparing') packet.compress = false;
    } ] } });`,
  'agent.js': `
    module.exports = agent => {
      agent.messenger.on('tell', ({ event, args }) => { agent.io.of('/main').to('room').emit(event, ...args); agent.io.of('/main').emit('sent'); });
    };`,
  'app/socket/main.js': `
    const { defineSocketController } = require('egg-socketio');
    const define = namespace => defineSocketController({
      namespace,
      outgoing: [ packet => { packet.args = [ ...packet.args, [ 'controller', process.pid ] ]; } ],
      onConnection(ctx) {
        ctx.data.compressed = [];
        ctx.conn.on('packetCreate', ({ data, options }) => { if (/"(sparing|plain)"/.test(data)) ctx.data.compressed.push(options.compress); });
        return ctx.join('room');
      },
      messages: {
        pid: () => process.pid,
        compressed: ctx => ctx.data.compressed,
        all: (ctx, event, ...args) => { ctx.nsp.emit(event, ...args); },
        room: (ctx, event, ...args) => { ctx.app.io.of(namespace).to('room').emit(event, ...args); },
        others: (ctx, event, ...args) => { ctx.to('room').emit(event, ...args); },
        asked: (ctx, event, ...args) => ctx.nsp.timeout(5000).emitWithAck(event, ...args),
        async 'one by one'(ctx, event, ...args) {
          const values = [];
          for await (const { value } of ctx.nsp.timeout(5000).acks(event, ...args)) values.push(value);
          return values;
        },
        async fetched(ctx, event, ...args) { for (const socket of await ctx.nsp.fetchSockets()) socket.emit(event, ...args); },
        async single(ctx, id, event, ...args) {
          const [ socket ] = await ctx.nsp.in(id).fetchSockets();
          return socket.emitWithAck(event, ...args);
        },
        agent: (ctx, event, ...args) => { ctx.app.messenger.sendToAgent('tell', { event, args }); },
      },
    });
    module.exports = [ define('/main'), define('/second') ];`,
});

function writeApp(name: string, options: string): string {
  const baseDir = path.join(compiledPlugin(), '../../apps', name);
  for (const [ file, content ] of Object.entries(files(options))) {
    mkdirSync(path.dirname(path.join(baseDir, file)), { recursive: true });
    writeFileSync(path.join(baseDir, file), content);
  }
  return baseDir;
}

/** The arguments without the offset that recovery adds. */
const argsOf = (args: readonly unknown[]) => args.filter(arg => typeof arg !== 'string');

describe('test/outgoing/workers.test.ts', function() {
  this.timeout(60_000);
  let redis: RedisServer | undefined;
  let cluster: ClusterProcess | undefined;
  let clients: SocketIOTestClient[] = [];

  async function connect(namespace: string, options = {}): Promise<SocketIOTestClient> {
    const client = new SocketIOTestClient({ url: cluster!.url, namespace, transports: [ 'websocket' ], waitTimeout: 20_000, ...options });
    clients.push(client);
    return client.connect();
  }

  /** A client on each worker, and their processes. */
  async function everywhere(namespace: string): Promise<Map<number, SocketIOTestClient>> {
    const found = new Map<number, SocketIOTestClient>();
    while (found.size < WORKERS) {
      const client = await connect(namespace);
      const pid = await client.sendWithAck<number>('pid');
      if (found.has(pid)) await client.close();
      else found.set(pid, client);
    }
    return found;
  }

  afterEach(async () => {
    await Promise.all(clients.map(client => client.close()));
    clients = [];
  });

  const SETUPS: Record<string, () => string> = {
    'without Redis': () => 'limits: {}',
    'without Redis, with recovery': () => 'connectionStateRecovery: true',
    'Redis pubsub': () => `adapter: createRedisAdapter({ kind: 'pubsub', url: '${redis!.url}' })`,
    'Redis sharded': () => `adapter: createRedisAdapter({ kind: 'sharded', url: '${redis!.url}' })`,
    'Redis streams, with recovery': () => `connectionStateRecovery: true, adapter: createRedisAdapter({ kind: 'streams', url: '${redis!.url}' })`,
  };

  for (const [ index, [ title, optionsOf ]] of Object.entries(SETUPS).entries()) {
    describe(`${WORKERS} workers, ${title}`, () => {
      const usesRedis = title.startsWith('Redis');
      if (usesRedis) needsRedis();
      before(async () => {
        if (usesRedis) redis = await RedisServer.start();
        cluster = await ClusterProcess.start({ baseDir: writeApp(`outgoing-${index}`, optionsOf()), workers: WORKERS });
      });
      after(async () => {
        await cluster?.stop();
        await redis?.close();
        cluster = redis = undefined;
      });

      for (const namespace of [ '/main', '/second' ]) {
        it(`a broadcast passes it once, at its sender, however many workers deliver it: ${namespace}`, async () => {
          const all = await everywhere(namespace);
          const [[ pid, sender ]] = all;
          const passed = [[ 'app', pid ], [ 'controller', pid ]];
          for (const way of [ 'all', 'room', 'others', 'fetched' ]) {
            sender.send(way, 'told', 1);
            for (const client of all.values()) {
              if (way === 'others' && client === sender) continue;
              assert.deepEqual(argsOf(await client.next('told')), [ 1, ...passed ], way);
            }
          }
          for (const client of all.values()) client.socket.on('asked', (...args: unknown[]) => (args.at(-1) as (answer: unknown) => void)(args.slice(0, -1)));
          for (const way of [ 'asked', 'one by one' ]) {
            const answers = await sender.sendWithAck<unknown[]>(way, 'asked', 2);
            assert.deepEqual(answers, Array.from(all, () => [ 2, ...passed ]), way);
          }
          const last = [ ...all.values() ].at(-1)!;
          assert.deepEqual(await sender.sendWithAck('single', last.id, 'asked', 3), [ 3, ...passed ]);
          for (const event of [ 'sparing', 'plain' ]) {
            sender.send('all', event);
            for (const client of all.values()) await client.next(event);
          }
          for (const client of all.values()) assert.deepEqual(await client.sendWithAck('compressed'), [ false, true ]);
          sender.send('all', 'dropped');
          sender.send('all', 'after');
          for (const client of all.values()) {
            await client.next('after');
            assert.deepEqual(client.pending.filter(({ event }) => event !== 'asked'), []);
          }
        });
      }

      it('an emit of the agent passes the app\'s once, in the agent', async () => {
        const all = await everywhere('/main');
        const [ sender ] = all.values();
        sender.send('agent', 'dropped');
        for (const client of all.values()) await client.next('sent');
        sender.send('agent', 'told', 1);
        const pids = new Set<unknown>();
        for (const client of all.values()) {
          const [ value, ...passed ] = argsOf(await client.next('told'));
          assert.equal(value, 1);
          assert.deepEqual(passed.map(each => (each as unknown[])[0]), [ 'app' ]);
          pids.add((passed[0] as unknown[])[1]);
          assert.deepEqual(client.pending.filter(({ event }) => event === 'dropped'), []);
        }
        assert.equal(pids.size, 1);
        assert.ok(![ ...all.keys() ].some(pid => pids.has(pid)));
      });

      if (!title.includes('recovery')) return;
      it('a client that comes back, to any worker, gets what it has missed as it was sent', async () => {
        const all = await everywhere('/main');
        const [[ pid, sender ]] = all;
        const client = await connect('/main', { reconnection: true, reconnectionDelay: 200, reconnectionDelayMax: 200, randomizationFactor: 0 });
        sender.send('room', 'told', 0);
        await client.next('told');
        const { id } = client;
        const back = once(client, 'connect');
        client.socket.io.engine.close();
        sender.send('room', 'told', 1);
        await back;
        assert.deepEqual(argsOf(await client.next('told')), [ 1, [ 'app', pid ], [ 'controller', pid ]]);
        assert.deepEqual([ client.socket.recovered, client.id ], [ true, id ]);
      });
    });
  }
});
