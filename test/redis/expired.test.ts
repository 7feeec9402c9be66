import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { attachServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';
import { needsRedis, RedisServer } from '../support/redis';

const FILES = {
  'app/socket/main.js': `
    const { defineSocketController } = require('egg-socketio');
    module.exports = defineSocketController({
      onDisconnection(ctx) { ctx.app.steps.note('left', ctx.id); },
      onExpired(ctx, reason) { ctx.app.steps.note('expired', ctx.id, reason); },
    });`,
};

interface Steps extends EventEmitter { list: unknown[][]; note(...step: unknown[]): void }

describe('test/redis/expired.test.ts', () => {
  needsRedis();
  let redis: RedisServer;
  before(async () => { redis = await RedisServer.start(); });
  after(() => redis?.close());

  it('with Redis streams, clients that leave on purpose expire at once, others do not, and a warning at the start says so', () => withInlineApp({
    ...FILES,
    'config/config.default.js': `
      const { createRedisAdapter } = require('egg-socketio');
      module.exports = () => ({
        keys: 'test', socketio: { connectionStateRecovery: true, adapter: createRedisAdapter({ kind: 'streams', url: '${redis.url}' }) },
      });`,
  }, async ({ app, warnings }, startError) => {
    assert.ifError(startError);
    assert.equal(warnings.filter(line => line.includes('@OnWSExpired(): the adapter keeps the sessions')).length, 1);
    const list: unknown[][] = [];
    const steps: Steps = Object.assign(new EventEmitter(), {
      list, note(...step: unknown[]) {
        list.push(step);
        steps.emit('step');
      },
    });
    Object.assign(app, { steps });
    const server = await attachServer(app);
    const have = async (count: number) => { while (list.length < count) await once(steps, 'step'); };
    try {
      const lost = await new SocketIOTestClient({ port: server.port, transports: [ 'websocket' ] }).connect();
      const { id } = lost;
      lost.socket.io.engine.close();
      await have(1);
      const leaving = await new SocketIOTestClient({ port: server.port, transports: [ 'polling' ] }).connect();
      const { id: other } = leaving;
      await leaving.close();
      await have(3);
      assert.deepEqual(list, [[ 'left', id ], [ 'left', other ], [ 'expired', other, 'client namespace disconnect' ]]);
    } finally {
      server.close();
    }
  }));
});
