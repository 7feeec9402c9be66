import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { SILENCE } from '../../lib/redis/clients';
import type { RedisAdapterOptions, RedisKind } from '../../lib/redis/types';
import type { SocketIOTestClient } from '../../lib/mock/typed';
import { freePort } from '../support/free_port';
import { needsRedis, RedisServer } from '../support/redis';
import { RedisTestServer } from '../support/redis_servers';

const KINDS = [ 'pubsub', 'sharded', 'streams' ] satisfies RedisKind[];
/** Milliseconds in which a question must have ended: less than the five seconds that the adapters wait by themselves. */
const SOON = 4500;

async function inTime<T>(promise: Promise<T>): Promise<T> {
  const started = Date.now();
  try {
    return await promise;
  } finally {
    const took = Date.now() - started;
    assert.ok(took < SOON, `it took ${took} ms`);
  }
}

describe('test/redis/outage.test.ts', function() {
  needsRedis();
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown) => { rejections.push(reason); };
  let redis: RedisServer;
  let servers: RedisTestServer[];

  before(() => { process.on('unhandledRejection', onRejection); });
  after(() => { process.off('unhandledRejection', onRejection); });
  beforeEach(async () => {
    redis = await RedisServer.start();
    servers = [];
  });
  afterEach(async () => {
    await Promise.all(servers.map(server => server.close()));
    await redis?.close();
    assert.deepEqual(rejections.splice(0), [], 'unhandled rejections');
  });

  async function start(options: RedisAdapterOptions = {}, recovery = false): Promise<RedisTestServer> {
    const server = await RedisTestServer.start({ url: redis.url, requestsTimeout: 700, ...options }, { recovery });
    servers.push(server);
    return server;
  }

  /** Sends to all from one server until another's client gets it: subscriptions come back one after the other. */
  async function untilHeard(from: RedisTestServer, by: SocketIOTestClient): Promise<void> {
    const heard = once(by, 'back');
    const again = setInterval(() => from.io.emit('back'), 20);
    await heard.finally(() => clearInterval(again));
  }

  for (const kind of KINDS) {
    describe(kind, () => {
      it('serves its own clients while Redis is away, logs that once, and subscribes again', async () => {
        const [ a, b ] = [ await start({ kind }), await start({ kind }) ];
        const [ onA, onB ] = [ await a.connect(), await b.connect() ];
        await redis.stop();
        await Promise.all([ a.log.has(1), b.log.has(1) ]);
        for (const n of [ 1, 2, 3 ]) a.io.emit('n', n);
        for (const n of [ 1, 2, 3 ]) assert.deepEqual(await onA.next('n'), [ n ]);
        a.io.socketsJoin('room');
        a.io.to('room').emit('to the room');
        await onA.next('to the room');
        await assert.rejects(inTime(a.io.fetchSockets()), {
          code: 'REDIS_UNAVAILABLE',
          message: 'fetchSockets(): namespace /: Redis cannot be reached, so the other servers cannot be asked. Try again later, or use io.local.',
        });
        await assert.rejects(inTime(a.io.serverSideEmitWithAck('who')), /serverSideEmit\(\): namespace \/: Redis cannot be reached/);
        onA.socket.on('ask', ack => ack('yes'));
        await assert.rejects(inTime(a.io.timeout(300).emitWithAck('ask')), (error: Error & { responses: unknown }) => {
          assert.deepEqual([ error.message, error.responses ], [ 'operation has timed out', [ 'yes' ]]);
          return true;
        });
        // Within a minute, the time-out of the test.
        assert.deepEqual(await a.io.local.timeout(3_600_000).emitWithAck('ask'), [ 'yes' ]);

        await redis.run();
        const lines = await Promise.all([ a.log.has(2), b.log.has(2) ]);
        await untilHeard(a, onB);
        await untilHeard(b, onA);
        // The three, the room's, the join, and what was asked of the others.
        assert.match(lines[0][0], /^error \[egg-socketio\] Redis at redis:\/\/127\.0\.0\.1:\d+ cannot be reached: .+\. Until it can, only the clients of this worker get what is sent here\.$/);
        assert.match(lines[0][1], /^warn \[egg-socketio\] Redis at redis:\/\/127\.0\.0\.1:\d+ is back after \d+ ms; [56] messages to other servers were lost\.$/);
        assert.deepEqual(lines.map(of => of.length), [ 2, 2 ]);
        assert.deepEqual(onB.pending.filter(({ event }) => event !== 'back'), []);
        assert.equal((await a.io.fetchSockets()).length, 2);
      });

      it('keeps working while Redis hangs: nothing waits beyond its limit, and one line is logged', async () => {
        const [ a, b ] = [ await start({ kind }), await start({ kind }) ];
        const [ onA, onB ] = [ await a.connect(), await b.connect() ];
        onA.socket.on('ask', ack => ack('yes'));
        redis.pause();
        try {
          const questions = [
            assert.rejects(inTime(a.io.fetchSockets()), { code: 'PEERS_SILENT', message: /fetchSockets\(\): namespace \/: not all servers have answered within 700 ms/ }),
            assert.rejects(inTime(a.io.serverSideEmitWithAck('who')), /serverSideEmit\(\): namespace \/: not all servers have answered within 700 ms/),
            assert.rejects(inTime(a.io.timeout(300).emitWithAck('ask')), /operation has timed out/),
          ];
          a.io.emit('here');
          await onA.next('here');
          assert.deepEqual(await a.io.local.timeout(3_600_000).emitWithAck('ask'), [ 'yes' ]);
          await Promise.all(questions);
          const [ line ] = await a.log.has(1);
          assert.match(line, /cannot be reached: Socket timeout/);
          a.io.emit('still here');
          await onA.next('still here');
          await assert.rejects(inTime(a.io.fetchSockets()), /Redis cannot be reached/);
        } finally {
          redis.resume();
        }
        // The other may not have noticed: it had nothing to say.
        await a.log.has(2);
        await untilHeard(a, onB);
        assert.equal(a.log.lines.length, 2);
        assert.match(a.log.lines[1], /is back after/);
      });

      it('keeps its connections if the process is busy for longer than Redis may be silent', async () => {
        const [ a, b ] = [ await start({ kind }), await start({ kind }) ];
        const onB = await b.connect();
        for (const n of [ 1, 2 ]) {
          a.io.emit('n', n);
          // Timers are due before the answers of Redis are read.
          await setImmediate();
          for (const until = performance.now() + SILENCE + 300; performance.now() < until;);
        }
        assert.deepEqual([ await onB.next('n'), await onB.next('n') ], [[ 1 ], [ 2 ]]);
        assert.deepEqual([ ...a.log.lines, ...b.log.lines ], []);
      });

      it('waits for a silent server no longer than requestsTimeout, and not at all for a dead one', async () => {
        const [ a, b ] = [ await start({ kind }), await start({ kind }) ];
        // It hears the question, and never answers.
        Object.assign(b.io.of('/').adapter, { publishResponse: () => undefined });
        b.io.on('who', () => undefined);
        await assert.rejects(inTime(a.io.fetchSockets()), /not all servers have answered within 700 ms/);
        await assert.rejects(inTime(a.io.serverSideEmitWithAck('who')), /not all servers have answered within 700 ms/);
        // pubsub has only one time-out for all questions.
        await assert.rejects(inTime(a.io.timeout(900).fetchSockets()), /not all servers have answered within [79]00 ms/);
        await b.close();
        servers.pop();
        assert.deepEqual(await a.io.fetchSockets(), []);
        assert.deepEqual(await a.io.serverSideEmitWithAck('who'), []);
      });
    });
  }

  it('streams: packets that others sent while the connection was lost arrive in order', async () => {
    const [ a, b ] = [ await start({ kind: 'streams' }), await start({ kind: 'streams' }) ];
    const onB = await b.connect();
    a.io.emit('n', 0);
    await onB.next('n');
    // Only the reader of b loses its connection; Redis itself lives.
    const { default: Redis } = await import('ioredis');
    const admin = new Redis(redis.url);
    const clients = (await admin.client('LIST') as string).split('\n');
    const readers = clients.filter(line => / cmd=xread /.test(line)).map(line => /id=(\d+)/.exec(line)![1]);
    assert.equal(readers.length, 2);
    for (const id of readers) await admin.client('KILL', 'ID', id);
    for (const n of [ 1, 2, 3 ]) a.io.emit('n', n);
    for (const n of [ 1, 2, 3 ]) assert.deepEqual(await onB.next('n'), [ n ]);
    admin.disconnect();
  });

  it('streams with recovery: local clients are served while Redis is away', async () => {
    const a = await start({ kind: 'streams' }, true);
    const onA = await a.connect();
    await redis.stop();
    await a.log.has(1);
    a.io.emit('hi', 1);
    a.io.sockets.sockets.get(onA.id!)!.emit('alone', 2);
    assert.equal((await onA.next('hi'))[0], 1);
    assert.equal((await onA.next('alone'))[0], 2);
    const back = await a.connect({ auth: { pid: 'x'.repeat(20), offset: '1-1' } });
    assert.ok(back.id);
  });

  describe('at the start', () => {
    it('fails if Redis cannot be reached, with address and reason', async () => {
      const port = await freePort();
      await assert.rejects(RedisTestServer.start({ host: '127.0.0.1', port, connectTimeout: 300 }), {
        code: 'REDIS_UNAVAILABLE',
        message: `[egg-socketio] config.socketio.adapter: Redis at 127.0.0.1:${port} cannot be reached: connect ECONNREFUSED 127.0.0.1:${port} (step: connect). `
          + 'Start it, correct the options, or set optional: true to start without.',
      });
    });

    it('fails if Redis hangs', async () => {
      redis.pause();
      try {
        await assert.rejects(RedisTestServer.start({ url: redis.url, connectTimeout: 300 }), /Redis at .* cannot be reached: /);
      } finally {
        redis.resume();
      }
    });

    it('fails at once for a wrong or missing password, without showing it', async () => {
      const locked = await RedisServer.start('--requirepass', 'right');
      try {
        for (const kind of KINDS) {
          const url = `redis://:wrong-one@127.0.0.1:${locked.port}`;
          await assert.rejects(inTime(RedisTestServer.start({ url, kind })), (error: Error) => {
            assert.match(error.message, /Redis at redis:\/\/127\.0\.0\.1:\d+ cannot be reached: (Ready check failed: )?(WRONGPASS|NOAUTH)/);
            assert.doesNotMatch(error.message, /wrong-one/);
            return true;
          });
          await assert.rejects(inTime(RedisTestServer.start({ url: locked.url, kind })), /NOAUTH/);
        }
        const server = await RedisTestServer.start({ url: locked.url, password: 'right' });
        await server.close();
      } finally {
        await locked.close();
      }
    });

    for (const kind of KINDS) {
      it(`${kind}, optional: starts without Redis, logs that once, and joins the others when Redis is there`, async () => {
        await redis.stop();
        const options = { kind, optional: true, connectTimeout: 300 };
        const [ a, b ] = await Promise.all([ start(options), start(options) ]);
        const [ onA, onB ] = [ await a.connect(), await b.connect() ];
        a.io.emit('hi');
        await onA.next('hi');
        await redis.run();
        await Promise.all([ a.log.has(2), b.log.has(2) ]);
        await untilHeard(a, onB);
        assert.equal(a.log.lines.length, 2);
        assert.match(a.log.lines[0], /^error .* cannot be reached: connect ECONNREFUSED/);
        assert.match(a.log.lines[1], /^warn .* is back after \d+ ms; 1 messages? to other servers were lost/);
      });
    }
  });
});
