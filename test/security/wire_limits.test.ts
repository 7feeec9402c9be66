import assert from 'node:assert/strict';
import { pack, unpack } from 'msgpackr';
import WebSocket from 'ws';
import { countPackets } from '../../lib/limits/payload';
import { SocketIOTestClient } from '../../lib/mock/typed';
import { withAttackedApp } from '../support/attacked_app';
import { connectWire, openWire, type Wire, WIRES } from '../support/wire_attacker';

function nameOf({ eio, transport }: Wire): string {
  return `over ${transport}, protocol ${eio}`;
}

/** What `auth` is with protocol 3: a query behind the namespace. */
function connectPacket({ eio }: Wire, namespace: string, bytes: number): string {
  return eio === 4 ? `40${namespace},{"token":"${'t'.repeat(bytes)}"}` : `40${namespace}?token=${'t'.repeat(bytes)},`;
}

const EIO3 = 'allowEIO3: true';

describe('test/security/wire_limits.test.ts', () => {
  for (const wire of WIRES) {
    describe(nameOf(wire), () => {
      const limited = (limits: string) => `{ ${EIO3}, limits: ${limits} }`;

      for (const [ what, packet ] of [
        [ 'an event with 490,000', `42["echo"${',1'.repeat(490_000)}]` ], [ 'an event with 490,000 that wants an ack', `421["echo"${',1'.repeat(490_000)}]` ],
        [ 'an ack with 490,000', `431[1${',1'.repeat(490_000)}]` ], [ 'an event with one too many', `42["echo"${',1'.repeat(1001)}]` ],
      ] as const) {
        it(`arguments: ${what} closes the connection`, async () => {
          await withAttackedApp(`{ ${EIO3} }`, async ({ port, refused, beside }) => {
            await beside(async bystander => {
              const attacker = await connectWire(wire, port);
              await attacker.send(packet);
              await attacker.closed;
              assert.equal((await refused()).arguments, 1);
              assert.equal(await bystander.sendWithAck('echo', 1), 1);
            });
          });
        });
      }

      it('arguments: the maximum number is accepted', async () => {
        await withAttackedApp(`{ ${EIO3} }`, async ({ port, refused }) => {
          const client = await connectWire(wire, port);
          await client.send(`421["echo"${',1'.repeat(1000)}]`);
          assert.equal(await client.next('431'), '431[1]');
          assert.equal((await refused()).arguments, 0);
          client.abort();
        });
      });

      it('nameLength: a longer name of an event or a namespace closes the connection, and one of the maximum length does not', async () => {
        await withAttackedApp(limited('{ nameLength: 50 }'), async ({ port, refused, beside }) => {
          await beside(async () => {
            const fits = await connectWire(wire, port);
            await fits.send(`421["${'e'.repeat(50)}"]`);
            await fits.next('431[');
            await fits.send(wire.eio === 4 ? `40/${'n'.repeat(49)},` : connectPacket(wire, `/${'n'.repeat(49)}`, 100));
            await fits.next('44');
            fits.abort();
            for (const packet of [ `421["${'e'.repeat(51)}"]`, `40/${'n'.repeat(50)},`, `42/${'n'.repeat(50)},["e"]` ]) {
              const attacker = await connectWire(wire, port);
              await attacker.send(packet);
              await attacker.closed;
            }
          });
          assert.equal((await refused()).nameLength, 3);
        });
      });

      it('events: CONNECTs to a missing namespace count, and a flood of them closes the connection', async () => {
        await withAttackedApp(limited('{ events: { perSecond: 1, burst: 50 } }'), async ({ port, refused, io }) => {
          const attacker = await openWire(wire, port);
          const made = io._nsps.size;
          await attacker.send(...Array.from({ length: 3000 }, (_, i) => `40/nowhere-${i},`));
          const received = await attacker.closed;
          assert.ok(received.length <= 102, `${received.length} were answered`);
          assert.ok((await refused()).events >= 1);
          assert.equal(io._nsps.size, made);
        });
      });

      it('pendingConnects: tens of thousands of simultaneous CONNECTs create no more sockets than the limit', async () => {
        await withAttackedApp(limited('{ pendingConnects: 5, namespaces: false }'), async ({ port, io, refused, beside }) => {
          let made = 0;
          io.of(/^\/many-\d+$/).use((_socket, next) => {
            made += 1;
            setImmediate(next);
          });
          await beside(async () => {
            const attacker = await openWire(wire, port);
            await attacker.send(...Array.from({ length: 9999 }, (_, i) => `40/many-${i},`));
            if (wire.transport === 'polling') {
              assert.ok(made <= 6, `${made} sockets were made`);
              assert.ok((await refused()).pendingConnects > 4000);
            }
            attacker.abort();
          });
        });
      });

      it('events: a flood of unexpected acks closes the connection', async () => {
        await withAttackedApp(limited('{ events: { perSecond: 1, burst: 50 } }'), async ({ port, warnings, refused }) => {
          const attacker = await connectWire(wire, port);
          await attacker.send(...Array.from({ length: 3000 }, (_, i) => `43${i}[]`));
          await attacker.closed;
          assert.ok((await refused()).events >= 1);
          assert.match(warnings.join('\n'), /closed the connection of \S+: more than 1 unexpected acks a second/);
        });
      });

      for (const [ type, packet ] of [[ 'ping', '2' ], [ 'pong', '3' ], [ 'noop', '6' ], [ 'upgrade', '5' ]]) {
        // One that does not belong to the version closes the connection as well.
        it(`events: a flood of packets of type ${type} closes the connection`, async () => {
          await withAttackedApp(limited('{ events: { perSecond: 1, burst: 50 } }'), async ({ port, io }) => {
            const attacker = await connectWire(wire, port);
            await attacker.send(...Array.from({ length: 3000 }, () => packet));
            await attacker.closed;
            assert.equal(io.engine.clientsCount, 0);
          });
        });
      }

      it('events: connecting to and leaving a namespace repeatedly is limited like CONNECTs', async () => {
        // Next to none come back meanwhile, however busy the machine is.
        await withAttackedApp(limited('{ events: { perSecond: 0.01, burst: 50 } }'), async ({ port, io }) => {
          let connected = 0;
          io.of('/cycle').on('connection', () => { connected += 1; });
          const attacker = await openWire(wire, port);
          for (let i = 0; i < 120; i++) {
            void attacker.send('40/cycle,');
            if ((await attacker.next('4').catch(() => '')) === '') break;
            await attacker.send('41/cycle,');
          }
          await attacker.send(...Array.from({ length: 120 }, () => '40/cycle,'));
          await attacker.closed;
          assert.ok(connected <= 52, `${connected} connected`);
        });
      });

      it('authBytes: a larger CONNECT is refused with AUTH_TOO_LARGE; connectionAuthBytes bounds the sum of a connection', async () => {
        await withAttackedApp(limited('{ authBytes: 1000, connectionAuthBytes: 2500 }'), async ({ port, io, refused }) => {
          for (const name of [ '/a', '/b', '/c', '/d' ]) io.of(name);
          const client = await openWire(wire, port);
          const refusal = (limit: number) => {
            const data = { code: 'AUTH_TOO_LARGE', details: { limit } };
            return JSON.stringify(wire.eio === 4 ? { message: 'too much data in auth', data } : data);
          };
          await client.send(connectPacket(wire, '/a', 1001));
          assert.equal(await client.next('44'), `44/a,${refusal(1000)}`);
          for (const name of [ '/a', '/b' ]) {
            await client.send(connectPacket(wire, name, 950));
            await client.next(`40${name}`);
          }
          await client.send(connectPacket(wire, '/c', 950));
          assert.equal(await client.next('44'), `44/c,${refusal(2500)}`);
          // What was left counts no more.
          await client.send('41/a,', connectPacket(wire, '/c', 950));
          await client.next('40/c');
          const { authBytes, connectionAuthBytes } = await refused();
          assert.deepEqual([ authBytes, connectionAuthBytes ], [ 1, 1 ]);
          client.abort();
        });
      });

      it('a limit that is false does not limit', async () => {
        const limits = '{ arguments: false, nameLength: false, authBytes: false, connectionAuthBytes: false, payloadPackets: false, receivedBytes: false, events: false }';
        await withAttackedApp(limited(limits), async ({ port, io, refused }) => {
          io.of('/a');
          const client = await connectWire(wire, port);
          await client.send(`421["echo"${',1'.repeat(5000)}]`);
          assert.equal(await client.next('431'), '431[1]');
          await client.send(`422["${'e'.repeat(5000)}"]`, ...Array.from({ length: 12_000 }, () => (wire.eio === 4 ? '3' : '430[]')));
          await client.next('432');
          await client.send(connectPacket(wire, '/a', 300_000));
          await client.next('40/a');
          assert.deepEqual(Object.entries(await refused()).filter(([ , count ]) => count > 0), []);
          client.abort();
        });
      });

      if (wire.transport === 'polling') {
        for (const [ what, packet ] of [[ 'events', '42["echo"]' ], [ 'CONNECTs', '40/nowhere,' ], [ 'pongs', wire.eio === 4 ? '3' : '2' ]]) {
          it(`payloadPackets: a request with more ${what} closes the connection, and nothing of it is handled`, async () => {
            await withAttackedApp(limited('{ payloadPackets: 100 }'), async ({ port, io, refused }) => {
              const client = await connectWire(wire, port);
              let heard = 0;
              io.sockets.sockets.forEach(socket => socket.onAny(() => { heard += 1; }));
              await client.send(...Array.from({ length: 100 }, () => (wire.eio === 4 ? '3' : '2')));
              const attacker = await connectWire(wire, port);
              await attacker.send(...Array.from({ length: 101 }, () => packet));
              await attacker.closed;
              assert.equal(heard, 0);
              assert.equal((await refused()).payloadPackets, 1);
              await client.send('421["echo",1]');
              assert.equal(await client.next('431'), '431[1]');
              client.abort();
            });
          });
        }
      }

      if (wire.transport === 'websocket') {
        it('receivedBytes: a client that sends faster is read more slowly, other clients are not, and nothing is lost', async () => {
          await withAttackedApp(limited('{ receivedBytes: { perSecond: 1000000, burst: 100000 } }'), async ({ port, refused, beside, warnings }) => {
            await beside(async () => {
              const client = await connectWire(wire, port);
              const value = 'v'.repeat(100_000);
              for (let i = 1; i <= 8; i++) void client.send(`42${i}["echo","${value}"]`);
              for (let i = 1; i <= 8; i++) assert.equal((await client.next(`43${i}`)).length, value.length + 7);
              assert.ok((await refused()).receivedBytes >= 1);
              assert.match(warnings.join('\n'), /slowed down the connection of 127\.0\.0\.1: more than 1000000 bytes a second were sent/);
              client.abort();
            });
          });
        });
      }
    });
  }

  it('receivedBytes: a client that polls in order gets all answers, only later', async () => {
    await withAttackedApp('{ limits: { receivedBytes: { perSecond: 20000, burst: 10000 } } }', async ({ port, refused, beside }) => {
      await beside(async () => {
        const client = await new SocketIOTestClient({ port, transports: [ 'polling' ] }).connect();
        const value = 'v'.repeat(20_000);
        for (let i = 0; i < 3; i++) assert.equal(await client.sendWithAck('echo', value), value);
        assert.ok((await refused()).receivedBytes >= 1);
        await client.close();
      });
    });
  });

  it('nameLength: join() and socketsJoin() of a room with a longer name reject, and join nothing', async () => {
    await withAttackedApp('{ limits: { nameLength: 50 } }', async ({ port, io, last, refused }) => {
      const client = await new SocketIOTestClient({ port, transports: [ 'websocket' ] }).connect();
      const socket = last();
      await socket.join('r'.repeat(50));
      await assert.rejects(async () => socket.join('r'.repeat(51)), { code: 'NAME_TOO_LONG', details: { limit: 50 } });
      await assert.rejects(async () => socket.join([ 'a', 'r'.repeat(51) ]), { code: 'NAME_TOO_LONG' });
      io.socketsJoin('r'.repeat(51));
      assert.deepEqual([ ...socket.rooms ], [ socket.id, 'r'.repeat(50) ]);
      assert.equal((await refused()).nameLength, 3);
      await client.close();
    });
  });

  it('a parser that writes no text is limited as well', async () => {
    const parser = `{
      Encoder: class { encode(packet) { return [ require('msgpackr').pack(packet) ]; } },
      Decoder: class extends require('node:events') { add(chunk) { this.emit('decoded', require('msgpackr').unpack(chunk)); } destroy() {} },
    }`;
    await withAttackedApp(`{ parser: ${parser}, limits: { nameLength: 50, arguments: 10, authBytes: 1000, pendingConnects: 3 } }`, async ({ port, refused, io }) => {
      io.of('/a');
      const open = async () => {
        const ws = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
        const packets: Record<string, unknown>[] = [];
        const waiting: (() => void)[] = [];
        ws.on('message', (data, isBinary) => {
          if (!isBinary) return;
          packets.push(unpack(data as Buffer) as Record<string, unknown>);
          waiting.shift()?.();
        });
        await new Promise(resolve => ws.once('open', resolve));
        const closed = new Promise<void>(resolve => ws.once('close', () => resolve()));
        return {
          ws, closed, send: (packet: object) => ws.send(pack(packet)),
          async next() {
            if (packets.length === 0) await new Promise<void>(resolve => { waiting.push(resolve); });
            return packets.shift()!;
          },
        };
      };
      for (const packet of [
        { type: 2, nsp: '/', data: [ 'echo', ...Array.from({ length: 11 }, () => 1) ] }, { type: 3, nsp: '/', id: 1, data: Array.from({ length: 11 }, () => 1) },
        { type: 2, nsp: '/', data: [ 'e'.repeat(51) ] }, { type: 0, nsp: `/${'n'.repeat(50)}` },
      ]) {
        const client = await open();
        client.send({ type: 0, nsp: '/' });
        assert.equal((await client.next()).type, 0);
        client.send(packet);
        await client.closed;
      }
      const client = await open();
      client.send({ type: 0, nsp: '/a', data: { token: 't'.repeat(1001) } });
      assert.deepEqual(await client.next(), { type: 4, nsp: '/a', data: { message: 'too much data in auth', data: { code: 'AUTH_TOO_LARGE', details: { limit: 1000 } } } });
      client.send({ type: 0, nsp: '/a', data: { token: 't'.repeat(900) } });
      assert.equal((await client.next()).type, 0);
      client.ws.terminate();
      const counts = await refused();
      assert.deepEqual([ counts.arguments, counts.nameLength, counts.authBytes ], [ 2, 2, 1 ]);
    });
  });

  it('counts the packets of a payload as Engine.IO splits it', () => {
    assert.equal(countPackets('4a\x1e4b\x1e', 4, 10), 3);
    assert.equal(countPackets('4', 4, 10), 1);
    assert.equal(countPackets('4\x1e'.repeat(100), 4, 10), 11);
    assert.equal(countPackets('2:4a1:30:3:4:4', 3, 10), 4);
    assert.equal(countPackets('1:3'.repeat(100), 3, 10), 11);
    for (const broken of [ 'x', '-1:4', '1', ':', '1:3x:4' ]) assert.ok(countPackets(broken, 3, 10) <= 2, broken);
    const packet = (kind: number, text: string) => Buffer.from([ kind, ...`${text.length}`.split('').map(Number), 255, ...Buffer.from(text) ]);
    assert.equal(countPackets(Buffer.concat([ packet(0, '4a'), packet(1, 'x'.repeat(300)), packet(0, '3') ]), 3, 10), 3);
    assert.equal(countPackets(Buffer.concat(Array.from({ length: 100 }, () => packet(0, '3'))), 3, 10), 11);
    assert.equal(countPackets(Buffer.from([ 0, 1, 2, 3 ]), 3, 10), 0);
  });
});
