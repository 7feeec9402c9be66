import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Socket as EngineSocket } from 'engine.io';
import type { EggLogger } from 'egg';
import { AddressLimit } from '../../lib/limits/addresses';
import { addressOf } from '../../lib/limits/egg_request';
import { Refusals } from '../../lib/limits/refusals';
import { type AttackedApp, RawClient, withAttackedApp } from '../support/attacked_app';
import { MemoryNetwork, type MemoryPort } from '../support/memory_peers';

const MOST = 3;
const LIMITS = `limits: { connectionsPerAddress: ${MOST} }`;
const PROXY = 'proxy: true,';
const QUERY = '/socket.io/?EIO=4&transport=';
const REFUSED = {
  polling: { status: 403, body: '{"code":4,"message":"too many connections"}' },
  websocket: { status: 400, body: 'too many connections' },
};

type Headers = Record<string, string>;

function from(address: string): Headers {
  return { 'X-Forwarded-For': address };
}

function sessionsOf({ io }: AttackedApp, address?: string): EngineSocket[] {
  const { clients } = io.engine as unknown as { clients: Record<string, EngineSocket> };
  return Object.values(clients).filter(({ request: { headers } }) => headers['x-forwarded-for'] === address);
}

async function assertFull(attacked: AttackedApp, headers: Headers = {}): Promise<void> {
  assert.deepEqual(await attacked.poll(headers), REFUSED.polling);
  assert.deepEqual(await attacked.upgrade(headers), REFUSED.websocket);
}

/** Takes the places that an address must still have, and fails if there is one more. */
async function fill(attacked: AttackedApp, free = MOST, headers: Headers = {}): Promise<void> {
  for (let i = 0; i < free; i++) {
    const client = await RawClient.open(attacked.port, headers);
    // It stays, also where the server pings it at once.
    client.ws.on('message', data => { if (String(data) === '2') client.send('3'); });
  }
  await assertFull(attacked, headers);
}

type Decide = (message: string | null, success: boolean) => void;

/** A handshake that an app keeps waiting, with what the app answers it. */
async function keptWaiting(send: () => void): Promise<[ Decide, IncomingMessage ]> {
  const waiting = once(process as unknown as EventEmitter, 'test handshake');
  send();
  return await waiting as [ Decide, IncomingMessage ];
}
const KEEP_WAITING = "allowRequest: (req, done) => { if (req.headers['x-wait']) process.emit('test handshake', done, req); else done(null, !req.headers['x-not']); }";

describe('test/security/addresses.test.ts', () => {
  it('refuses a connection beyond the limit of an address, by each transport, until one is closed; other addresses are not affected', () => (
    withAttackedApp(`{ ${LIMITS} }`, async attacked => {
      const { refused, warnings, beside, io } = attacked;
      const address = '203.0.113.9';
      await beside(async () => {
        await fill(attacked, MOST, from(address));
        for (let i = 0; i < 50; i++) assert.equal((await attacked.upgrade(from(address))).status, 400);
        assert.equal(io.engine.clientsCount, MOST + 1);
        for (let i = 0; i < 3; i++) {
          sessionsOf(attacked, address)[0].close(true);
          assert.equal((await attacked.poll(from(address))).status, 200);
          await assertFull(attacked, from(address));
        }
        await fill(attacked, MOST, from('203.0.113.10'));
      });
      assert.equal((await refused()).connectionsPerAddress, 2 + 50 + 3 * 2 + 2);
      assert.equal(warnings.filter(line => line.includes('connectionsPerAddress'))[0],
        '[egg-socketio] refused a connection from 203.0.113.9, which has 3 already (config.socketio.limits.connectionsPerAddress).');
    }, PROXY)
  ));

  it('frees the place when the client closes its connection', () => withAttackedApp(`{ ${LIMITS} }`, async attacked => {
    await fill(attacked);
    const [ session ] = sessionsOf(attacked);
    (session.transport as unknown as { socket: { _socket: { end(): void } } }).socket._socket.end();
    await once(session, 'close');
    await fill(attacked, 1);
  }));

  it('frees the place when a polling client does not return', () => (
    withAttackedApp(`{ ${LIMITS}, pingInterval: 20, pingTimeout: 20 }`, async attacked => {
      for (let i = 0; i < 5; i++) {
        const connection = once(attacked.io.engine, 'connection');
        assert.equal((await attacked.poll()).status, 200);
        const [ session ] = await connection as [ EngineSocket ];
        await once(session, 'close');
      }
      assert.equal((await attacked.poll()).status, 200);
    })
  ));

  it('admits no more clients than the limit if many connect while the app\'s own check is slow', () => withAttackedApp(`{ ${LIMITS}, ${KEEP_WAITING} }`, async attacked => {
    const waiting: Decide[] = [];
    let refused = 0;
    await new Promise<void>(resolve => {
      const count = () => { if (waiting.length + refused === 20) resolve(); };
      const keep = (decide: Decide) => {
        waiting.push(decide);
        count();
      };
      (process as unknown as EventEmitter).on('test handshake', keep);
      for (let i = 0; i < 20; i++) {
        void attacked[i % 2 ? 'poll' : 'upgrade']({ 'X-Wait': '1' }).then(({ status }) => {
          if (status >= 400) refused += 1;
          count();
        });
      }
    });
    (process as unknown as EventEmitter).removeAllListeners('test handshake');
    assert.deepEqual([ waiting.length, refused ], [ MOST, 20 - MOST ]);
    for (const decide of waiting) decide('no', false);
    // The answers are on their way.
    for (let i = 0; i < 10; i++) await setImmediate();
    await fill(attacked);
  }));

  describe('a handshake that fails leaves no place taken', () => {
    const failing = (name: string, config: string, fail: (attacked: AttackedApp) => Promise<unknown>) => {
      it(name, () => withAttackedApp(`{ ${LIMITS}, ${config} }`, async attacked => {
        for (let i = 0; i < 3 * MOST; i++) {
          await fail(attacked);
          await setImmediate();
        }
        await fill(attacked);
      }));
    };

    failing('refused by the app', KEEP_WAITING, async ({ poll, upgrade }) => {
      assert.equal((await poll({ 'X-Not': '1' })).status, 403);
      assert.equal((await upgrade({ 'X-Not': '1' })).status, 400);
    });

    failing('refused by the app, over a connection that stays open', KEEP_WAITING, async ({ port }) => {
      const socket = connect({ port, host: '127.0.0.1' });
      for (let i = 0; i < 2 * MOST; i++) {
        socket.write(`GET ${QUERY}polling HTTP/1.1\r\nHost: a\r\nX-Not: 1\r\n\r\n`);
        const [ answer ] = await once(socket, 'data');
        assert.match(String(answer), /^HTTP\/1.1 403 /);
      }
      socket.destroy();
    });

    failing('refused by the origin policy, which comes first', '', async ({ poll, upgrade, refused }) => {
      assert.match((await poll({ Origin: 'https://evil.example' })).body, /origin not allowed/);
      assert.match((await upgrade({ Origin: 'https://evil.example' })).body, /origin not allowed/);
      assert.equal((await refused()).connectionsPerAddress, 0);
    });

    failing('refused by Engine.IO, for its protocol', '', async ({ port }) => {
      const asked = request({ port, host: '127.0.0.1', path: '/socket.io/?EIO=3&transport=polling', agent: false }).end();
      const [ answer ] = await once(asked, 'response') as [ IncomingMessage ];
      assert.equal(answer.statusCode, 400);
      answer.resume();
      await once(answer, 'end');
    });

    failing('refused by ws, for its key', '', async ({ port }) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.write(`GET ${QUERY}websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n`);
      assert.match(String(await socket.setEncoding('latin1').toArray()), /^HTTP\/1.1 400 /);
    });

    failing('without an id', '', async ({ io, poll }) => {
      const { generateId } = io.engine;
      io.engine.generateId = () => { throw new Error('no id'); };
      assert.equal((await poll()).status, 400);
      io.engine.generateId = generateId;
    });

    for (const transport of [ 'polling', 'websocket' ] as const) {
      failing(`left by its client while the app decides: ${transport}`, `${KEEP_WAITING}, pingInterval: 20, pingTimeout: 200`, async attacked => {
        const socket = connect({ port: attacked.port, host: '127.0.0.1' });
        const upgrade = transport === 'polling' ? '' : 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
        const [ decide, req ] = await keptWaiting(() => socket.write(`GET ${QUERY}${transport} HTTP/1.1\r\nHost: a\r\nX-Wait: 1\r\n${upgrade}\r\n`));
        // Nobody reads an upgraded connection until the handshake is decided.
        const left = transport === 'polling' ? once(req.socket, 'close') : undefined;
        socket.destroy();
        await left;
        // Engine.IO makes a session of it all the same, which has its place as long as it lives.
        const connection = once(attacked.io.engine, 'connection');
        decide(null, true);
        const [ session ] = await connection as [ EngineSocket ];
        await once(session, 'close');
      });
    }
  });

  describe('takes the address from where Egg takes ctx.ip', () => {
    it('the connection, without config.proxy', () => withAttackedApp(`{ ${LIMITS} }`, async attacked => {
      for (let i = 0; i < MOST; i++) assert.equal((await attacked.poll(from(`203.0.113.${i}`))).status, 200);
      await assertFull(attacked, from('203.0.113.99'));
    }));

    it('a header, with config.proxy; one spelling is as good as another', () => withAttackedApp(`{ ${LIMITS} }`, async attacked => {
      for (const same of [
        [ '203.0.113.1', '::ffff:203.0.113.1', '::FFFF:cb00:7101' ],
        [ '2001:db8::1', '2001:DB8:0:0:0:0:0:1', '2001:0db8::0001' ],
      ]) {
        for (const address of same) assert.equal((await attacked.poll(from(address))).status, 200, address);
        for (const address of same) await assertFull(attacked, from(address));
      }
      assert.equal((await attacked.poll(from('2001:db8::2'))).status, 200);
      assert.equal((await attacked.poll(from('no address'))).status, 200);
    }, PROXY));

    it('a header, with a port or without', () => withAttackedApp(`{ ${LIMITS} }`, async attacked => {
      for (const same of [
        [ '203.0.113.1:1', '203.0.113.1:65535', '203.0.113.1' ],
        [ '[2001:db8::1]:443', '[2001:db8::1]', '2001:db8::1' ],
        [ '[::ffff:203.0.113.2]:443', '203.0.113.2:80', '::ffff:203.0.113.2' ],
        // No addresses, and each itself.
        [ '203.0.113.3:x', '203.0.113.3:x', '203.0.113.3:x' ],
      ]) {
        for (const address of same) assert.equal((await attacked.poll(from(address))).status, 200, address);
        for (const address of same) await assertFull(attacked, from(address));
      }
      for (const other of [ '203.0.113.3', '203.0.113.4:1', '[2001:db8::2]:443' ]) assert.equal((await attacked.poll(from(other))).status, 200, other);
    }, PROXY));

    it('by the network of an IPv6 address, with ipv6Prefix', () => withAttackedApp(`{ limits: { connectionsPerAddress: ${MOST}, ipv6Prefix: 64 } }`, async attacked => {
      for (const same of [
        [ '2001:db8:0:1::1', '[2001:db8:0:1:ffff::]:443', '2001:db8:0:1:a:b:c:d' ],
        [ '::1', '::2', '::3:0:0:1' ],
      ]) {
        for (const address of same) assert.equal((await attacked.poll(from(address))).status, 200, address);
        await assertFull(attacked, from(same[0]));
      }
      for (const other of [ '2001:db8:0:2::1', '2001:db8:1:1::1', '203.0.113.1', '203.0.113.2', '::ffff:203.0.113.3' ]) {
        assert.equal((await attacked.poll(from(other))).status, 200, other);
      }
      assert.match(attacked.warnings.find(line => line.includes('connectionsPerAddress'))!, / from 2001:db8:0:1::\/64, which has 3 already/);
    }, PROXY));

    for (const [ prefix, together, apart ] of [
      [ 1, '7fff::', '8000::' ], [ 48, '2001:db8:0:ffff::', '2001:db8:1::' ], [ 56, '2001:db8:0:ff::', '2001:db8:0:100::' ],
      [ 127, '2001:db8::1', '2001:db8::2' ], [ 128, '2001:db8::', '2001:db8::1' ],
    ] as const) {
      it(`an IPv6 address by its first ${prefix} bits`, () => {
        const app = { request: { get ip() { return (this as unknown as { req: { ip: string } }).req.ip; } } };
        const shown = (ip: string) => addressOf(app as never, { ip } as never, prefix);
        assert.equal(shown(together), shown('2001:db8::'));
        assert.notEqual(shown(apart), shown('2001:db8::'));
      });
    }

    it('the last address of a header, with config.maxIpsCount', () => withAttackedApp(`{ ${LIMITS} }`, async attacked => {
      for (let i = 0; i < MOST; i++) assert.equal((await attacked.poll(from(`198.51.100.${i}, 203.0.113.1`))).status, 200);
      await assertFull(attacked, from('198.51.100.99, 203.0.113.1'));
    }, `${PROXY} maxIpsCount: 1,`));

    it('another header, with config.ipHeaders', () => withAttackedApp(`{ ${LIMITS} }`, async attacked => {
      for (let i = 0; i < MOST; i++) assert.equal((await attacked.poll({ 'X-Real-Ip': '203.0.113.1', ...from(`198.51.100.${i}`) })).status, 200);
      await assertFull(attacked, { 'X-Real-Ip': '203.0.113.1' });
    }, `${PROXY} ipHeaders: 'x-real-ip',`));
  });

  for (const config of [ '{}', '{ limits: { connectionsPerAddress: false } }' ]) {
    it(`is off: ${config}`, () => withAttackedApp(config, async attacked => {
      for (let i = 0; i < 100; i++) assert.equal((await attacked.poll()).status, 200);
      assert.equal((await attacked.refused()).connectionsPerAddress, 0);
    }));
  }

  describe('among workers', () => {
    const app = { request: { get ip() { return (this as unknown as { req: { ip: string } }).req.ip; } } };

    /** A worker, as far as this limit is concerned. */
    function worker(port: MemoryPort) {
      const limit = new AddressLimit(app as never, 2, new Refusals({ warn: () => undefined } as unknown as EggLogger), port);
      return {
        limit, port,
        /** The session of a new connection, if it is let in. */
        open(ip: string): EventEmitter | undefined {
          const req = Object.assign(new EventEmitter(), { ip, socket: Object.assign(new EventEmitter(), { destroyed: false }) });
          let isAllowed = false;
          limit.guard()(req as never, (_message, success) => { isAllowed = success; });
          const session = Object.assign(new EventEmitter(), { request: req });
          if (isAllowed) limit.admit(session as never);
          return isAllowed ? session : undefined;
        },
      };
    }

    /** Until nothing is on its way. */
    async function settle(): Promise<void> {
      for (let i = 0; i < 5; i++) await setImmediate();
    }

    it('each counts the connections of all, also one that starts later, and not those of a dead one', async () => {
      const network = new MemoryNetwork();
      const a = worker(network.join());
      const b = worker(network.join());
      const session = a.open('x');
      assert.ok(session && a.open('y'));
      await settle();
      assert.ok(b.open('x'));
      await settle();
      const c = worker(network.join());
      await settle();
      for (const { limit } of [ a, b, c ]) assert.deepEqual([ limit.count('x'), limit.count('y') ], [ 2, 1 ]);
      for (const one of [ a, b, c ]) assert.equal(one.open('x'), undefined);
      session.emit('close');
      await settle();
      assert.ok(c.open('x'));
      await settle();
      assert.deepEqual([ a, b, c ].map(({ limit }) => limit.count('x')), [ 2, 2, 2 ]);
      network.kill(a.port.tag);
      network.kill(b.port.tag);
      await settle();
      assert.deepEqual([ c.limit.count('x'), c.limit.count('y') ], [ 1, 0 ]);
    });

    it('a worker that was given up and is back is counted again', async () => {
      const network = new MemoryNetwork();
      const a = worker(network.join());
      const b = worker(network.join());
      assert.ok(a.open('x') && a.open('x'));
      await settle();
      for (const { onDown } of b.port.listeners) onDown(a.port.tag);
      assert.equal(b.limit.count('x'), 0);
      for (const listener of b.port.listeners) listener.onUp?.(a.port.tag);
      await settle();
      assert.equal(b.open('x'), undefined);
    });

    it('sends the changes of one turn as one message', async () => {
      const network = new MemoryNetwork();
      const a = worker(network.join());
      network.join();
      await settle();
      const sent = network.sent.length;
      for (let i = 0; i < 10; i++) a.open(`${i}`);
      await settle();
      assert.equal(network.sent.length, sent + 1);
    });
  });
});
