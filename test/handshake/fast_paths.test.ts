import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Socket as EngineSocket } from 'engine.io';
import fc from 'fast-check';
import { pack, unpack } from 'msgpackr';
import { Server, type ServerOptions } from 'socket.io';
import WebSocket, { WebSocketServer } from 'ws';
import { createLoneAdapter } from '../../lib/adapter/lone_adapter';
import { createServer as createSocketIO } from '../../lib/boot/engine';
import { PendingSessions } from '../../lib/routing/pending_sessions';
import type { SessionPeers } from '../../lib/routing/session_peers';
import { TakeOver } from '../../lib/routing/take_over';

const RUNS = Number(process.env.FAST_PATH_RUNS ?? 12);

class PackedEncoder { encode(packet: object) { return [ pack(packet) ]; } }
class PackedDecoder {
  private listener: (packet: unknown) => void = () => undefined;
  on(_event: string, listener: (packet: unknown) => void) { this.listener = listener; }
  removeListener() { /* It goes with its client. */ }
  add(chunk: Buffer) { this.listener(unpack(chunk)); }
  destroy() { /* Nothing is kept. */ }
}

type OwnServer = ReturnType<typeof createSocketIO>;

const WAYS = [ 'connected over WebSocket', 'upgraded', 'taken over' ] as const;
type Way = typeof WAYS[number];

/** How a client has come. */
interface Setting {
  readonly eio: 3 | 4;
  readonly way: Way;
  readonly compression: 'none' | 'offered by the server' | 'agreed upon';
  readonly parser: 'Socket.IO\'s' | 'msgpack';
  readonly base64: boolean;
}

/** Something that a server sends. */
type Step = { readonly to: 'engine' | 'socket' | 'all' | 'volatile'; readonly value: string | Buffer } | 'end of turn';

const LINE_END = Buffer.from('\n');

type Listen = Parameters<SessionPeers['listen']>[0];

/** The message channel between the worker at which a session begins and the one that takes it over. */
class Channel {
  private readonly listeners = new Map<string, Listen>();

  port(tag: string, other: string): SessionPeers {
    return {
      peers: () => [ other ],
      send: (to, message) => { void setImmediate().then(() => this.listeners.get(to)?.onMessage(tag, message)); },
      listen: listener => {
        this.listeners.set(tag, listener);
        return () => { this.listeners.delete(tag); };
      },
    };
  }
}

/** Another worker, at which a session begins that is taken over. */
class Beginning {
  readonly http: HttpServer = createServer();
  private readonly io: OwnServer;
  private readonly moves: TakeOver[] = [];

  /** @param taker - the worker to which the session's WebSocket comes */
  constructor(options: Partial<ServerOptions>, taker: OwnServer, takerHttp: HttpServer) {
    this.io = createSocketIO(this.http, options);
    const channel = new Channel();
    const [ , takes ] = ([[ this.io, 'begins', 'takes' ], [ taker, 'takes', 'begins' ]] as const).map(([{ engine }, tag, other ]) => {
      engine.pending = new PendingSessions(engine, 1e6, () => true);
      const move = new TakeOver(engine, engine.pending, channel.port(tag, other));
      this.moves.push(move);
      return move;
    });
    takerHttp.removeAllListeners('upgrade').on('upgrade', async (req, stream, head) => {
      const sid = new URL(req.url!, 'http://x').searchParams.get('sid')!;
      if (!await takes.upgrade(req, stream, head, sid, 'begins')) stream.destroy();
    });
  }

  async close(): Promise<void> {
    for (const move of this.moves) move.close();
    this.http.closeAllConnections();
    await this.io.close();
  }
}

/** A server with every fast path, or with none. What is taken over without them is upgraded by one server. */
class Side {
  private readonly http: HttpServer = createServer();
  private readonly io: Server;
  private readonly beginning: Beginning | undefined;
  private ws: WebSocket | undefined;
  private bytes: Buffer[] = [];

  constructor(private readonly setting: Setting, isFast: boolean) {
    const { way, compression, parser } = setting;
    const options = {
      allowEIO3: true, maxHttpBufferSize: 1e8, pingInterval: 1e6,
      perMessageDeflate: compression === 'none' ? false : { threshold: 100 },
      ...parser === 'msgpack' ? { parser: { Encoder: PackedEncoder, Decoder: PackedDecoder } } : {},
      ...isFast ? { adapter: createLoneAdapter(false), wsEngine: WebSocketServer as unknown as ServerOptions['wsEngine'] } : {},
    } as Partial<ServerOptions>;
    if (!isFast) {
      this.io = new Server(this.http, options);
      return;
    }
    const io = this.io = createSocketIO(this.http, options);
    if (way === 'taken over') this.beginning = new Beginning(options, io, this.http);
  }

  /**
   * Opens a connection, and sends what the steps say: resolves with the bytes on the wire, or, if compression is agreed upon, with
   * the messages that were in them.
   */
  async play(steps: readonly Step[]): Promise<Buffer> {
    this.http.listen(0, '127.0.0.1');
    await once(this.http, 'listening');
    if (this.beginning) {
      this.beginning.http.listen(0, '127.0.0.1');
      await once(this.beginning.http, 'listening');
    }
    const session = await this.connect();
    const socket = [ ...this.io.sockets.sockets.values() ][0];
    const stream = (session.transport as unknown as { socket: { _socket: TcpSocket } }).socket._socket;
    // What was sent before has random ids in it.
    while (stream.writableLength > 0) await setImmediate();
    await this.exchange();
    const { ws } = this;
    const clientStream = (ws as unknown as { _socket: TcpSocket })._socket;
    if (this.setting.compression === 'agreed upon') {
      // The compressor remembers the random id of the handshake, so that the bytes of equal messages differ.
      ws!.on('message', (data, isBinary) => this.bytes.push(Buffer.from(isBinary ? 'binary:' : 'text:'), data as Buffer, LINE_END));
    } else {
      clientStream.on('data', chunk => this.bytes.push(chunk));
    }
    for (const step of steps) {
      if (step === 'end of turn') await setImmediate();
      else if (step.to === 'engine') session.write(step.value);
      else if (step.to === 'socket') socket.emit('value', step.value);
      else if (step.to === 'all') this.io.emit('value', step.value);
      else {
        // Whether something waits depends on the system.
        while (stream.writableLength > 0 || !session.transport.writable) await setImmediate();
        socket.volatile.emit('value', step.value);
      }
    }
    await this.exchange();
    return Buffer.concat(this.bytes);
  }

  async close(): Promise<void> {
    this.ws?.terminate();
    await this.beginning?.close();
    await this.io.close();
  }

  /** Resolves once the client has had all that was sent. */
  private async exchange(): Promise<void> {
    const over = new Promise<void>(resolve => {
      const take = (data: unknown) => {
        if (String(data).endsWith('the end')) {
          this.ws!.off('message', take);
          resolve();
        }
      };
      this.ws!.on('message', take);
    });
    const [ session ] = Object.values((this.io.engine as unknown as { clients: Record<string, EngineSocket> }).clients);
    session.write('the end');
    await over;
  }

  private async connect(): Promise<EngineSocket> {
    const { eio, way, compression, parser, base64 } = this.setting;
    const baseOf = (http: HttpServer) => `127.0.0.1:${(http.address() as AddressInfo).port}/socket.io/?EIO=${eio}${base64 ? '&b64=1' : ''}&transport=`;
    const base = baseOf(this.http);
    const isConnected = once(this.io, 'connection');
    const deflate = { perMessageDeflate: compression === 'agreed upon' };
    const connect = parser === 'msgpack' ? pack({ type: 0, nsp: '/' }) : '40';
    const arrived = once(this.io.engine, 'connection') as Promise<[EngineSocket]>;
    if (way !== 'connected over WebSocket') {
      const text = await (await fetch(`http://${this.beginning ? baseOf(this.beginning.http) : base}polling`)).text();
      const [ , sid ] = /"sid":"([^"]+)"/.exec(text)!;
      // One that is taken over arrives with its WebSocket.
      const session = this.beginning ? undefined : (await arrived)[0];
      this.ws = new WebSocket(`ws://${base}websocket&sid=${sid}`, deflate);
      await once(this.ws, 'open');
      this.ws.send('2probe');
      await once(this.ws, 'message');
      const upgraded = once((session ?? this.io.engine) as unknown as NodeJS.EventEmitter, session ? 'upgrade' : 'connection');
      this.ws.send('5');
      await upgraded;
    } else {
      this.ws = new WebSocket(`ws://${base}websocket`, deflate);
      await once(this.ws, 'message');
    }
    // With protocol 3, there is a socket without a CONNECT.
    if (eio === 4) this.ws.send(connect);
    await isConnected;
    return (await arrived)[0];
  }
}

const SIZES = [ 0, 1, 2, 100, 120, 121, 122, 123, 124, 125, 126, 127, 16_370, 16_383, 16_384, 16_385, 65_530, 65_535, 65_536, 65_537 ];
const near = fc.tuple(fc.constantFrom(125, 16_384, 65_536), fc.integer({ min: -24, max: 24 })).map(([ at, by ]) => at + by);
const size = fc.oneof(fc.constantFrom(...SIZES), fc.nat(300), near);
const text = fc.oneof(
  fc.tuple(size, fc.constantFrom('a', '\u4f60', '\ud83d', '"', '\0')).map(([ length, character ]) => character.repeat(length)),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
const binary = size.map(length => Buffer.alloc(length, `${length}`));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ to: fc.constantFrom('engine', 'socket', 'all', 'volatile'), value: fc.oneof(text, binary) }) },
  fc.constant('end of turn'),
);
const steps = fc.array(step, { minLength: 1, maxLength: 12 });

const SETTINGS: readonly Setting[] = ([ 3, 4 ] as const).flatMap(eio => WAYS.flatMap(way => [
  { eio, way, compression: 'none', parser: 'Socket.IO\'s', base64: false },
  { eio, way, compression: 'offered by the server', parser: 'Socket.IO\'s', base64: false },
  { eio, way, compression: 'agreed upon', parser: 'Socket.IO\'s', base64: false },
  { eio, way, compression: 'none', parser: 'msgpack', base64: false },
  { eio, way, compression: 'none', parser: 'Socket.IO\'s', base64: true },
] as const));

describe('test/handshake/fast_paths.test.ts', () => {
  for (const setting of SETTINGS) {
    const { eio, way, compression, parser, base64 } = setting;
    const name = `protocol ${eio}, ${way}, compression ${compression}, ${parser} parser${base64 ? ', binary as base64' : ''}`;
    it(`a client gets the same bytes as from Engine.IO without any fast path: ${name}`, async () => {
      await fc.assert(fc.asyncProperty(steps, async list => {
        const [ fast, plain ] = await Promise.all([ true, false ].map(async isFast => {
          const side = new Side(setting, isFast);
          try {
            return await side.play(list);
          } finally {
            await side.close();
          }
        }));
        assert.ok(fast.equals(plain), `${fast.subarray(0, 100).toString('latin1')}\n is not\n${plain.subarray(0, 100).toString('latin1')}`);
      }), { numRuns: RUNS });
    });
  }
});
