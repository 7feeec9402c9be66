import assert from 'node:assert/strict';
import { type ClientOptions, SocketIOTestClient } from 'egg-socketio/mock';
import { type RunningServer, startCluster } from '../support/server';

interface Told { name: string; pid?: number; tag?: string; kind?: string; sid?: string; from?: string; to?: string }
type Client = SocketIOTestClient & { pid: number; sid: string };

describe('test/observation/workers.test.ts', () => {
  let server: RunningServer;
  let clients: SocketIOTestClient[];

  before(async () => { server = await startCluster('observed_workers', 2); });
  after(() => server.stop());
  beforeEach(() => { clients = []; });
  afterEach(() => Promise.all(clients.map(client => client.close())));

  async function connect(options: ClientOptions): Promise<Client> {
    const client = await new SocketIOTestClient({ url: server.url, ...options }).connect();
    clients.push(client);
    const [ pid, sid ] = await client.next<[number, string]>('worker');
    return Object.assign(client, { pid, sid });
  }

  /** A client on each worker. */
  async function everywhere(options: ClientOptions): Promise<[Client, Client]> {
    const first = await connect(options);
    for (;;) {
      const other = await connect(options);
      if (other.pid !== first.pid) return [ first, other ];
    }
  }

  /** What the channels of both workers have told. */
  async function toldBoth(): Promise<Told[]> {
    const all = await Promise.all((await everywhere({ transports: [ 'websocket' ] })).map(client => client.sendWithAck<Told[]>('told')));
    return all.flat();
  }

  it('reports each worker to the other, once', async () => {
    const [ a, b ] = await everywhere({ transports: [ 'websocket' ] });
    for (const [ self, other ] of [[ a, b ], [ b, a ]]) {
      const ups = await self.sendWithAck<Told[]>('told of', 'peer:up', other.pid);
      assert.equal(ups.length, 1);
      assert.equal(ups[0].tag, other.sid.split('.').at(-1));
    }
  });

  it('reports forwarded requests', async () => {
    // Connections are kept alive: only one that another worker has got needs forwarding.
    for (;;) {
      const client = await connect({ transports: [ 'polling' ] });
      await client.sendWithAck('told');
      const forwarded = (await toldBoth()).find(({ name, sid }) => name === 'sticky:forward' && sid === client.sid);
      if (!forwarded) continue;
      assert.deepEqual(forwarded, { name: 'sticky:forward', sid: client.sid, to: client.sid.split('.').at(-1), kind: 'request' });
      return;
    }
  });

  it('reports sessions that move on the worker that takes them', async () => {
    // Workers get connections in turn: of many at once, some have their WebSocket come to another worker.
    const all = await Promise.all(Array.from({ length: 8 }, () => connect({})));
    const taken = (await toldBoth()).filter(({ name }) => name === 'sticky:take-over');
    const sids = new Set(all.map(({ sid }) => sid));
    const ours = taken.filter(({ sid }) => sids.has(sid!));
    assert.ok(ours.length > 0, 'no session has moved');
    for (const told of ours) assert.deepEqual(told, { name: 'sticky:take-over', sid: told.sid, from: told.sid!.split('.').at(-1) });
    assert.equal(new Set(ours.map(({ sid }) => sid)).size, ours.length);
  });

  it('reports a worker that is gone, once', async () => {
    const [ a, b ] = await everywhere({ transports: [ 'websocket' ] });
    const down = a.sendWithAck<Told[]>('told of', 'peer:down', b.pid);
    b.send('die');
    assert.equal((await down).length, 1);
  });
});
