import assert from 'node:assert/strict';
import { io, type Socket } from 'socket.io-client';
import { ClusterProcess } from '../support/cluster_process';

const io2 = require('socket.io-client-v2') as typeof io;

const CLIENTS = 6;
const TRANSPORTS = { polling: [ 'polling' ], upgraded: [ 'polling', 'websocket' ], websocket: [ 'websocket' ] } as const;
type Kind = keyof typeof TRANSPORTS;

/** Headers of the polling requests and of the WebSocket are different, so that a field shows which of them it comes from. */
function headersOf(transport: string, cookie: string): Record<string, string> {
  return {
    'X-Own': transport, Authorization: `Bearer ${transport}`, Cookie: `${cookie}; plain=${transport}`, 'X-Twice': 'one, two', 'User-Agent': `test/${transport}`,
    'X-Forwarded-For': transport === 'polling' ? '203.0.113.1, 198.51.100.1' : '203.0.113.2', 'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': `${transport}.example`,
  };
}

/** Replaces what differs between any two connections. */
function normalise(view: object, port: number): unknown {
  const text = JSON.stringify(view).replaceAll(String(port), 'PORT').replaceAll(/\bt=[\w.-]+/g, 't=T');
  return JSON.parse(text, (key, value) => {
    if (key === 't') return 'T';
    if (key === 'sec-websocket-key') return 'KEY';
    if (key === 'rawHeaders') return (value as string[]).map((each, i, all) => (/^sec-websocket-key$/i.test(all[i - 1] ?? '') ? 'KEY' : each));
    return value;
  });
}

/** A cluster of the fixture, and its clients. */
class Visited {
  private readonly clients: Socket[] = [];

  private constructor(private readonly cluster: ClusterProcess) {}

  /** The cookie of the session that {@link Visited.login} has begun; it holds for any cluster of the fixture. */
  cookie = '';

  static async start(workers: number, proxy: boolean): Promise<Visited> {
    const cluster = await ClusterProcess.start({
      fixture: 'identity', workers, variables: { IDENTITY_PROXY: String(proxy) },
    });
    return new Visited(cluster);
  }

  async login(): Promise<string> {
    const { headers } = await fetch(`${this.cluster.url}/login/ada`);
    return this.cookie = headers.getSetCookie().map(line => line.split(';')[0]).join('; ');
  }

  /** Connects a client, and waits for its upgrade. */
  async connect(kind: Kind, revision: 3 | 4): Promise<Socket> {
    const transportOptions = Object.fromEntries([ 'polling', 'websocket' ].map(name => [ name, { extraHeaders: headersOf(name, this.cookie) }]));
    const options = { forceNew: true, reconnection: false, transports: [ ...TRANSPORTS[kind] ], transportOptions, query: { room: 'a b' } };
    const client = (revision === 4 ? io : io2)(this.cluster.url, { ...options, auth: { token: 'x' } });
    this.clients.push(client);
    await heard(client, 'connect');
    const { engine } = client.io;
    if (kind === 'upgraded' && engine.transport.name !== 'websocket') await new Promise(resolve => { engine.once('upgrade', resolve); });
    return client;
  }

  /** What the app sees of a client. */
  async view(client: Socket): Promise<unknown> {
    return normalise(await ask(client, 'view'), this.cluster.port);
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close();
    await this.cluster.stop();
  }
}

/** Waits for an event; fails if the client is refused or disconnected first. */
async function heard(client: Socket, event: 'connect'): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    client.once(event, resolve);
    client.once('connect_error', reject);
    client.once('disconnect', reason => reject(new Error(`disconnected: ${reason}`)));
  });
}

async function ask(client: Socket, event: string): Promise<object> {
  return new Promise((resolve, reject) => {
    client.once('disconnect', reason => reject(new Error(`disconnected: ${reason}`)));
    client.emit(event, resolve);
  });
}

/** What an app sees, by the kind of its client. */
async function views(visited: Visited): Promise<Map<string, unknown[]>> {
  const seen = new Map<string, unknown[]>();
  for (const kind of Object.keys(TRANSPORTS) as Kind[]) {
    for (const revision of [ 4, 3 ] as const) {
      const list: unknown[] = [];
      for (let i = 0; i < CLIENTS; i++) {
        const client = await visited.connect(kind, revision);
        list.push(await visited.view(client));
        if (revision === 3) continue;
        const news = client.io.socket('/news', { auth: { token: 'x' } });
        if (!news.connected) await heard(news, 'connect');
        list.push(await visited.view(news));
      }
      seen.set(`${kind}, EIO ${revision}`, list);
    }
  }
  return seen;
}

/** Compares all fields of all clients with those of the first one of their kind, and that one with what its requests have said. */
function compare(one: Map<string, unknown[]>, four: Map<string, unknown[]>, proxy: boolean): void {
  for (const [ kind, list ] of one) {
    const [ expected ] = list as { own: string; session: string; ip: string; request: { rawHeaders: string[] }; made: object }[];
    const first = kind.startsWith('websocket') ? 'websocket' : 'polling';
    assert.deepEqual([ expected.own, expected.session ], [ first, 'ada' ], kind);
    assert.equal(expected.ip, !proxy ? '127.0.0.1' : first === 'polling' ? '203.0.113.1' : '203.0.113.2', kind);
    assert.deepEqual(expected.made, { account: `account of ${first}`, visit: { of: first }, marks: [ 'initial_headers', 'headers' ] }, kind);
    for (const [ i, view ] of [ ...list, ...four.get(kind)! ].entries()) {
      for (const [ field, value ] of Object.entries(view as object)) {
        assert.deepEqual(value, (expected as unknown as Record<string, unknown>)[field], `${kind}: ${field}, connection ${i} of ${list.length} with one worker, then four`);
      }
    }
  }
}

describe('test/sticky/identity.test.ts', function() {
  this.timeout(200_000);

  for (const proxy of [ false, true ]) {
    it(`an app on four workers gets the same handshake, field by field, as on one worker, ${proxy ? 'behind a proxy that it trusts' : 'without a proxy'}`, async () => {
      const clusters = await Promise.all([ Visited.start(1, proxy), Visited.start(4, proxy) ]);
      const [ alone, among ] = clusters;
      try {
        among.cookie = await alone.login();
        const [ one, four ] = await Promise.all(clusters.map(views));
        compare(one, four, proxy);
        const { takeOvers } = await ask(await among.connect('websocket', 4), 'stats') as { takeOvers: number };
        assert.ok(takeOvers > 0, 'sessions have moved');
      } finally {
        await Promise.all(clusters.map(async cluster => cluster.stop()));
      }
    });
  }
});
