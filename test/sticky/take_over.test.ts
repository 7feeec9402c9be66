import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import WebSocket from 'ws';
import { HeldSessions } from '../../lib/sticky/held_sessions';
import type { SessionPeers } from '../../lib/sticky/session_peers';
import { TakeOver } from '../../lib/sticky/take_over';

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

class Worker {
  readonly http: HttpServer = createServer();
  readonly io = new Server(this.http, { serveClient: false });
  readonly held: HeldSessions;
  readonly takeOver: TakeOver;
  readonly forwarded: string[] = [];
  readonly connections: { handshakeUrl: string; query: unknown }[] = [];
  port = 0;

  constructor(readonly tag: string, other: string, wire: Wire, window: number) {
    const peers = wire.port(tag, other);
    this.held = new HeldSessions(this.io.engine as never, window, () => true);
    this.takeOver = new TakeOver(this.io.engine as never, this.held, peers);
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
      const { url, query } = socket.handshake;
      this.connections.push({ handshakeUrl: url, query });
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

  async handshake(): Promise<this> {
    const res = await fetch(`http://127.0.0.1:${this.polls.port}/socket.io/?${QUERY}&token=t`);
    this.sid = JSON.parse((await res.text()).slice(1)).sid;
    return this;
  }

  async post(body: string): Promise<number> {
    return (await fetch(this.pollUrl, { method: 'POST', body })).status;
  }

  async poll(): Promise<string> {
    return (await fetch(this.pollUrl)).text();
  }

  async openWebSocket(): Promise<void> {
    this.socket = new WebSocket(`ws://127.0.0.1:${this.upgrades.port}/socket.io/?EIO=4&transport=websocket&sid=${this.sid}&token=t`);
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

  async probe(): Promise<void> {
    await this.openWebSocket();
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

  async function start(window: number): Promise<SplitClient> {
    wire = new Wire();
    a = new Worker('a', 'b', wire, window);
    b = new Worker('b', 'a', wire, window);
    await Promise.all([ a.listen(), b.listen() ]);
    return new SplitClient(a, b).handshake();
  }

  afterEach(async () => {
    await Promise.all([ a.close(), b.close() ]);
  });

  it('moves a session to the worker of its WebSocket, with what its client has sent', async () => {
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

  it('keeps the order of what was sent by polling, and by WebSocket at once after the upgrade', async () => {
    const client = await start(60_000);
    await client.post('40/one,\x1e40/two,');
    await client.probe();
    client.socket.send('5');
    client.socket.send('40/three,');
    const frames = [ await client.frame(), await client.frame(), await client.frame() ];
    assert.deepEqual(frames.map(frame => frame.slice(0, frame.indexOf(','))), [ '40/one', '40/two', '40/three' ]);
  });

  it('ends the open poll at once when the WebSocket works', async () => {
    const client = await start(60_000);
    const poll = client.poll();
    await client.probe();
    assert.equal(await poll, '6');
    client.socket.send('5');
    client.socket.send('40');
    assert.match(await client.frame(), /^40/);
  });

  it('hands a session over where it is when the time is over, and lets a late upgrade be forwarded', async () => {
    const client = await start(0);
    await client.post('40');
    assert.match(await client.poll(), /^40\{"sid":/);
    assert.equal(a.connections.length, 1);
    const socket = new WebSocket(`ws://127.0.0.1:${b.port}/socket.io/?EIO=4&transport=websocket&sid=${client.sid}`);
    await once(socket, 'error');
    assert.deepEqual(b.forwarded, [ client.sid ]);
    assert.deepEqual([ a.sessions, b.sessions ], [ 1, 0 ]);
  });

  it('hands the session over at home when its WebSocket goes before the upgrade', async () => {
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

  it('hands the session over at home when the other worker dies', async () => {
    const client = await start(60_000);
    await client.post('40');
    await client.probe();
    wire.emit('down b');
    while (a.connections.length === 0) await client.poll();
    assert.equal(a.sessions, 1);
  });

  it('hands the session over at home when its WebSocket goes while the owner is asked', async () => {
    const client = await start(60_000);
    await client.post('40');
    // Behind the listener that asks.
    b.http.once('upgrade', (_req, stream) => stream.destroy());
    await assert.rejects(client.openWebSocket());
    while (a.connections.length === 0) await client.poll();
    assert.deepEqual([ a.sessions, b.sessions ], [ 1, 0 ]);
  });

  it('hands a session over where it is when its client sends too much to be kept', async () => {
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

  it('upgrades at home without moving', async () => {
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

  it('survives a message without anything in it, and closes the session as it does elsewhere', async () => {
    const client = await start(60_000);
    assert.equal(await client.post('4'), 200);
    await client.probe();
    const closed = once(client.socket, 'close');
    client.socket.send('5');
    await closed;
    assert.deepEqual([ a.sessions, b.sessions ], [ 0, 0 ]);
  });

  it('knows nothing of a session whose client has gone before anybody heard of it', async () => {
    const client = await start(60_000);
    assert.equal(await client.post('1'), 200);
    assert.equal(a.sessions, 0);
    assert.equal(a.connections.length, 0);
    assert.equal(Boolean(a.held.reserve(client.sid, () => undefined)), false);
  });
});
