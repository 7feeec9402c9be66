import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EggLogger } from 'egg';
import { pack, unpack } from 'msgpackr';
import * as socketIoParser from 'socket.io-parser';
import { createServer as createSocketIO } from '../../lib/boot/engine';
import { DecoderLimits, type Parser } from '../../lib/limits/decoder';
import type { HandOver } from '../../lib/limits/engine_listeners';
import { nestingOf } from '../../lib/limits/nesting';
import { Refusals } from '../../lib/limits/refusals';
import { SocketIOTestClient } from '../../lib/mock/typed';
import { memoryInUse, RawClient, withAttackedApp } from '../support/attacked_app';
import { exchange } from '../support/sticky_http';

const MEGABYTE = 1024 * 1024;
const PLACEHOLDER = '{"_placeholder":true,"num":0}';

function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}

/** Text packets with so many levels, one in each way to get them past a careless count. */
const DEEP: Record<string, (levels: number) => string> = {
  'an event': levels => `2["echo",${nested(levels - 1)}]`,
  objects: levels => `2["echo",${'{"a":'.repeat(levels - 1)}1${'}'.repeat(levels - 1)}]`,
  'an event with an id, in a namespace with a quote in its name': levels => `2/",7["echo",${nested(levels - 1)}]`,
  'an event in a namespace with closing brackets in its name': levels => `2/${']'.repeat(levels)},["echo",${nested(levels - 1)}]`,
  'after a string that ends in a backslash': levels => `2["echo","\\\\",${nested(levels - 1)}]`,
  'after a string that ends in a quote': levels => `2["echo","\\"",${nested(levels - 1)}]`,
  'after a string that ends in a backslash and a quote': levels => `2["echo","\\\\\\"",${nested(levels - 1)}]`,
  'behind long flat values': levels => `2["echo",${'[0],'.repeat(50_000)}${nested(levels - 1)}]`,
  'an ack': levels => `31${nested(levels)}`,
  'a CONNECT': levels => `0{"a":${nested(levels - 1)}}`,
  'a CONNECT to another namespace': levels => `0/other,{"a":${nested(levels - 1)}}`,
  'a binary event': levels => `51-["echo",${nested(levels - 1)},${PLACEHOLDER}]`,
};

/** Lets every packet through. */
const gate = { excessOf: () => undefined, pass: (_session: unknown, _packet: unknown, _chunk: unknown, go: () => void) => go() };

const silent = { warn: () => undefined } as unknown as EggLogger;

/** A Socket.IO server, made as lib/boot/framework.ts makes it. */
async function serve(
  limits: { depth: number; attachmentTimeout: number }, parser?: object, Decoders = DecoderLimits,
) {
  const log = new EventEmitter();
  const refusals = new Refusals({ warn: () => log.emit('warning') } as unknown as EggLogger);
  const decoders = new Decoders((parser ?? socketIoParser) as Parser, limits, refusals, () => 'a client', gate);
  const http = createServer();
  const server = createSocketIO(http, { parser: decoders.parser }, { decoders });
  server.on('connection', socket => socket.on('echo', (value: unknown, ack: (value: unknown) => void) => ack(value)));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return { server, decoders, log, refused: () => refusals.counts, port: (http.address() as AddressInfo).port };
}

describe('test/security/decoder.test.ts', () => {
  describe('limits.depth', () => {
    it('counts only brackets outside of strings, as JSON.parse does', () => {
      for (const [ what, make ] of Object.entries(DEEP)) {
        for (const levels of [ 2, 3, 100, 5000 ]) assert.equal(nestingOf(make(levels)), levels, `${what}, ${levels} levels`);
        assert.equal(nestingOf(make(5000), 10), 11);
      }
      const values = [ '[[[', '{"', '\\', '\\"[', ']]', [ '"', [ '\\\\"[[' ]], { '[{"': [ '/,[' ] }, '/', null, 1 ];
      assert.equal(nestingOf(`2["e",${values.map(value => JSON.stringify(value)).join()}]`), 3);
      for (const flat of [ '1', '2', '0', '0/a[b{"', '2"x', '1/chat,', '' ]) assert.equal(nestingOf(flat), 0, flat);
    });

    it('closes the connection of a client that exceeds it, before and after its CONNECT, and no other', async () => {
      await withAttackedApp('{ limits: { depth: 50 } }', async ({ port, io, refused, warnings, beside, gone }) => {
        await beside(async bystander => {
          for (const make of Object.values(DEEP)) {
            for (const client of [ await RawClient.open(port), await RawClient.connect(port) ]) {
              client.send(`4${make(51)}`);
              await client.closed;
            }
          }
          assert.equal((await refused()).depth, 2 * Object.keys(DEEP).length);
          assert.equal(io.engine.clientsCount, 1);
          assert.deepEqual([ ...new Set(gone) ], [ 'forced close' ]);
          assert.deepEqual(await bystander.sendWithAck('echo', JSON.parse(nested(49))), JSON.parse(nested(49)));
          const text = '[{"\\'.repeat(20_000);
          assert.deepEqual(await bystander.sendWithAck('echo', text), text);
        });
        assert.ok(warnings.includes('[egg-socketio] closed the connection of 127.0.0.1: it sent a packet that is nested too deeply (config.socketio.limits.depth).'));
      });
    });

    it('also applies to polling', async () => {
      await withAttackedApp('{ limits: { depth: 50 } }', async ({ port, io, refused }) => {
        const url = `http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`;
        const { sid } = JSON.parse((await exchange(url)).body.slice(1));
        const closed = once((io.engine as unknown as { clients: Record<string, EventEmitter> }).clients[sid], 'close');
        assert.equal((await exchange(`${url}&sid=${sid}`, { method: 'POST' }, `40\x1e4${DEEP['an event'](51)}`)).status, 200);
        await closed;
        assert.equal((await refused()).depth, 1);
        assert.equal(io.engine.clientsCount, 0);
      });
    });

    it('false: there is no limit', async () => {
      await withAttackedApp('{ limits: { depth: false } }', async ({ port, refused, beside }) => {
        await beside(async () => {
          const client = await RawClient.connect(port);
          client.send(`421["echo",${nested(2000)}]`);
          assert.equal(await client.next('431'), `431[${nested(2000)}]`);
          client.ws.terminate();
        });
        assert.equal((await refused()).depth, 0);
      });
    });
  });

  describe('limits.attachmentTimeout', () => {
    it('closes the connection of a client whose attachments do not arrive, and frees those that did', async () => {
      await withAttackedApp('{ limits: { attachmentTimeout: 200 } }', async ({ port, io, refused, warnings, gone, beside }) => {
        const attachment = Buffer.alloc(900_000, 'a');
        await beside(async bystander => {
          const before = await memoryInUse();
          const attack = async (connect: (to: number) => Promise<RawClient>) => {
            const client = await connect(port);
            client.send(`4510-["echo",${Array.from({ length: 10 }, (_, num) => `{"_placeholder":true,"num":${num}}`).join()}]`);
            for (let i = 0; i < 9; i++) client.send(attachment);
            await client.closed;
          };
          await Promise.all(Array.from({ length: 20 }, (_, i) => attack(i % 2 ? RawClient.open : RawClient.connect)));
          assert.equal((await refused()).attachmentTimeout, 20);
          assert.equal(io.engine.clientsCount, 1);
          assert.deepEqual(gone, Array.from({ length: 10 }, () => 'forced close'));
          const growth = await memoryInUse() - before;
          assert.ok(growth < 10 * MEGABYTE, `${growth} bytes are kept`);
          assert.deepEqual(await bystander.sendWithAck('echo', [ attachment, attachment ]), [ attachment, attachment ]);
        });
        assert.ok(warnings.some(line => line.startsWith('[egg-socketio] closed the connection of 127.0.0.1: attachments of a binary packet did not arrive in time')));
      });
    });

    it('does not close a client whose attachments arrive, and starts anew with each packet', async () => {
      await withAttackedApp('{ limits: { attachmentTimeout: 100 } }', async ({ port, refused, beside }) => {
        await beside(async bystander => {
          let isOver = false;
          const asking = (async () => {
            for (let i = 0; !isOver; i++) assert.deepEqual(await bystander.sendWithAck('echo', Buffer.from(`${i}`)), Buffer.from(`${i}`));
          })();
          // For longer than two of the others are given.
          for (let i = 0; i < 2; i++) {
            const client = await RawClient.connect(port);
            client.send(`451-["echo",${PLACEHOLDER}]`);
            await client.closed;
          }
          isOver = true;
          await asking;
        });
        assert.equal((await refused()).attachmentTimeout, 2);
      });
    });

    it('false: there is no time-out', () => {
      const timed: unknown[] = [];
      const { setTimeout: real } = globalThis;
      const decode = (attachmentTimeout: number) => {
        const limits = new DecoderLimits(socketIoParser as never, { depth: 10, attachmentTimeout }, new Refusals(silent), () => 'a client', gate);
        let decoder = new limits.parser.Decoder();
        limits.around(() => { decoder = new limits.parser.Decoder(); })(new EventEmitter() as never);
        decoder.add(`51-["e",${PLACEHOLDER}]`);
        decoder.destroy();
      };
      globalThis.setTimeout = ((run: () => void, ms: number) => {
        timed.push(ms);
        return real(run, ms);
      }) as typeof setTimeout;
      try {
        decode(Infinity);
        assert.deepEqual(timed, []);
        decode(1234);
        assert.deepEqual(timed, [ 1234 ]);
      } finally {
        globalThis.setTimeout = real;
      }
    });
  });

  it('does not limit packets that do not come from a client, such as those of another worker', async () => {
    const { server, decoders } = await serve({ depth: 10, attachmentTimeout: 10 });
    const decoder = new decoders.parser.Decoder({ maxAttachments: Infinity });
    const decoded = once(decoder as never as EventEmitter, 'decoded');
    decoder.add(DEEP['an event'](1000));
    assert.equal((await decoded)[0].nsp, '/');
    await server.close();
  });

  describe('with a Socket.IO that makes decoders at another time', () => {
    class LateDecoders extends DecoderLimits {
      override around(handOver: HandOver): HandOver {
        return super.around(session => { if ((session as unknown as { id: string }).id !== 'trial') setImmediate(handOver, session); });
      }
    }

    it('still refuses deeply nested packets', async () => {
      const { server, refused, port } = await serve({ depth: 10, attachmentTimeout: 1000 }, undefined, LateDecoders);
      const client = await RawClient.connect(port);
      client.send(`4${DEEP['an event'](11)}`);
      await client.closed;
      assert.equal((await refused()).depth, 1);
      await server.close();
    });

    it('drops late attachments, and closes the connection when it sends more', async () => {
      const { server, log, refused, port } = await serve({ depth: 10, attachmentTimeout: 20 }, undefined, LateDecoders);
      const client = await RawClient.connect(port);
      client.send(`452-["echo",${PLACEHOLDER},{"_placeholder":true,"num":1}]`);
      client.send(Buffer.alloc(10));
      await once(log, 'warning');
      assert.equal((await refused()).attachmentTimeout, 1);
      client.send(Buffer.alloc(10));
      await client.closed;
      assert.equal(server.engine.clientsCount, 0);
      await server.close();
    });
  });

  describe('with a parser of the app', () => {
    class JsonEncoder { encode(packet: object) { return [ JSON.stringify(packet) ]; } }
    class JsonDecoder extends EventEmitter {
      add(chunk: string) { this.emit('decoded', JSON.parse(chunk)); }
      destroy() { /* Nothing is kept. */ }
    }
    class PackedEncoder { encode(packet: object) { return [ pack(packet) ]; } }
    class PackedDecoder extends EventEmitter {
      add(chunk: Buffer) { this.emit('decoded', unpack(chunk)); }
      destroy() { /* Nothing is kept. */ }
    }

    it('counts the levels of the arguments if the parser writes JSON', async () => {
      const parser = { Encoder: JsonEncoder, Decoder: JsonDecoder };
      const { server, refused, port } = await serve({ depth: 20, attachmentTimeout: 10 }, parser);
      const client = await new SocketIOTestClient({ port, parser: parser as never, transports: [ 'websocket' ] }).connect();
      assert.deepEqual(await client.sendWithAck('echo', JSON.parse(nested(19))), JSON.parse(nested(19)));
      client.send('echo', JSON.parse(nested(20)));
      await once(client, 'disconnect');
      assert.equal((await refused()).depth, 1);
      await server.close();
    });

    it('does not count the levels if the parser writes no text', async () => {
      const parser = { Encoder: PackedEncoder, Decoder: PackedDecoder };
      const { server, port } = await serve({ depth: 20, attachmentTimeout: 10 }, parser);
      const client = await new SocketIOTestClient({ port, parser: parser as never, transports: [ 'websocket' ] }).connect();
      const value = { bytes: Buffer.from('b'), deep: JSON.parse(nested(100)) };
      assert.deepEqual(await client.sendWithAck('echo', value), value);
      await client.close();
      await server.close();
    });
  });
});
