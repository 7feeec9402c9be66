import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server, ServerOptions } from 'socket.io';
import WebSocket from 'ws';
import { createServer as createSocketIO } from '../../lib/boot/engine';
import { PendingSessions } from '../../lib/routing/pending_sessions';
import type { SessionPeers } from '../../lib/routing/session_peers';
import { Readmission } from '../../lib/routing/readmission';
import { TakeOver } from '../../lib/routing/take_over';

/** Two workers' message channel in one process. */
class Wire extends EventEmitter {
  port(tag: string, other: string): SessionPeers {
    return {
      peers: () => (this.listenerCount(`down ${other}`) > 0 || this.listenerCount(other) > 0 ? [ other ] : []),
      send: (to, message) => { setImmediate(() => this.emit(to, tag, message)); },
      listen: ({ onMessage, onDown }) => {
        this.on(tag, onMessage);
        this.on(`down ${other}`, () => onDown(other));
        return () => { this.removeAllListeners(tag); };
      },
    };
  }
}

type Marked = IncomingMessage & { account?: string; visit?: string; marks?: string[] };
type AllowRequest = NonNullable<ServerOptions['allowRequest']>;

/** What a test changes of a worker. */
interface Changes {
  readonly window: number;
  readonly allowRequest?: AllowRequest;
  readonly mayUpgrade?: (req: IncomingMessage) => Promise<boolean>;
}

class Worker {
  // As with --max-http-header-size.
  readonly http: HttpServer = createServer({ maxHeaderSize: 200_000 });
  readonly io: Server;
  readonly held: PendingSessions;
  readonly takeOver: TakeOver;
  readonly forwarded: string[] = [];
  readonly connections: { handshakeUrl: string; query: unknown; request: Marked; address: string }[] = [];
  readonly warnings: string[] = [];
  port = 0;

  constructor(readonly tag: string, other: string, wire: Wire, { window, allowRequest, mayUpgrade }: Changes) {
    const { engine } = this.io = createSocketIO(this.http, { serveClient: false, allowEIO3: true, allowRequest });
    const peers = wire.port(tag, other);
    this.io.engine.use((req: Marked, _res: unknown, next: () => void) => {
      req.visit = String(req.headers['x-own']);
      next();
    });
    this.io.engine.on('initial_headers', (_headers: object, req: Marked) => { req.marks = [ ...req.marks ?? [], tag ]; });
    this.held = engine.pending = new PendingSessions(engine, window, () => true);
    const logger = { warn: (message: string, ...args: unknown[]) => { this.warnings.push([ message, ...args ].join(' ')); } };
    const readmission = new Readmission(this.io.engine as never, logger, allowRequest, 200);
    this.takeOver = new TakeOver(this.io.engine as never, this.held, peers, { mayUpgrade, readmission });
    this.io.engine.generateId = () => `${Math.random().toString(36).slice(2)}.${tag}`;
    const [ native ] = this.http.listeners('upgrade');
    this.http.removeAllListeners('upgrade');
    this.http.on('upgrade', async (req, stream, head) => {
      const sid = new URL(req.url!, 'http://x').searchParams.get('sid') ?? '';
      const owner = sid.split('.')[1];
      if (!owner || owner === tag) return native(req, stream, head);
      if (await this.takeOver.upgrade(req, stream, head, sid, owner)) return;
      this.forwarded.push(sid);
      stream.destroy();
    });
    for (const name of [ 'one', 'two', 'three' ]) this.io.of(name);
    this.io.on('connection', socket => {
      const { url, query, address } = socket.handshake;
      this.connections.push({ handshakeUrl: url, query, address, request: socket.request });
      socket.on('echo', (value, ack) => ack(value, tag));
      socket.emit('hello', tag);
    });
  }

  async listen(): Promise<void> {
    this.http.listen(0, '127.0.0.1');
    await once(this.http, 'listening');
    this.port = (this.http.address() as AddressInfo).port;
  }

  get sessions(): number {
    return this.io.engine.clientsCount;
  }

  async close(): Promise<void> {
    this.takeOver.close();
    this.http.closeAllConnections();
    await this.io.close();
  }
}

const QUERY = 'EIO=4&transport=polling';

/** A client that polls one worker and brings its WebSocket to another. */
class SplitClient {
  sid = '';
  socket!: WebSocket;
  private readonly frames: string[] = [];
  private readonly takers: ((frame: string) => void)[] = [];

  constructor(private readonly polls: Worker, private readonly upgrades: Worker) {}

  async handshake(headers: Record<string, string> = {}): Promise<this> {
    const res = await fetch(`http://127.0.0.1:${this.polls.port}/socket.io/?${QUERY}&token=t`, { headers });
    this.sid = JSON.parse((await res.text()).slice(1)).sid;
    return this;
  }

  async post(body: string): Promise<number> {
    return (await fetch(this.pollUrl, { method: 'POST', body })).status;
  }

  async poll(): Promise<string> {
    return (await fetch(this.pollUrl)).text();
  }

  async openWebSocket(headers: Record<string, string> = {}): Promise<void> {
    this.socket = new WebSocket(`ws://127.0.0.1:${this.upgrades.port}/socket.io/?EIO=4&transport=websocket&sid=${this.sid}&token=t`, { headers });
    this.socket.on('message', data => {
      const take = this.takers.shift();
      if (take) take(String(data));
      else this.frames.push(String(data));
    });
    await once(this.socket, 'open');
  }

  async frame(): Promise<string> {
    return this.frames.shift() ?? new Promise(resolve => { this.takers.push(resolve); });
  }

  async probe(headers?: Record<string, string>): Promise<void> {
    await this.openWebSocket(headers);
    this.socket.send('2probe');
    assert.equal(await this.frame(), '3probe');
  }

  private get pollUrl(): string {
    return `http://127.0.0.1:${this.polls.port}/socket.io/?${QUERY}&sid=${this.sid}`;
  }
}

describe('test/sticky/take_over.test.ts', () => {
  let wire: Wire;
  let a: Worker;
  let b: Worker;

  async function start(window: number, changes: Omit<Changes, 'window'> = {}, headers?: Record<string, string>): Promise<SplitClient> {
    wire = new Wire();
    a = new Worker('a', 'b', wire, { window, ...changes });
    b = new Worker('b', 'a', wire, { window, ...changes });
    await Promise.all([ a.listen(), b.listen() ]);
    return new SplitClient(a, b).handshake(headers);
  }

  /** Opens the WebSocket, and asserts that nobody took the session: the upgrade is forwarded to its owner, which has it. */
  async function assertForwarded(client: SplitClient): Promise<void> {
    await assert.rejects(client.openWebSocket());
    assert.deepEqual(b.forwarded, [ client.sid ]);
    await client.post('40');
    while (a.connections.length === 0) await client.poll();
    assert.deepEqual([ a.sessions, b.sessions ], [ 1, 0 ]);
  }

  afterEach(async () => {
    await Promise.all([ a.close(), b.close() ]);
  });

  it('moves a session to the worker of its WebSocket, with the packets that its client has sent', async () => {
    const client = await start(60_000);
    assert.equal(await client.post('40'), 200);
    await client.probe();
    client.socket.send('5');
    assert.match(await client.frame(), /^40\{"sid":/);
    assert.equal(await client.frame(), '42["hello","b"]');
    client.socket.send('421["echo","x"]');
    assert.equal(await client.frame(), '431["x","b"]');
    assert.deepEqual([ a.sessions, b.sessions ], [ 0, 1 ]);
    assert.equal(a.takeOver.whereTo(client.sid), 'b');
    assert.equal(a.connections.length, 0);
    const [{ handshakeUrl, query }] = b.connections;
    assert.deepEqual({ ...query as object }, { EIO: '4', transport: 'polling', token: 't' });
    assert.ok(!handshakeUrl.includes('sid='), handshakeUrl);
  });

  it('keeps the order of packets sent by polling and, right after the upgrade, by WebSocket', async () => {
    const client = await start(60_000);
    await client.post('40/one,\x1e40/two,');
    await client.probe();
    client.socket.send('5');
    client.socket.send('40/three,');
    const frames = [ await client.frame(), await client.frame(), await client.frame() ];
    assert.deepEqual(frames.map(frame => frame.slice(0, frame.indexOf(','))), [ '40/one', '40/two', '40/three' ]);
  });

  it('ends the open poll at once when the WebSocket is ready', async () => {
    const client = await start(60_000);
    const poll = client.poll();
    await client.probe();
    assert.equal(await poll, '6');
    client.socket.send('5');
    client.socket.send('40');
    assert.match(await client.frame(), /^40/);
  });

  it('gives a session to Socket.IO on its own worker when the time is over, and relays a late upgrade', async () => {
    const client = await start(0);
    await client.post('40');
    assert.match(await client.poll(), /^40\{"sid":/);
    assert.equal(a.connections.length, 1);
    const socket = new WebSocket(`ws://127.0.0.1:${b.port}/socket.io/?EIO=4&transport=websocket&sid=${client.sid}`);
    await once(socket, 'error');
    assert.deepEqual(b.forwarded, [ client.sid ]);
    assert.deepEqual([ a.sessions, b.sessions ], [ 1, 0 ]);
  });

  it('gives the session to Socket.IO on its own worker if the WebSocket closes before the upgrade', async () => {
    const client = await start(60_000);
    await client.post('40');
    await client.probe();
    client.socket.terminate();
    const poll = await client.poll();
    assert.ok(poll === '6' || poll.startsWith('40'), poll);
    if (poll === '6') assert.match(await client.poll(), /^40|^6/);
    while (a.connections.length === 0) await client.poll();
    assert.deepEqual([ a.sessions, b.sessions, b.connections.length ], [ 1, 0, 0 ]);
  });

  it('gives the session to Socket.IO on its own worker if the other worker dies', async () => {
    const client = await start(60_000);
    await client.post('40');
    await client.probe();
    wire.emit('down b');
    while (a.connections.length === 0) await client.poll();
    assert.equal(a.sessions, 1);
  });

  it('gives the session to Socket.IO on its own worker if the WebSocket closes while the owner is asked', async () => {
    const client = await start(60_000);
    await client.post('40');
    // Behind the listener that asks.
    b.http.once('upgrade', (_req, stream) => stream.destroy());
    await assert.rejects(client.openWebSocket());
    while (a.connections.length === 0) await client.poll();
    assert.deepEqual([ a.sessions, b.sessions ], [ 1, 0 ]);
  });

  it('gives a session to Socket.IO on its own worker if its client sends more than can be buffered', async () => {
    const client = await start(60_000);
    const auth = `{"token":"${'x'.repeat(600_000)}"}`;
    await client.post(`40${auth}`);
    assert.equal(Boolean(a.held.reserve(client.sid, () => undefined)), true);
    a.held.giveBack(client.sid);
    const another = await new SplitClient(a, b).handshake();
    await another.post(`40/one,${auth}`);
    await another.post(`40/two,${auth}`);
    assert.equal(Boolean(a.held.reserve(another.sid, () => undefined)), false);
    assert.match(await another.poll(), /^40\/one,/);
  });

  it('upgrades on its own worker without a move', async () => {
    await start(60_000);
    const client = await new SplitClient(a, a).handshake();
    await client.post('40');
    await client.probe();
    client.socket.send('5');
    assert.match(await client.frame(), /^40\{"sid":/);
    assert.equal(await client.frame(), '42["hello","a"]');
  });

  it('forgets a moved session when it closes', async () => {
    const client = await start(60_000);
    await client.probe();
    client.socket.send('5');
    client.socket.send('40');
    await client.frame();
    client.socket.close();
    while (a.takeOver.whereTo(client.sid)) await new Promise(resolve => { setImmediate(resolve); });
    assert.deepEqual([ a.sessions, b.sessions ], [ 0, 0 ]);
  });

  it('survives an empty message, and closes the session like a session that has not moved', async () => {
    const client = await start(60_000);
    assert.equal(await client.post('4'), 200);
    await client.probe();
    const closed = once(client.socket, 'close');
    client.socket.send('5');
    await closed;
    assert.deepEqual([ a.sessions, b.sessions ], [ 0, 0 ]);
  });

  it('keeps nothing of a session whose client has left before Socket.IO got it', async () => {
    const client = await start(60_000);
    assert.equal(await client.post('1'), 200);
    assert.equal(a.sessions, 0);
    assert.equal(a.connections.length, 0);
    assert.equal(Boolean(a.held.reserve(client.sid, () => undefined)), false);
  });

  it('keeps the first request of a session that moves, with the app\'s own members, and nothing of the upgrade request', async () => {
    const allowRequest: AllowRequest = (req, done) => {
      (req as Marked).account = String(req.headers['x-own']);
      done(null, true);
    };
    const client = await start(60_000, { allowRequest }, { 'X-Own': 'first', Cookie: 'a=1; b=2', 'X-Twice': 'one, two' });
    await client.post('40');
    await client.probe({ 'X-Own': 'upgrade', Cookie: 'a=3', Origin: 'http://foreign.example' });
    client.socket.send('5');
    assert.match(await client.frame(), /^40/);
    const [{ request, address }] = b.connections;
    const { headers, headersDistinct, rawHeaders, method, httpVersion, account, visit, marks, socket } = request;
    assert.deepEqual([ headers['x-own'], headers.cookie, headers.origin, method, httpVersion ], [ 'first', 'a=1; b=2', undefined, 'GET', '1.1' ]);
    assert.deepEqual(headersDistinct['x-twice'], [ 'one, two' ]);
    assert.ok(rawHeaders.includes('X-Own') || rawHeaders.includes('x-own'), String(rawHeaders));
    assert.deepEqual([ account, visit, marks ], [ 'first', 'first', [ 'b' ]]);
    assert.deepEqual([ address, socket.remoteAddress, socket.remoteFamily, typeof socket.remotePort ], [ '127.0.0.1', '127.0.0.1', 'IPv4', 'number' ]);
  });

  for (const [ how, second ] of Object.entries<AllowRequest>({
    refuses: (_req, done) => done('ticket is used up', false),
    throws: () => { throw new Error('database away'); },
    'does not answer': () => undefined,
  })) {
    it(`leaves a session with its owner, and relays the upgrade, if allowRequest ${how} on the worker of the WebSocket`, async () => {
      let calls = 0;
      const client = await start(60_000, { allowRequest: (req, done) => (calls++ === 0 ? done(null, true) : second(req, done)) });
      await assertForwarded(client);
      assert.equal(calls, 2);
      assert.match(b.warnings.join(), /its handshake was refused when it was repeated on this worker/);
    });
  }

  it('leaves a session with its owner if its first request is too large to send', async () => {
    await assertForwarded(await start(60_000, {}, { 'X-Large': 'x'.repeat(70_000) }));
  });

  it('refuses an upgrade from an origin that is not allowed; the session continues and can still move', async () => {
    const mayUpgrade = async ({ headers }: IncomingMessage) => headers.origin === undefined;
    const client = await start(60_000, { mayUpgrade });
    const attacker = Object.assign(new SplitClient(a, b), { sid: client.sid });
    // Here no policy stands in Engine.IO, which answers as it does to a session that is not there.
    await assert.rejects(attacker.openWebSocket({ Origin: 'http://foreign.example' }), /400/);
    await client.post('40');
    await client.probe();
    client.socket.send('5');
    assert.match(await client.frame(), /^40/);
    assert.deepEqual([ a.sessions, b.sessions ], [ 0, 1 ]);
  });

  for (const [ what, count, packet ] of [[ 'bytes', 3, `4${'x'.repeat(500_000)}` ], [ 'messages', 1001, '4' ]] as const) {
    it(`gives a reserved session to Socket.IO on its own worker when its client sends more ${what} than can be handed over`, async () => {
      const client = await start(60_000);
      await client.probe();
      const closed = once(client.socket, 'close');
      for (let i = 0; i < count; i += 500) {
        const packets = Array.from({ length: what === 'bytes' ? 1 : Math.min(500, count - i) }, () => packet);
        for (let j = 0; j < (what === 'bytes' ? count : 1); j++) await client.post(packets.join('\x1e'));
      }
      await closed;
      assert.deepEqual([ b.sessions, b.connections.length, a.takeOver.whereTo(client.sid) ], [ 0, 0, undefined ]);
    });
  }

  it('moves a session of protocol 3', async () => {
    await start(60_000);
    const { port } = a;
    const res = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=3&transport=polling`);
    const { sid } = JSON.parse(/\{.*?\}/.exec(await res.text())![0]) as { sid: string };
    const socket = new WebSocket(`ws://127.0.0.1:${b.port}/socket.io/?EIO=3&transport=websocket&sid=${sid}`);
    const frames: string[] = [];
    socket.on('message', data => { frames.push(String(data)); });
    await once(socket, 'open');
    socket.send('2probe');
    await once(socket, 'message');
    socket.send('5');
    while (!frames.includes('42["hello","b"]')) await once(socket, 'message');
    // The other one of a is that of start().
    assert.deepEqual([ frames[0], a.sessions, b.sessions, a.takeOver.whereTo(sid) ], [ '3probe', 1, 1, 'b' ]);
    socket.terminate();
  });
});
