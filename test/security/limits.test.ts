import assert from 'node:assert/strict';
import { world } from '../fixtures/apps/limits/app/socket/limits';
import { useApp } from '../support/app';
import { type AttachedServer, attachServer } from '../support/attached_server';
import { type RawClients, useRawClients } from '../support/protocol/clients';
import type { PollingSession } from '../support/protocol/polling_session';
import type { RawWebSocket } from '../support/protocol/raw_websocket';

const BURST = 60;
const RATE_LIMITED = { error: { code: 'RATE_LIMITED', message: 'too many events' } };
const TIMEOUT = { code: 'HANDLER_TIMEOUT', message: 'the handler took too long' };

/** A promise that somebody else settles. */
function defer() {
  let settle!: () => void;
  const promise = new Promise<void>(resolve => { settle = resolve; });
  return { promise, settle };
}

/** Polls until the session is closed. */
async function untilGone(session: PollingSession): Promise<void> {
  while ((await fetch(session.url)).status === 200);
}

describe('test/security/limits.test.ts', () => {
  const t = useApp('limits');
  let server: AttachedServer;
  const raw: RawClients = useRawClients(() => `http://${server.host}`);
  const sockets = (nsp: string) => t.app.io.of(nsp).sockets.size;
  const refused = async () => (await t.app.io.stats()).total.refused;
  const namespaces = () => [ ...t.app.io._nsps.keys() ].sort();

  before(async () => { server = await attachServer(t.app); });
  after(() => server.close());
  beforeEach(() => {
    world.handled = 0;
    world.admissions = 0;
    world.late = [];
    world.gate = Promise.resolve();
  });

  /** A session over WebSocket whose first packet is taken. */
  async function open(): Promise<RawWebSocket> {
    const socket = await raw.websocket();
    await socket.next();
    return socket;
  }

  async function connected(...prefixes: string[]): Promise<RawWebSocket> {
    const socket = await open();
    for (const prefix of prefixes) {
      socket.send(`40${prefix}`);
      assert.match(String(await socket.next()), new RegExp(`^40${prefix}\\{"sid"`));
    }
    return socket;
  }

  /** Has one who keeps to the rules ask while somebody attacks, and counts the answers. */
  async function besides(attack: () => Promise<unknown>): Promise<void> {
    const good = await t.connect();
    let attacking = true;
    const done = attack().finally(() => { attacking = false; });
    let answers = 0;
    while (attacking && answers < BURST - 2) {
      assert.equal(typeof await good.sendWithAck('count'), 'number');
      answers += 1;
    }
    await done;
    assert.equal(typeof await good.sendWithAck('count'), 'number');
    assert.ok(good.connected);
  }

  describe('events', () => {
    it('acks RATE_LIMITED to events beyond the rate', async () => {
      const client = await t.connect();
      const before = (await refused()).events;
      for (let i = 1; i < BURST; i++) assert.equal(await client.sendWithAck('count'), i);
      assert.deepEqual(await client.sendWithAck('count'), RATE_LIMITED);
      assert.deepEqual(await client.sendWithAck('unknown'), RATE_LIMITED, 'an event without a handler counts');
      client.send('count');
      assert.deepEqual(await client.sendWithAck('count'), RATE_LIMITED);
      assert.equal(world.handled, BURST - 1, 'the CONNECT has taken one');
      assert.equal((await refused()).events, before + 4);
      assert.deepEqual(client.pending, [], 'nothing is said of what was dropped');
    });

    it('closes the connection of a client that does not slow down', () => besides(async () => {
      const { handled } = world;
      const flood = await connected('');
      for (let i = 0; i < 20_000; i++) flood.send('42["count"]');
      await flood.closed;
      assert.ok(world.handled - handled < 2 * BURST, `${world.handled - handled} were handled`);
    }));

    it('closes it as well if one polling request contains all events', () => besides(async () => {
      const session = await raw.polling();
      await session.send('40');
      await session.take(1);
      const { handled } = world;
      await session.push(...Array.from({ length: 5000 }, () => '42["count"]'));
      await untilGone(session);
      assert.ok(world.handled - handled < 2 * BURST, `${world.handled - handled} were handled`);
    }));

    it('counts all namespaces of a connection, and CONNECTs', async () => {
      const client = await connected('', '/gated,');
      for (let i = 2; i < BURST; i++) client.send(i % 2 === 0 ? '42["count"]' : '42/gated,["count"]');
      client.send('420["count"]');
      assert.equal(await client.next(), `430[${JSON.stringify(RATE_LIMITED)}]`);
      assert.equal(world.handled, BURST - 2);
      client.send('40/room-1,');
      assert.equal(await client.next(), '44/room-1,{"message":"too many events","data":{"code":"RATE_LIMITED"}}');
    });

    it('limits each event with @RateLimit separately, and acks the time to retry', async () => {
      const client = await t.connect();
      assert.equal(await client.sendWithAck('seldom'), 'done');
      assert.equal(await client.sendWithAck('seldom'), 'done');
      const { error } = await client.sendWithAck<{ error: { code: string; details: { retryAfter: number } } }>('seldom');
      assert.equal(error.code, 'RATE_LIMITED');
      assert.ok(error.details.retryAfter > 900_000 && error.details.retryAfter <= 1_000_000, String(error.details.retryAfter));
      client.send('seldom');
      assert.equal((await client.next<[{ code: string }]>('exception'))[0].code, 'RATE_LIMITED');
      assert.equal(await client.sendWithAck('seldom too'), 'done');
      assert.equal(await (await t.connect()).sendWithAck('seldom'), 'done', 'another client');
    });
  });

  describe('CONNECTs', () => {
    it('allows no second socket of a namespace while the first one is connecting', () => besides(async () => {
      const { promise, settle } = defer();
      world.gate = promise;
      const attacker = await open();
      for (let i = 0; i < 500; i++) attacker.send('40/gated,');
      await attacker.closed;
      settle();
      assert.equal(world.admissions, 1);
      assert.equal(sockets('/gated'), 0);
    }));

    it('allows no second socket of a namespace while middleware of the app is slow', () => besides(async () => {
      const { promise, settle } = defer();
      const namespace = t.app.io.of('/own');
      let asked = 0;
      namespace.use((_socket, next) => {
        asked += 1;
        void promise.then(() => next());
      });
      const attacker = await open();
      for (let i = 0; i < 500; i++) attacker.send('40/own,');
      await attacker.closed;
      settle();
      assert.equal(asked, 1);
      assert.equal(namespace.sockets.size, 0);
    }));

    it('allows no second socket of a namespace if connecting takes no time', () => besides(async () => {
      const session = await raw.polling();
      const before = sockets('/');
      const { connections } = world;
      await session.push(...Array.from({ length: 500 }, () => '40'));
      await untilGone(session);
      assert.ok(world.connections - connections <= 1, `${world.connections - connections} were connected`);
      assert.equal(sockets('/'), before);
    }));

    it('refuses a CONNECT beyond pendingConnects', async () => {
      const { promise, settle } = defer();
      world.gate = promise;
      const before = (await refused()).pendingConnects;
      const client = await open();
      for (let i = 0; i < 7; i++) client.send(`40/room-${i},`);
      for (const i of [ 5, 6 ]) {
        assert.equal(await client.next(), `44/room-${i},{"message":"too many connects at once","data":{"code":"TOO_MANY_CONNECTS","details":{"limit":5}}}`);
      }
      settle();
      for (const i of [ 0, 1, 2, 3, 4 ]) assert.match(String(await client.next()), new RegExp(`^40/room-${i},`));
      assert.equal((await refused()).pendingConnects, before + 2);
      client.send('40/room-5,');
      assert.match(String(await client.next()), /^40\/room-5,/);
    });

    it('no longer counts CONNECTs that the app\'s middleware has refused', async () => {
      t.app.io.of('/picky').use((socket, next) => next(socket.handshake.auth.please ? undefined : new Error('say please')));
      const client = await open();
      client.send('40/picky,');
      assert.equal(await client.next(), '44/picky,{"message":"say please"}');
      client.send('40/picky,{"please":true}');
      assert.match(String(await client.next()), /^40\/picky,/);
    });

    it('refuses a namespace beyond the limit of a connection, until it has left one', async () => {
      const client = await connected(...Array.from({ length: 8 }, (_, i) => `/room-${i},`));
      client.send('40/room-8,');
      assert.equal(await client.next(), '44/room-8,{"message":"too many namespaces","data":{"code":"TOO_MANY_NAMESPACES","details":{"limit":8}}}');
      client.send('41/room-3,', '40/room-8,');
      assert.match(String(await client.next()), /^40\/room-8,/);
    });

    it('keeps no dynamic namespace whose clients have left or were refused', () => besides(async () => {
      const before = namespaces();
      for (const auth of [ '{"deny":true}', '{"refuse":true}', '' ]) {
        for (let round = 0; round < 50; round++) {
          const client = await open();
          const names = Array.from({ length: 40 }, (_, i) => `/room-${round}${i},`);
          client.send(...names.slice(0, 5).map(name => `40${name}${auth}`), ...names.slice(5).map(name => `40${name}{"deny":true}`));
          await client.take(40);
          await client.close();
        }
      }
      // Its last sockets leave once the server has heard of the closing.
      while (namespaces().length > before.length) await new Promise(setImmediate);
      assert.deepEqual(namespaces(), before);
    }));

    it('allows no second socket of a namespace for a client that recovers its session many times at once', async () => {
      const first = await open();
      first.send('40');
      const { pid } = JSON.parse(String(await first.next()).slice(2)) as { pid: string };
      t.app.io.emit('news');
      const [ , offset ] = JSON.parse(String(await first.next()).slice(2)) as string[];
      const before = sockets('/');
      first.terminate();
      while (sockets('/') === before) await new Promise(setImmediate);
      const { connections } = world;
      const again = await raw.polling();
      await again.push(...Array.from({ length: 20 }, () => `40${JSON.stringify({ pid, offset })}`));
      await untilGone(again);
      assert.ok(world.connections <= connections + 1, `${world.connections - connections} were connected`);
      assert.equal(sockets('/'), before - 1);
    });
  });

  describe('rooms', () => {
    const TOO_MANY_ROOMS = { error: { code: 'TOO_MANY_ROOMS', message: 'too many rooms', details: { limit: 4 } } };

    it('rejects joining a room beyond the limit', async () => {
      const client = await t.connect();
      const before = (await refused()).rooms;
      assert.equal(await client.sendWithAck('join', 'a', 'b', 'c', 'd'), 5, 'and its own');
      assert.equal(await client.sendWithAck('join', 'a', 'd', client.id), 5, 'it is there already');
      assert.deepEqual(await client.sendWithAck('join', 'e'), TOO_MANY_ROOMS);
      assert.equal(await client.sendWithAck('join and forget', 'e'), 5);
      await client.sendWithAck('leave', 'b');
      assert.deepEqual(await client.sendWithAck('join', 'e', 'f'), TOO_MANY_ROOMS, 'none of several');
      assert.equal(await client.sendWithAck('join', 'e', 'e'), 5);
      assert.equal((await refused()).rooms, before + 3);
    });

    it('does not iterate over the rooms of a socket, even at the limit', async () => {
      const client = await t.connect();
      await client.sendWithAck('join', 'a', 'b', 'c');
      const socket = t.app.io.sockets.sockets.get(client.id!)!;
      const joined = Object.assign(new Set(socket.rooms), { [Symbol.iterator]() { throw new Error('all rooms were looked at'); } });
      Object.defineProperty(socket, 'rooms', { value: joined });
      await socket.join([ 'c', 'd' ]);
      assert.equal(t.app.io.sockets.adapter.rooms.get('d')?.has(client.id!), true);
      joined.add('d');
      await assert.rejects(async () => socket.join('e'), { code: 'TOO_MANY_ROOMS' });
    });

    it('ignores socketsJoin() beyond the limit, and counts it', async () => {
      const client = await t.connect();
      const before = (await refused()).rooms;
      t.app.io.in(client.id!).socketsJoin([ 'a', 'b', 'c', 'd', 'e' ]);
      t.app.io.in(client.id!).socketsJoin('a');
      assert.equal(await client.sendWithAck('join'), 2);
      assert.equal((await refused()).rooms, before + 1);
    });
  });

  describe('handlerTimeout', () => {
    it('acks HANDLER_TIMEOUT for a handler that hangs', async () => {
      const client = await t.connect();
      const before = (await refused()).handlerTimeout;
      assert.deepEqual(await client.sendWithAck('hang'), { error: TIMEOUT });
      client.send('hang').send('hang');
      for (let i = 0; i < 2; i++) assert.deepEqual((await client.next('exception'))[0], { event: 'hang', ...TIMEOUT });
      assert.equal((await refused()).handlerTimeout, before + 3);
    });

    it('discards a late return value, and logs a late error', async () => {
      const { promise, settle } = defer();
      world.gate = promise;
      const client = await t.connect();
      t.app.mockLog();
      assert.deepEqual(await client.sendWithAck('late', true), { error: TIMEOUT });
      client.send('late', false);
      assert.deepEqual((await client.next('exception'))[0], { event: 'late', ...TIMEOUT });
      settle();
      await client.sendWithAck('count');
      assert.deepEqual(world.late, [ 'ran', 'ran' ]);
      assert.deepEqual(client.pending, []);
      t.app.expectLog('too late to tell');
    });

    it('refuses a connection whose middleware hangs', async () => {
      await assert.rejects(t.connect({ namespace: '/never-admitted' }), { message: TIMEOUT.message, data: { code: TIMEOUT.code } });
      assert.equal(sockets('/never-admitted'), 0);
    });

    it('closes a connection whose connection handlers hang, and never handles its waiting events', async () => {
      const client = await t.connect({ namespace: '/stuck' });
      client.send('count');
      const gone = new Promise<string>(resolve => { client.once('disconnect', resolve); });
      assert.deepEqual((await client.next('exception'))[0], { event: 'connection', ...TIMEOUT });
      assert.equal(await gone, 'transport close');
      assert.equal(world.handled, 0);
    });
  });

  describe('ackTimeout', () => {
    for (const who of [ 'me', 'all' ]) {
      it(`rejects emitWithAck() to ${who} after the time-out`, async () => {
        const client = await t.connect();
        const before = (await refused()).ackTimeout;
        const { error } = await client.sendWithAck<{ error: { message: string } }>('ask', who);
        assert.match(error.message, /operation has timed out/);
        assert.equal((await refused()).ackTimeout, before + 1);
        client.socket.on('question', (...args: unknown[]) => (args.at(-1) as (answer: string) => void)('yes'));
        assert.deepEqual(await client.sendWithAck('ask', who), who === 'all' ? [ 'yes' ] : 'yes');
      });

      it(`does not change the app's own timeout() for ${who}`, async () => {
        const client = await t.connect();
        const before = (await refused()).ackTimeout;
        const { error } = await client.sendWithAck<{ error: { message: string } }>('ask', who, 5);
        assert.match(error.message, /operation has timed out/);
        assert.equal((await refused()).ackTimeout, before);
      });
    }
  });
});
