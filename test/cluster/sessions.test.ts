import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { type ClientOptions, SocketIOTestClient } from 'egg-socketio/mock';
import { type RunningServer, startCluster } from '../support/server';

const WORKERS = 3;
const KINDS: Record<string, ClientOptions> = {
  'polling only': { transports: [ 'polling' ] },
  'polling, then upgrading': {},
  'WebSocket only': { transports: [ 'websocket' ] },
};

type Client = SocketIOTestClient & { pid: number };

describe('test/cluster/sessions.test.ts', function() {
  this.timeout(120_000);
  let server: RunningServer | undefined;
  let clients: SocketIOTestClient[];

  beforeEach(() => { clients = []; });
  afterEach(async () => {
    await Promise.all(clients.map(client => client.close()));
    await server?.stop();
    server = undefined;
  });

  async function start(env: Record<string, string> = {}): Promise<void> {
    server = await startCluster('workers', WORKERS, { env });
  }

  async function connect(options: ClientOptions): Promise<Client> {
    const client = await new SocketIOTestClient({ url: server!.url, ...options }).connect();
    clients.push(client);
    const [ pid ] = await client.next<[number]>('worker');
    return Object.assign(client, { pid });
  }

  /** Clients until each worker has one. */
  async function everywhere(options: ClientOptions): Promise<Client[]> {
    const all: Client[] = [];
    while (new Set(all.map(({ pid }) => pid)).size < WORKERS) all.push(await connect(options));
    return all;
  }

  it('a session whose WebSocket reaches another worker than its polling is taken over and not relayed', async () => {
    // However slow this machine is: a client that upgrades does not wait for the end of the window.
    await start({ WORKERS_WINDOW: '50000' });
    const all = await Promise.all(Array.from({ length: 4 * WORKERS }, () => connect({})));
    for (const client of all) {
      assert.equal(client.socket.io.engine.transport.name, 'websocket');
      assert.equal(await client.sendWithAck('is direct'), true);
    }
  });

  for (const when of [ 'in the config', 'at run time' ]) {
    it(`a session id of the app's own generator carries its worker's tag: set ${when}`, async () => {
      await start({ WORKERS_IDS: when });
      const all = await everywhere(KINDS['polling only']);
      const tags = new Map<number, string>();
      for (const client of all) {
        const [ id, pid, tag ] = /^own-(\d+)-\d+\.([\w-]{8})$/.exec(client.socket.io.engine.id!) ?? [];
        assert.equal(Number(pid), client.pid, id);
        tags.set(client.pid, tag);
        // Each request comes to any worker.
        for (let n = 0; n < 10; n++) assert.deepEqual(await client.sendWithAck('echo', n), [ client.pid, n ]);
      }
      assert.equal(new Set(tags.values()).size, WORKERS);
    });
  }

  it('a client cannot forge its address or protocol with a header', async () => {
    const ADDRESS = '127.0.0.77';
    const extraHeaders = {
      'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https', 'x-egg-socketio-client': '1 1 203.0.113.9 1', 'x-egg-socketio-tag': 'aaaaaaaa',
    };
    await start();
    const agent = new Agent({ localAddress: ADDRESS });
    for (const [ kind, options ] of Object.entries(KINDS)) {
      for (const client of await everywhere({ ...options, extraHeaders, agent: agent as never })) {
        assert.deepEqual(await client.sendWithAck('whence'), [ ADDRESS, 'http', `::ffff:${ADDRESS}` ], kind);
      }
    }
    agent.destroy();
  });
});
