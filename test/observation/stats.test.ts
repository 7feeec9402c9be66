import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { AppStats } from 'egg-socketio';
import { type ClientOptions, SocketIOTestClient } from 'egg-socketio/mock';
import { EventTallies } from '../../lib/telemetry/stats/event_tallies';
import { Durations } from '../../lib/telemetry/stats/histogram';
import { sumUp } from '../../lib/telemetry/stats/sum';
import { RecentRate } from '../../lib/telemetry/stats/window';
import { useApp } from '../support/app';
import { eventLoopIsWatched } from '../support/event_loop';
import { withInlineApp } from '../support/inline_app';
import { RawWebSocket } from '../support/protocol/raw_websocket';
import { type RunningServer, startCluster } from '../support/server';
import { exchange } from '../support/sticky_http';

describe('test/observation/stats.test.ts', () => {
  describe('in one process', () => {
    const t = useApp('stats');

    it('counts connections, sockets and rooms as they are', async () => {
      await t.connect({ transports: [ 'polling' ] });
      const client = await t.connect({ transports: [ 'websocket' ] });
      for (const room of [ 'a', 'b' ]) await client.sendWithAck('join', room);
      for (const namespace of [ '/room-1', '/room-2' ]) await t.connect({ namespace, transports: [ 'websocket' ] });
      const { workers: [ worker ], missing, total } = await t.app.io.stats();
      assert.deepEqual(missing, []);
      assert.equal(worker.pid, process.pid);
      assert.deepEqual(total.connections, { polling: 1, websocket: 3, webtransport: 0 });
      assert.deepEqual(total.namespaces, {
        '/': { sockets: 2, rooms: 2 }, '/admin': { sockets: 0, rooms: 0 }, '/^\\/room-\\d+$/': { sockets: 2, rooms: 0 },
      });
    });

    it('counts events, errors by code, and what was refused', async () => {
      const client = await t.connect();
      const before = (await t.app.io.stats()).total;
      const joins = [ 'a', 'b', 'c', 'd' ].map(room => [ 'join', room ]);
      const calls = [[ 'pid' ], [ 'fail', 'ROOM_FULL' ], [ 'fail', 'ROOM_FULL' ], [ 'unknown' ], ...joins ];
      for (const [ event, ...args ] of calls) await client.sendWithAck(event, ...args);
      await assert.rejects(t.connect({ auth: { stranger: true } }), /connection refused/);
      const { events, errors, refused } = (await t.app.io.stats()).total;
      assert.equal(events.total, before.events.total + 7);
      assert.equal(events.duration.count, events.total);
      assert.ok(events.duration.buckets[30_000] <= events.total && events.duration.buckets[1] <= events.duration.buckets[30_000]);
      assert.ok(events.perSecond > 0);
      assert.deepEqual(errors, { ROOM_FULL: 2, EVENT_NOT_FOUND: 1, TOO_MANY_ROOMS: 1, CONNECTION_REFUSED: 1 });
      assert.equal(refused.rooms, before.refused.rooms + 1);
    });

    it('reports the duration of events, and the delay of the event loop since the first call', async () => {
      const client = await t.connect({ transports: [ 'websocket' ] });
      const { total: { events: { duration: before } } } = await t.app.io.stats();
      await eventLoopIsWatched();
      await client.sendWithAck('block', 150);
      const { total: { events: { duration } }, workers: [{ eventLoopDelay }] } = await t.app.io.stats();
      assert.equal(duration.count, before.count + 1);
      assert.equal(duration.buckets[100], before.buckets[100], 'it is in none of the lower buckets');
      assert.ok(duration.sum >= before.sum + 150, `${duration.sum}`);
      assert.ok(eventLoopDelay.max >= 100, `${eventLoopDelay.max}`);
      assert.ok(eventLoopDelay.p50 <= eventLoopDelay.p99 && eventLoopDelay.p99 <= eventLoopDelay.max);
    });

    it('counts the bytes that wait for a client that does not read', async () => {
      const client = await t.connect({ transports: [ 'websocket' ] });
      const { transport } = client.socket.io.engine as unknown as { transport: { ws: { _socket: { pause(): void; resume(): void } } } };
      transport.ws._socket.pause();
      client.send('much', 32 * 1024 * 1024);
      let bufferedBytes = 0;
      // Until the server has heard it. In one process nothing else is waited for: without the turn, it never would.
      while (bufferedBytes === 0) {
        await setImmediate();
        ({ bufferedBytes } = (await t.app.io.stats()).total);
      }
      assert.ok(bufferedBytes > 1024 * 1024, `${bufferedBytes}`);
      transport.ws._socket.resume();
      await client.next('much');
      assert.equal((await t.app.io.stats()).total.bufferedBytes, 0);
    });
  });

  describe('with two workers', function() {
    this.timeout(60_000);
    let server: RunningServer;
    let clients: (SocketIOTestClient & { pid: number })[];

    before(async () => { server = await startCluster('stats', 2); });
    after(() => server.stop());
    beforeEach(() => { clients = []; });
    afterEach(() => Promise.all(clients.map(client => client.close())));

    /** A client of each worker. */
    async function everywhere(options: ClientOptions = { transports: [ 'websocket' ] }): Promise<(SocketIOTestClient & { pid: number })[]> {
      while (new Set(clients.map(({ pid }) => pid)).size < 2) {
        const client = await new SocketIOTestClient({ url: server.url, ...options }).connect();
        clients.push(Object.assign(client, { pid: await client.sendWithAck<number>('pid') }));
      }
      return [ clients[0], clients.find(({ pid }) => pid !== clients[0].pid)! ];
    }

    /** Over a connection of its own, so that it comes to another worker the next time. */
    async function scrape(path = '/metrics', agent: Agent | false = false): Promise<{ worker: string; text: string }> {
      const request = get(`${server.url}${path}`, { agent });
      const [ response ] = await once(request, 'response') as [IncomingMessage];
      assert.equal(response.statusCode, 200);
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      return { worker: response.headers.worker as string, text };
    }

    it('reports each worker and the total, whichever worker is asked', async () => {
      const both = await everywhere();
      for (const client of both) {
        const { workers, missing, total } = await client.sendWithAck<AppStats>('stats');
        assert.deepEqual(missing, []);
        assert.equal(workers[0].pid, client.pid, 'the one that was asked comes first');
        assert.deepEqual(new Set(workers.map(({ pid }) => pid)), new Set(both.map(({ pid }) => pid)));
        for (const { peers } of workers) assert.equal(peers, 1);
        assert.equal(total.connections.websocket, clients.length);
        assert.equal(total.events.total, workers[0].events.total + workers[1].events.total);
        assert.equal(total.events.duration.buckets[30_000], total.events.total);
      }
    });

    it('lists a worker that does not answer as missing, and waits no longer than its timeout', async () => {
      const [ client, { pid }] = await everywhere();
      process.kill(pid, 'SIGSTOP');
      try {
        const { workers, missing } = await client.sendWithAck<AppStats>('stats', { timeout: 50 });
        assert.deepEqual(workers.map(worker => worker.pid), [ client.pid ]);
        assert.deepEqual(missing.map(worker => worker.pid), [ pid ]);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      assert.deepEqual((await client.sendWithAck<AppStats>('stats')).missing, []);
    });

    it('a scrape does not hang if a worker hangs: it has the figures of the others, and reports one as missing', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const [ a, b ] = await everywhere();
      // Of a worker that hangs Egg's master does not know: it would give it new connections.
      const { worker } = await scrape('/metrics', agent);
      const stopped = Number(worker) === a.pid ? b.pid : a.pid;
      process.kill(stopped, 'SIGSTOP');
      try {
        const texts = await Promise.all(Array.from({ length: 3 }, () => scrape('/metrics', agent)));
        for (const { text } of texts) {
          assert.match(text, /^socketio_workers_missing 1$/m);
          assert.equal(new Set([ ...text.matchAll(/worker="([^"]+)"/g) ].map(([ , label ]) => label)).size, 1);
        }
      } finally {
        process.kill(stopped, 'SIGCONT');
        agent.destroy();
      }
    });

    it('prom-client gets the same figures from any worker, with a label for each worker', async () => {
      await everywhere();
      const scrapes = new Map<string, string>();
      while (scrapes.size < 2) {
        const { worker, text } = await scrape();
        scrapes.set(worker, text);
      }
      const counted = [ ...scrapes.values() ].map(text => text.split('\n')
        .filter(line => !/^#|^$|uptime|event_loop|_process_|_packets_total|ed_bytes_total/.test(line)).sort());
      assert.deepEqual(counted[0], counted[1]);
      const [ text ] = scrapes.values();
      const sum = (pattern: RegExp) => [ ...text.matchAll(pattern) ].reduce((all, [ , figure ]) => all + Number(figure), 0);
      assert.equal(sum(/^socketio_connections\{worker="[\w-]+",transport="websocket"\} (\d+)$/gm), clients.length);
      assert.ok(sum(/^socketio_event_duration_seconds_count\{worker="[\w-]+",namespace="\/",event="pid"\} (\d+)$/gm) >= clients.length);
      // Not what is new at each start, or each start would make new time series.
      assert.deepEqual(new Set([ ...text.matchAll(/worker="([^"]+)"/g) ].map(([ , label ]) => label)), new Set([ '1', '2' ]));
      assert.match(text, /^# TYPE socketio_event_duration_seconds histogram$/m);
      assert.match(text, /^socketio_event_duration_seconds_bucket\{worker="[\w-]+",namespace="\/",event="pid",le="0.001"\} \d+$/m);
      assert.match(text, /^# TYPE socketio_refused_total counter$/m);
      assert.match(text, /^socketio_workers_missing 0$/m);
    });

    it('a worker that was not asked itself answers the others', async () => {
      const unasked = await startCluster('stats', 2, { env: { METRICS: 'off' } });
      try {
        const client = await new SocketIOTestClient({ url: unasked.url }).connect();
        const { workers, missing } = await client.sendWithAck<AppStats>('stats');
        assert.deepEqual([ workers.length, missing ], [ 2, []]);
        await client.close();
      } finally {
        await unasked.stop();
      }
    });

    it('counts forwarded requests on the worker that has forwarded them', async () => {
      const [ client ] = await everywhere();
      const path = '/socket.io/?EIO=4&transport=polling';
      const { sid } = JSON.parse((await scrape(path)).text.slice(1)) as { sid: string };
      let asked: AppStats;
      do {
        // The pings come later: without something to say, the poll would wait for one.
        const request = get(`${server.url}${path}&sid=${sid}`, { agent: false }).on('error', () => undefined);
        asked = await client.sendWithAck<AppStats>('stats');
        request.destroy();
      } while (asked.total.forwarded.requests === 0);
      const { workers, total } = asked;
      assert.equal(total.forwarded.requests, workers.reduce((sum, { forwarded }) => sum + forwarded.requests, 0));
      assert.equal(total.forwarded.webSockets, 0);
    });

    it('counts the WebSockets that are currently relayed', async () => {
      const [ client ] = await everywhere();
      const polling = `${server.url}/socket.io/?EIO=4&transport=polling`;
      const sockets: RawWebSocket[] = [];
      let asked: AppStats;
      do {
        const { sid } = JSON.parse((await exchange(polling)).body.slice(1)) as { sid: string };
        await exchange(`${polling}&sid=${sid}`, { method: 'POST' }, '40');
        // The answer is there: the session does not move any more, and a WebSocket that comes to another worker is relayed.
        await exchange(`${polling}&sid=${sid}`);
        sockets.push(await RawWebSocket.open(`${server.url}/socket.io/?EIO=4&transport=websocket&sid=${sid}`));
        asked = await client.sendWithAck<AppStats>('stats');
      } while (asked.total.relayed === 0);
      assert.equal(asked.total.relayed, asked.workers.reduce((sum, { relayed }) => sum + relayed, 0));
      for (const socket of sockets) socket.terminate();
      do asked = await client.sendWithAck<AppStats>('stats'); while (asked.total.relayed > 0);
    });

    it('counts sessions that were taken over, and Engine.IO counts them like any other', async () => {
      // Workers get connections in turn: of many at once, some have their WebSocket come to another worker. On a machine that is so busy
      // that it comes after the window, it is relayed; then more clients connect.
      const all: SocketIOTestClient[] = [];
      let asked: AppStats;
      do {
        const more = await Promise.all(Array.from({ length: 8 }, () => new SocketIOTestClient({ url: server.url }).connect()));
        clients.push(...more.map(client => Object.assign(client, { pid: 0 })));
        all.push(...more);
        asked = await all[0].sendWithAck<AppStats>('stats');
      } while (asked.total.takeOvers === 0);
      assert.equal(asked.total.takeOvers, asked.workers.reduce((sum, { takeOvers }) => sum + takeOvers, 0));
      for (const client of all) {
        const { told, there } = await client.sendWithAck<{ told: number; there: number }>('sessions');
        assert.equal(told, there);
      }
    });
  });

  it('counts events before the first call, and measures durations from then on', () => withInlineApp({
    'app/socket/a.ts': "import { OnWSMessage, WSController } from 'egg-socketio';\n@WSController() export class A { @OnWSMessage('a') a() {} }",
  }, async ({ app }, startError) => {
    assert.ifError(startError);
    const client = await app.createSocketIOClient();
    for (const counts of [[ 1, 0 ], [ 2, 1 ]]) {
      await client.sendWithAck('a');
      const { total: { events }, workers: [{ eventLoopDelay }] } = await app.io.stats();
      assert.deepEqual([ events.total, events.duration.count ], counts);
      if (events.total === 1) assert.deepEqual(eventLoopDelay, { p50: 0, p99: 0, max: 0 });
    }
    await client.close();
  }));

  it('counts events by namespace and handler, a hundred handlers separately', () => {
    const tallies = new EventTallies();
    tallies.takeDurations();
    const end = (namespace: string | RegExp, event: string) => tallies.of(namespace, event).endEvent({ starttime: Date.now() });
    for (const event of [ 'constructor', '__proto__' ]) tallies.of('/', event);
    for (let i = 0; i < 97; i++) tallies.of('/many', `event ${i}`);
    tallies.of(/^\/room-\d+$/, 'constructor');
    for (const event of [ 'constructor', '__proto__', '__proto__', 'late', 'later' ]) end('/', event);
    end(/^\/room-\d+$/, 'constructor');
    const { duration, durations } = tallies.takeDurations();
    const counts = Object.entries(durations).map(([ namespace, events ]) => [
      namespace, ...Object.entries(events).map(([ event, { count }]) => `${event}: ${count}`),
    ]);
    assert.deepEqual(counts, [[ '/', 'constructor: 1', '__proto__: 2', '(other): 2' ], [ '/many' ], [ '/^\\/room-\\d+$/', 'constructor: 1' ]]);
    assert.deepEqual([ tallies.total, duration.count ], [ 6, 6 ]);
  });

  it('adds up events with names like those of Object.prototype\'s members', () => {
    const figures = JSON.parse('{ "constructor": 1, "__proto__": { "toString": 2 } }') as object;
    assert.equal(JSON.stringify(sumUp([ figures, {}, figures ])), '{"constructor":2,"__proto__":{"toString":4}}');
    assert.equal(Object.name, 'Object');
  });

  it('adds a duration to the first bucket that fits, and to those above', () => {
    const durations = new Durations();
    for (const duration of [ 0, 1, 2, 3, 30_000, 30_001, -5 ]) durations.add(duration);
    const { count, sum, buckets } = durations.snapshot();
    assert.deepEqual([ count, sum ], [ 7, 60_007 ]);
    assert.deepEqual([ buckets[1], buckets[2], buckets[5], buckets[10_000], buckets[30_000] ], [ 3, 4, 5, 5, 6 ]);
  });

  it('computes the rate of a counter over one to two periods', () => {
    const rate = new RecentRate(0, 0);
    assert.equal(rate.perSecond(0, 0), 0);
    assert.equal(rate.perSecond(10_000, 100), 10, 'over its life');
    rate.turn(30_000, 300);
    rate.turn(60_000, 300);
    assert.equal(rate.perSecond(61_000, 331), 1, 'since the last turn but one');
  });
});
