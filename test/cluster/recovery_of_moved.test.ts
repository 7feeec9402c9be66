import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Manager, type Socket } from 'socket.io-client';
import { ClusterProcess } from '../support/cluster_process';
import { compiledPlugin } from '../support/compiled_plugin';
import { needsRedis, RedisServer } from '../support/redis';

const WORKERS = 3;
const NAMESPACES = [ '/', '/chat', '/room-7' ];
/** How often each scenario has to be seen; whether a WebSocket comes to another worker is for Node's cluster to say. */
const TIMES = 3;
const MOST_ATTEMPTS = 60;

/** What a client knows of itself and of its connection. */
interface Where { id: string; rooms: string[]; note: unknown; recovered: boolean; tag: string; from: string | null }

const FILES = {
  'package.json': '{ "name": "recovery-of-moved" }',
  'config/config.default.js': `
    const { createRedisAdapter } = require('egg-socketio');
    const { MOVED_REDIS: url } = process.env;
    module.exports = () => ({
      keys: 'test',
      socketio: { connectionStateRecovery: {}, takeOverWindow: 10_000, ...url && { adapter: createRedisAdapter({ kind: 'streams', url }) } },
    });`,
  'app.js': `
    const { subscribe } = require('node:diagnostics_channel');
    module.exports = app => {
      app.taken = new Map();
      subscribe('egg-socketio:sticky:take-over', ({ sid, from }) => { app.taken.set(sid, from); });
    };`,
  'app/socket/main.js': "module.exports = require('../lib/controller')('/');",
  'app/socket/chat.js': "module.exports = require('../lib/controller')('/chat');",
  'app/socket/room.js': "module.exports = require('../lib/controller')(/^\\/room-\\d+$/);",
  'app/lib/controller.js': `
    const { defineSocketController } = require('egg-socketio');
    module.exports = namespace => defineSocketController({
      namespace,
      onDisconnection: ctx => { ctx.to('watchers').emit('left', ctx.id); },
      messages: {
        join: async (ctx, room) => { await ctx.join(room); },
        note: (ctx, note) => { ctx.data.note = note; },
        say: (ctx, n) => { ctx.nsp.to('hearers').emit('said', n); },
        async where(ctx) {
          const { workers: [ { id: tag } ] } = await ctx.app.io.stats({ timeout: 0 });
          const from = ctx.app.taken.get(ctx.conn.id) ?? null;
          return { id: ctx.id, rooms: [ ...ctx.rooms ].sort(), note: ctx.data.note, recovered: ctx.recovered, tag, from };
        },
      },
    });`,
};

function writeApp(): string {
  const baseDir = path.join(compiledPlugin(), '../../apps/recovery_of_moved');
  for (const [ name, content ] of Object.entries(FILES)) {
    mkdirSync(path.dirname(path.join(baseDir, name)), { recursive: true });
    writeFileSync(path.join(baseDir, name), content);
  }
  return baseDir;
}

/** What the types of socket.io-client keep to themselves. */
interface Engine { transport: { name: string }; once(event: string, done: () => void): void; close(): void }

/** A client with one connection and a socket in each namespace. */
class Mover {
  readonly sockets: Socket[];
  private readonly manager: Manager;
  private readonly heard = new Map<Socket, number[]>();

  constructor(url: string, private readonly transports: string[]) {
    this.manager = new Manager(url, { transports, reconnection: false, autoConnect: false, forceNew: true });
    this.sockets = NAMESPACES.map(name => this.manager.socket(name));
    for (const socket of this.sockets) {
      const heard: number[] = [];
      this.heard.set(socket, heard);
      socket.on('said', (n: number) => heard.push(n));
    }
  }

  async connect(): Promise<void> {
    await Promise.all(this.sockets.map(socket => {
      const connected = new Promise((resolve, reject) => { socket.once('connect', () => resolve(undefined)).once('connect_error', reject); });
      socket.connect();
      return connected;
    }));
    const { engine, transports } = this;
    if (engine.transport.name !== transports.at(-1)) await new Promise<void>(resolve => { engine.once('upgrade', resolve); });
  }

  private get engine(): Engine {
    return (this.manager as unknown as { engine: Engine }).engine;
  }

  /** The same of each socket. */
  ask<T>(event: string, ...args: unknown[]): Promise<T[]> {
    return Promise.all(this.sockets.map(socket => socket.timeout(20_000).emitWithAck(event, ...args) as Promise<T>));
  }

  /** Waits until these have come to each namespace; fails if others have, before or with them. */
  async hears(...expected: number[]): Promise<void> {
    const all = () => this.sockets.map(socket => this.heard.get(socket)!);
    for (const [ i, heard ] of all().entries()) {
      while (heard.length < expected.length) await once(this.sockets[i] as never, 'said');
    }
    await this.ask('where');
    assert.deepEqual(all().map(heard => heard.splice(0)), NAMESPACES.map(() => expected));
  }

  breakOff(): void {
    this.engine.close();
  }

  close(): void {
    for (const socket of this.sockets) socket.disconnect();
  }
}

describe('test/cluster/recovery_of_moved.test.ts', function() {
  this.timeout(180_000);

  function describeRecovery(variables: () => Record<string, string>): void {
    let cluster: ClusterProcess;
    let speaker: Mover;

    before(async () => {
      cluster = await ClusterProcess.start({ baseDir: writeApp(), workers: WORKERS, variables: variables() });
    });
    after(() => cluster?.stop());
    beforeEach(async () => {
      speaker = new Mover(cluster.url, [ 'websocket' ]);
      await speaker.connect();
      await speaker.ask('join', 'watchers');
    });
    afterEach(() => speaker.close());

    /** A client that breaks off and comes back, after so many others have come in between; where it was before, and is now. */
    async function comeBack(transports: string[], between: number): Promise<readonly [before: Where, after: Where]> {
      const client = new Mover(cluster.url, transports);
      await client.connect();
      const ids = client.sockets.map(({ id }) => id);
      await client.ask('join', 'hearers');
      await client.ask('note', 'remember me');
      const before = await client.ask<Where>('where');
      await speaker.ask('say', 1);
      await client.hears(1);

      const left = speaker.sockets.map(async (socket, i) => { while ((await once(socket as never, 'left'))[0] !== ids[i]) { /* Another's. */ } });
      client.breakOff();
      await Promise.all(left);
      for (const n of [ 2, 3 ]) await speaker.ask('say', n);
      const others = Array.from({ length: between }, () => new Mover(cluster.url, [ 'websocket' ]));
      for (const other of others) await other.connect();
      await client.connect();
      const after = await client.ask<Where>('where');
      assert.deepEqual(after.map(({ id, rooms, note, recovered }) => ({ id, rooms, note, recovered })),
        ids.map(id => ({ id, rooms: [ id, 'hearers' ].sort(), note: 'remember me', recovered: true })));
      await client.hears(2, 3);
      await speaker.ask('say', 4);
      await client.hears(4);
      for (const each of [ client, ...others ]) each.close();
      return [ before[0], after[0] ];
    }

    it('a client in three namespaces is recovered in all of them, on the same worker and on others', async () => {
      const seen = new Set<boolean>();
      for (let i = 0; i < MOST_ATTEMPTS && (seen.size < 2 || i < TIMES); i++) {
        // Node's cluster deals connections out in turn: with two in between, the next one comes to the same worker.
        const [ before, after ] = await comeBack([ 'websocket' ], i % 2 === 0 ? 0 : WORKERS - 1);
        seen.add(before.tag === after.tag);
      }
      assert.equal(seen.size, 2);
    });

    it('a client whose session was taken over by another worker is recovered in all its namespaces on a third worker', async () => {
      let times = 0;
      for (let i = 0; i < MOST_ATTEMPTS && times < TIMES; i++) {
        const [ before, after ] = await comeBack([ 'polling', 'websocket' ], 0);
        if (before.from !== null && ![ before.from, before.tag ].includes(after.tag)) times += 1;
      }
      assert.equal(times, TIMES);
    });

    it('a client that only polls waits for a WebSocket once: when it comes back, it is recovered in all its namespaces before a new one is connected', async () => {
      const polling = new Mover(cluster.url, [ 'polling' ]);
      await polling.connect();
      const ids = polling.sockets.map(({ id }) => id);
      await polling.ask('join', 'hearers');
      await speaker.ask('say', 1);
      await polling.hears(1);
      for (let i = 0; i < TIMES; i++) {
        const others = Array.from({ length: WORKERS }, () => new Mover(cluster.url, [ 'polling' ]));
        let connected = false;
        for (const other of others) void other.connect().then(() => { connected = true; }, () => undefined);
        polling.breakOff();
        await polling.connect();
        assert.ok(!connected, 'a new client that had begun earlier was connected first');
        assert.deepEqual(polling.sockets.map(({ id, recovered }) => ({ id, recovered })), ids.map(id => ({ id, recovered: true })));
        await speaker.ask('say', 2 + i);
        await polling.hears(2 + i);
        for (const other of others) other.close();
      }
      polling.close();
    });
  }

  describe('with the embedded adapter', () => describeRecovery(() => ({})));

  describe('with Redis streams', () => {
    needsRedis();
    let redis: RedisServer;
    before(async () => { redis = await RedisServer.start(); });
    after(() => redis?.close());
    describeRecovery(() => ({ MOVED_REDIS: redis.url }));
  });
});
