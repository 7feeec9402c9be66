import assert from 'node:assert/strict';
import type { MockApplication } from 'egg-mock';
import { type ClientOptions, SocketIOTestClient } from '../../lib/mock/typed';
import { ExactBucket } from '../../lib/limits/rate';
import { BucketTable } from '../../lib/limits/rate_buckets';
import { RawClient } from '../support/attacked_app';
import { attachServer } from '../support/attached_server';
import { startErrorOf, withInlineApp } from '../support/inline_app';

const SLOW = 'perSecond: 0.001, burst: 3';

const FILES = {
  'config/config.default.js': 'module.exports = () => ({ keys: \'test keys\', proxy: true, maxIpsCount: 1, socketio: { limits: { ipv6Prefix: 64 } } });',
  'app/socket/class.ts': `
    import { type Context, Inject, OnWSMessage, RateLimit, WSController } from 'egg-socketio';
    @WSController('/class')
    export class Rated {
      @Inject() ctx: Context;
      @RateLimit({ ${SLOW} })
      @OnWSMessage('one') one() { return 'done'; }
      @RateLimit({ ${SLOW}, by: 'address' })
      @OnWSMessage('by address') byAddress() { return 'done'; }
      @RateLimit({ ${SLOW}, by: ctx => ctx.handshake.auth.user })
      @OnWSMessage('by user') byUser() { return 'done'; }
    }`,
  'app/socket/plain.js': `
    const { defineSocketController } = require('egg-socketio');
    const handler = () => 'done';
    module.exports = defineSocketController({
      namespace: /^\\/plain-\\d+$/,
      messages: {
        one: { handler, rateLimit: { ${SLOW} } },
        'by address': { handler, rateLimit: { ${SLOW}, by: 'address' } },
        'by user': { handler, rateLimit: { ${SLOW}, by: ctx => ctx.handshake.auth.user } },
      },
    });`,
};

type Connect = (options?: ClientOptions) => Promise<SocketIOTestClient>;

async function withRatedApp(run: (connect: Connect, app: MockApplication, port: number) => Promise<void>): Promise<void> {
  await withInlineApp(FILES, async ({ app }, startError) => {
    assert.ifError(startError);
    const server = await attachServer(app);
    const clients: SocketIOTestClient[] = [];
    try {
      await run(async options => {
        const client = new SocketIOTestClient({ port: server.port, transports: [ 'websocket' ], ...options });
        clients.push(client);
        return client.connect();
      }, app, server.port);
    } finally {
      await Promise.all(clients.map(client => client.close()));
      server.close();
    }
  });
}

/** How many of some events are handled; the others are refused. */
async function handled(client: SocketIOTestClient, event: string, count: number): Promise<number> {
  let done = 0;
  for (let i = 0; i < count; i++) {
    const answer = await client.sendWithAck<'done' | { error: { code: string } }>(event);
    if (answer === 'done') done += 1;
    else assert.equal(answer.error.code, 'RATE_LIMITED');
  }
  return done;
}

describe('test/security/rate_limit.test.ts', () => {
  for (const namespace of [ '/class', '/plain-1' ]) {
    describe(`@RateLimit in ${namespace}`, () => {
      it('counts by connection: a client that leaves the namespace and connects again gets no further events', () => withRatedApp(async (connect, _app, port) => {
        const attacker = await RawClient.connect(port);
        let done = 0;
        for (let round = 0; round < 10; round++) {
          attacker.send(`40${namespace},`);
          await attacker.next(`40${namespace},`);
          for (let i = 0; i < 3; i++) {
            attacker.send(`42${namespace},0["one"]`);
            const answer = await attacker.next(`43${namespace},0`);
            if (answer.endsWith('["done"]')) done += 1;
            else assert.match(answer, /RATE_LIMITED/);
          }
          attacker.send(`41${namespace},`);
          // Socket.IO closes a connection whose CONNECT comes in the same turn as the DISCONNECT.
          attacker.send('420["anything"]');
          await attacker.next('430');
        }
        attacker.ws.terminate();
        assert.equal(done, 3);
        assert.equal(await handled(await connect({ namespace }), 'one', 4), 3, 'another connection has its own');
      }));

      it("by: 'address' counts all connections of an address", () => withRatedApp(async connect => {
        const from = (address: string) => connect({ namespace, extraHeaders: { 'x-forwarded-for': address } });
        let done = 0;
        for (let i = 0; i < 4; i++) done += await handled(await from('203.0.113.7'), 'by address', 2);
        assert.equal(done, 3);
        assert.equal(await handled(await from('203.0.113.8'), 'by address', 4), 3, 'another address has its own');
      }));

      it("by: 'address' counts one client once, whichever port, spelling or address of its IPv6 network it has in a header", () => withRatedApp(async connect => {
        const from = async (...addresses: string[]) => {
          let done = 0;
          for (const address of addresses) {
            done += await handled(await connect({ namespace, extraHeaders: { 'x-forwarded-for': address } }), 'by address', 3);
          }
          return done;
        };
        assert.equal(await from('203.0.113.7:1000', '203.0.113.7:1001', '203.0.113.7', '::ffff:203.0.113.7', '[::ffff:203.0.113.7]:1002'), 3);
        assert.equal(await from('2001:db8:0:1::1', '2001:db8:0:1::2', '[2001:DB8:0:1:ffff::3]:443', '2001:0db8:0000:0001::4'), 3);
        assert.equal(await from('2001:db8:0:2::1'), 3, 'another network has its own');
      }));

      it('by: a function counts by its return value, or by connection if it returns nothing', () => withRatedApp(async connect => {
        const as = (user?: unknown) => connect({ namespace, auth: user === undefined ? {} : { user } });
        let done = 0;
        for (let i = 0; i < 4; i++) done += await handled(await as('ann'), 'by user', 2);
        assert.equal(done, 3);
        assert.equal(await handled(await as(7), 'by user', 4), 3, 'another user has her own');
        for (let i = 0; i < 2; i++) assert.equal(await handled(await as(), 'by user', 4), 3, 'so has each connection of nobody');
      }));

      it('acks INTERNAL and does not handle the event if the function throws or returns another type', () => withRatedApp(async (connect, app) => {
        const client = await connect({ namespace, auth: { user: { id: 1 } } });
        const { error } = await client.sendWithAck<{ error: { code: string; message: string } }>('by user');
        assert.equal(error.code, 'INTERNAL');
        assert.match(error.message, /(class\.ts: Rated\.byUser|plain\.js: messages\.by user): expected \{ by \} of @RateLimit\(\) to return a string or a number, or undefined to count by connection, but got object\./);
        app.io.of(namespace).sockets.forEach(socket => Object.defineProperty(socket, 'handshake', { value: {} }));
        assert.equal((await client.sendWithAck<{ error: { code: string } }>('by user')).error.code, 'INTERNAL');
      }));
    });
  }

  it('counts all dynamic namespaces of one controller together', () => withRatedApp(async connect => {
    let done = 0;
    for (let i = 0; i < 10; i++) done += await handled(await connect({ forceNew: false, namespace: `/plain-${i}` }), 'one', 2);
    assert.equal(done, 3);
  }));

  it('stops the start if by has a wrong value or a key is unknown', async () => {
    for (const [ rate, says ] of [
      [ "{ perSecond: 1, by: 'user' }", /plain\.js: messages\.a: rateLimit: expected \{ by \} to be 'connection', 'address' or a function \(ctx\) => string, but got "user" \(string\)\./ ],
      [ '{ perSecond: 1, per: 1 }', /plain\.js: messages\.a: rateLimit: unknown key 'per'\. Known keys: perSecond, burst, by\./ ],
    ] as const) {
      const { message } = await startErrorOf({
        'app/socket/plain.js': `module.exports = require('egg-socketio').defineSocketController({ messages: { a: { handler() {}, rateLimit: ${rate} } } });`,
      });
      assert.match(message, says);
    }
  });

  describe('a bucket', () => {
    let now = 0;
    const { performance } = globalThis;
    before(() => Object.defineProperty(globalThis, 'performance', { configurable: true, value: { now: () => now } }));
    after(() => Object.defineProperty(globalThis, 'performance', { configurable: true, value: performance }));

    it('allows no more than burst at once, also after a pause or if some were used before', () => {
      const bucket = new ExactBucket({ perSecond: 1, burst: 3 });
      const takeAll = () => { let taken = 0; while (bucket.take()) taken += 1; return taken; };
      now += 100_000;
      assert.equal(bucket.take(), true);
      now += 100_000;
      assert.equal(takeAll(), 3);
      now += 2000;
      assert.equal(takeAll(), 2);
    });

    it('of an address or user is dropped once it is full again, and the least recently used one if there are too many', () => {
      const table = new BucketTable({ perSecond: 1, burst: 3, by: 'address' }, 100);
      const attacker = table.take('attacker');
      while (attacker.take());
      for (let i = 0; i < 1000; i++) {
        table.take(`other ${i}`).take();
        assert.equal(table.take('attacker').take(), false, 'it goes on, and so is not forgotten');
      }
      assert.equal(table.size, 100);
      now += 2500;
      (table as unknown as { sweep(): void }).sweep();
      assert.equal(table.size, 1, 'the attacker has one token to get back');
      now += 1000;
      (table as unknown as { sweep(): void }).sweep();
      assert.equal(table.size, 0);
    });
  });
});
