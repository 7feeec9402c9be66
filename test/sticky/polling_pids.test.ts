import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server } from 'socket.io';
import { createServer as createSocketIO } from '../../lib/boot/engine';
import { isOfPollingClient, markPollingPids } from '../../lib/internals/polling_pids';
import { PendingSessions } from '../../lib/routing/pending_sessions';
import { RawWebSocket } from '../support/protocol/raw_websocket';

/** Windows that are over before, and after, everything else in a test. */
const [ SHORT, LONG ] = [ 1, 600_000 ];
const MARKED = 'aaaaaaaaaaaaaaaaaaaa~polling';

describe('test/sticky/polling_pids.test.ts', () => {
  let http: HttpServer;
  let io: Server;
  let pending: PendingSessions;

  async function start(window: number, hasSiblings = true): Promise<void> {
    http = createServer();
    const { engine } = io = createSocketIO(http, { serveClient: false, connectionStateRecovery: {} });
    pending = engine.pending = new PendingSessions(engine, window, () => hasSiblings, isOfPollingClient);
    markPollingPids(io, session => pending.onlyPolls(session as never));
    io.of('/one');
    io.of(/^\/any-\d$/);
    io.on('connection', socket => { socket.emit('hello'); });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
  }

  function changeWindow(window: number): void {
    (pending as unknown as { window: number }).window = window;
  }

  afterEach(async () => {
    http.closeAllConnections();
    await io.close();
  });

  /** A client's session. */
  class Session {
    sid = '';
    private waiting: string[] = [];

    static async open(): Promise<Session> {
      const session = new Session();
      session.sid = JSON.parse((await session.poll()).slice(1)).sid;
      return session;
    }

    url(transport: 'polling' | 'websocket', scheme = 'http'): string {
      return `${scheme}://127.0.0.1:${(http.address() as AddressInfo).port}/socket.io/?EIO=4&transport=${transport}${this.sid && `&sid=${this.sid}`}`;
    }

    async poll(): Promise<string> {
      return (await fetch(this.url('polling'))).text();
    }

    async post(body: string): Promise<void> {
      assert.equal((await fetch(this.url('polling'), { method: 'POST', body })).status, 200);
    }

    /** The next packet that begins like this. */
    async next(start: string): Promise<string> {
      for (;;) {
        const at = this.waiting.findIndex(packet => packet.startsWith(start));
        if (at >= 0) return this.waiting.splice(at, 1)[0];
        this.waiting.push(...(await this.poll()).split('\x1e'));
      }
    }

    /** The `pid` with which a namespace answers a CONNECT packet. */
    async connect(namespace = '', auth?: object): Promise<string> {
      await this.post(`40${namespace}${auth ? JSON.stringify(auth) : ''}`);
      return pidIn(await this.next(`40${namespace}`));
    }

    get isPending(): boolean {
      return pending.reserve(this.sid, () => undefined) !== undefined;
    }
  }

  const pidIn = (packet: string): string => JSON.parse(packet.slice(packet.indexOf('{'))).pid;

  it('the pid of a client whose session has waited in vain is marked, in each namespace', async () => {
    await start(SHORT);
    const session = await Session.open();
    for (const namespace of [ '', '/one,', '/any-1,' ]) {
      const pid = await session.connect(namespace);
      assert.match(pid, /^[\w-]{20}~polling$/);
      assert.ok(isOfPollingClient(`0${namespace}{"pid":"${pid}"}`));
    }
  });

  for (const [ why, window, hasSiblings ] of [[ 'that is not made to wait', 0, true ], [ 'of a worker without siblings', SHORT, false ]] as const) {
    it(`the pid of a client ${why} is not marked: it may still upgrade`, async () => {
      await start(window, hasSiblings);
      assert.match(await (await Session.open()).connect(), /^[\w-]{20}$/);
    });
  }

  it('the pid of a client that upgrades in time is not marked', async () => {
    await start(LONG);
    const session = await Session.open();
    const webSocket = await RawWebSocket.open(session.url('websocket', 'ws'));
    assert.equal(await webSocket.send('2probe').next(), '3probe');
    webSocket.send('5').send('40');
    assert.match(pidIn(String(await webSocket.next())), /^[\w-]{20}$/);
    webSocket.terminate();
  });

  it('the pid of a client whose upgrade has begun when the window is over is not marked', async () => {
    await start(LONG);
    const session = await Session.open();
    const webSocket = await RawWebSocket.open(session.url('websocket', 'ws'));
    assert.equal(await webSocket.send('2probe').next(), '3probe');
    await session.poll();
    // As if its window was over now.
    const { held, waitedInVain } = pending as unknown as { held: Map<string, { session: object }>; waitedInVain: WeakSet<object> };
    waitedInVain.add(held.get(session.sid)!.session);
    (pending as unknown as { release(held: unknown): void }).release(held.get(session.sid));
    await session.post('40');
    assert.match(pidIn(await session.next('40')), /^[\w-]{20}$/);
    webSocket.terminate();
  });

  for (const namespace of [ '', '/one,', '/any-1,' ]) {
    it(`the session of a client with a marked pid does not wait for a WebSocket: a CONNECT to ${namespace || '/'}`, async () => {
      await start(LONG);
      const session = await Session.open();
      await session.post(`40${namespace}{"pid":"${MARKED}","offset":"x"}`);
      assert.ok(!session.isPending);
    });
  }

  it('a client that comes back with a marked pid is recovered without waiting, and keeps it', async () => {
    await start(SHORT);
    const first = await Session.open();
    const pid = await first.connect();
    const [ , offset ] = JSON.parse((await first.next('42')).slice(2));
    await first.post('1');
    changeWindow(LONG);
    assert.equal(await (await Session.open()).connect('', { pid, offset }), pid);
  });

  it('a client that gets a new session instead of a marked one waits, and its pid is marked again', async () => {
    await start(SHORT);
    for (const namespace of [ '', '/one,', '/any-1,' ]) {
      const pid = await (await Session.open()).connect(namespace, { pid: MARKED, offset: 'x' });
      assert.match(pid, /^[\w-]{20}~polling$/);
      assert.notEqual(pid, MARKED);
    }
  });

  it('a client that gets a new session instead of a marked one, and upgrades now, gets a pid without a mark', async () => {
    await start(LONG);
    const session = await Session.open();
    await session.post(`40{"pid":"${MARKED}","offset":"x"}`);
    const webSocket = await RawWebSocket.open(session.url('websocket', 'ws'));
    assert.equal(await webSocket.send('2probe').next(), '3probe');
    assert.match(pidIn(await session.next('40')), /^[\w-]{20}$/);
    webSocket.terminate();
  });

  it('nothing waits for a client that leaves meanwhile', async () => {
    await start(LONG);
    const session = await Session.open();
    await session.post(`40{"pid":"${MARKED}","offset":"x"}`);
    const { engine } = io as unknown as { engine: { sessionOf(sid: string): object } };
    const judged = pending.onlyPolls(engine.sessionOf(session.sid) as never);
    await session.post('1');
    await judged;
  });

  it('a client without a marked pid still waits', async () => {
    await start(LONG);
    const session = await Session.open();
    await session.post(`40{"pid":"${MARKED.slice(0, 20)}","offset":"x"}`);
    assert.ok(session.isPending);
  });

  it('a marked pid does not take a session from the sibling that its WebSocket has reached', async () => {
    await start(LONG);
    const session = await Session.open();
    assert.ok(pending.reserve(session.sid, () => assert.fail('withdrawn')));
    await session.post(`40{"pid":"${MARKED}","offset":"x"}`);
    assert.deepEqual(pending.take(session.sid), [ `0{"pid":"${MARKED}","offset":"x"}` ]);
  });

  it('a recovered client keeps its pid, although its session has waited in vain', async () => {
    await start(SHORT);
    const worthwhile = pending as unknown as { worthwhile: () => boolean };
    worthwhile.worthwhile = () => false;
    const first = await Session.open();
    const pid = await first.connect();
    const [ , offset ] = JSON.parse((await first.next('42')).slice(2));
    worthwhile.worthwhile = () => true;
    await first.post('1');
    assert.equal(await (await Session.open()).connect('', { pid, offset }), pid);
  });

  it('the mark is found in packets of other parsers', () => {
    assert.ok(isOfPollingClient(Buffer.from(`\u0084pid\u00bc${MARKED}`)));
    assert.ok(!isOfPollingClient(Buffer.from(MARKED.slice(0, 20))));
    assert.ok(!isOfPollingClient(undefined));
  });
});
