import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientOptions, SocketIOTestClient } from 'egg-socketio/mock';
import { type RunningServer, startCluster } from '../support/server';

const WORKERS = 3;

describe('test/cluster/workers.test.ts', () => {
  let server: RunningServer;
  let clients: SocketIOTestClient[];

  before(async () => { server = await startCluster('workers', WORKERS); });
  after(() => server.stop());
  beforeEach(() => { clients = []; });
  afterEach(() => Promise.all(clients.map(client => client.close())));

  async function connect(options: ClientOptions = {}): Promise<SocketIOTestClient & { pid: number }> {
    const client = await new SocketIOTestClient({ url: server.url, ...options }).connect();
    clients.push(client);
    const [ pid ] = await client.next<[number]>('worker');
    return Object.assign(client, { pid });
  }

  /** Clients until each worker has one. */
  async function everywhere(options?: ClientOptions): Promise<(SocketIOTestClient & { pid: number })[]> {
    const all = [];
    while (new Set(all.map(client => client.pid)).size < WORKERS) all.push(await connect(options));
    return all;
  }

  for (const [ how, options ] of Object.entries({
    'polling only': { transports: [ 'polling' ] },
    'polling, then upgrading': {},
    'WebSocket only': { transports: [ 'websocket' ] },
  } satisfies Record<string, ClientOptions>)) {
    it(`distributes clients to all workers and answers each: ${how}`, async () => {
      for (const client of await everywhere(options)) {
        const bytes = Buffer.from([ 1, 2, 3 ]);
        assert.deepEqual(await client.sendWithAck('echo', 'x', bytes), [ client.pid, 'x', bytes ]);
      }
    });
  }

  it('delivers a broadcast to the room on all workers, once each, and not to the sender', async () => {
    const [ speaker, ...others ] = await everywhere();
    await speaker.sendWithAck('say', { text: 'hello', bytes: Buffer.from('b') });
    for (const other of others) assert.deepEqual(await other.next('said'), [{ text: 'hello', bytes: Buffer.from('b') }]);
    await others[0].sendWithAck('say', 'marker');
    assert.deepEqual(await speaker.next('said'), [ 'marker' ]);
    for (const other of others.slice(1)) assert.deepEqual(await other.next('said'), [ 'marker' ]);
    for (const client of [ speaker, ...others ]) assert.deepEqual(client.pending, []);
  });

  it('fetches the sockets of all workers, and gets acks from all', async () => {
    const all = await everywhere();
    const found = await all[0].sendWithAck<{ id: string; pid: number }[]>('who');
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    assert.deepEqual(found.sort(byId), all.map(({ id, pid }) => ({ id: id!, pid })).sort(byId));
    for (const client of all) client.socket.on('question', (question: string, ack: (answer: unknown) => void) => ack([ question, client.pid ]));
    const answers = await all[0].sendWithAck<[string, number][]>('everybody', '?');
    assert.deepEqual(answers.map(([ , pid ]) => pid).sort(), all.map(({ pid }) => pid).sort());
  });

  it('the agent emits to clients of all workers', async () => {
    const all = await everywhere();
    await all[0].sendWithAck('ask the agent', 'hi');
    for (const client of all) assert.deepEqual(await client.next('from the agent'), [ 'hi', Buffer.from('binary') ]);
  });

  it('the agent selects clients of all workers, changes their rooms, emits to the workers and disconnects clients', async () => {
    const [ speaker, ...others ] = await everywhere();
    const all = [ speaker, ...others ];
    const tell = (...calls: unknown[][]) => speaker.sendWithAck('have the agent', ...calls);
    for (const other of others) await other.sendWithAck('join', 'others');
    await tell([ 'in', 'others' ], [ 'socketsJoin', [ 'chosen', 'kept' ]]);
    await tell([ 'to', 'chosen' ], [ 'emit', 'to the chosen' ]);
    await tell([ 'in', 'others' ], [ 'socketsLeave', 'chosen' ]);
    await tell([ 'to', 'chosen' ], [ 'emit', 'to nobody' ]);
    await tell([ 'except', 'kept' ], [ 'volatile' ], [ 'compress', false ], [ 'emit', 'to the rest' ]);
    await tell([ 'of', '/' ], [ 'send', 'to all' ]);
    await tell([ 'serverSideEmit', 'note', { n: 1 }]);
    for (const client of all) {
      const [ pid, note ] = await client.next<unknown[]>('noted');
      assert.deepEqual([ pid, note ], [ client.pid, { n: 1 }]);
      const events = client.pending.map(({ event, args }) => [ event, ...args ]);
      assert.deepEqual(events, [[ client === speaker ? 'to the rest' : 'to the chosen' ], [ 'message', 'to all' ]]);
    }
    const gone = others.map(other => once(other, 'disconnect'));
    await tell([ 'in', 'kept' ], [ 'disconnectSockets', true ]);
    assert.deepEqual(new Set((await Promise.all(gone)).map(([ reason ]) => reason)), new Set([ 'io server disconnect' ]));
    await speaker.sendWithAck('echo');
  });

  it('disconnects sockets of all workers, and emits this to the observers', async () => {
    const all = await everywhere();
    const watcher = await connect();
    await watcher.sendWithAck('join', 'watchers');
    for (const client of all) await client.sendWithAck('join', 'leaving');
    await watcher.sendWithAck('disconnect them', 'leaving');
    const left = await Promise.all(all.map(() => watcher.next<[string, string]>('left')));
    assert.deepEqual(new Set(left.map(([ , reason ]) => reason)), new Set([ 'server namespace disconnect' ]));
  });
});
