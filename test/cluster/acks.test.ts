import assert from 'node:assert/strict';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { ClusterProcess } from '../support/cluster_process';
import { type RunningServer, startCluster } from '../support/server';

type Ack = (answer: unknown) => void;
type Client = SocketIOTestClient & { pid: number };

describe('test/cluster/acks.test.ts', () => {
  let server: RunningServer;
  let clients: SocketIOTestClient[];

  before(async () => { server = await startCluster('workers', 2, { env: { WORKERS_RECOVERY: 'true' } }); });
  after(() => server.stop());
  afterEach(() => Promise.all(clients.map(client => client.close())));

  /** One who asks, one on the same worker and one on another one. */
  async function connectThree(): Promise<[Client, Client, Client]> {
    clients = [];
    const all: Client[] = [];
    for (;;) {
      const client = await new SocketIOTestClient({ url: server.url, transports: [ 'websocket' ] }).connect();
      clients.push(client);
      const [ pid ] = await client.next<[number]>('worker');
      all.push(Object.assign(client, { pid }));
      const here = all.filter(each => each.pid === all[0].pid);
      const there = all.filter(each => each.pid !== all[0].pid);
      if (here.length >= 2 && there.length >= 1) {
        const chosen: [Client, Client, Client] = [ here[0], here[1], there[0] ];
        await Promise.all(all.filter(each => !chosen.includes(each)).map(each => each.close()));
        // The others' leaving has come to both workers.
        while ((await here[0].sendWithAck<unknown[]>('who')).length > 3);
        return chosen;
      }
    }
  }

  // An ack that is waited for takes 20 seconds, and a test client waits for five.
  for (const [ where, index ] of [[ 'the same worker', 1 ], [ 'another worker', 2 ]] as const) {
    it(`a broadcast ack does not wait for a client of ${where} that leaves, and contains the acks of the others`, async () => {
      const all = await connectThree();
      const leaver = all[index];
      const stays = all[3 - index];
      leaver.socket.on('question', () => leaver.socket.disconnect());
      stays.socket.on('question', (_question: string, ack: Ack) => ack(stays.pid));
      assert.deepEqual(await all[0].sendWithAck('everybody else', '?'), [ stays.pid ]);
    });

    it(`a broadcast ack does not wait for a client of ${where} whose connection breaks`, async () => {
      const all = await connectThree();
      const leaver = all[index];
      const stays = all[3 - index];
      leaver.socket.on('question', () => leaver.socket.io.engine.close());
      stays.socket.on('question', (_question: string, ack: Ack) => ack(stays.pid));
      assert.deepEqual(await all[0].sendWithAck('everybody else', '?'), [ stays.pid ]);
    });
  }

  it('sockets of fetchSockets() can be asked without a timeout(), on this worker and on others', async () => {
    const [ asker, here, there ] = await connectThree();
    for (const client of [ here, there ]) client.socket.on('question', (question: string, ack: Ack) => ack([ question, client.pid ]));
    const answers = await asker.sendWithAck<[string, number][]>('each by itself', '?');
    assert.deepEqual(answers.sort(), [[ '?', here.pid ], [ '?', there.pid ]].sort());
  });

  for (const [ where, index ] of [[ 'the same worker', 1 ], [ 'another worker', 2 ]] as const) {
    it(`a question to a socket of ${where} that leaves rejects at once`, async () => {
      const all = await connectThree();
      all[3 - index].socket.on('question', (_question: string, ack: Ack) => ack('stays'));
      all[index].socket.on('question', () => all[index].socket.disconnect());
      const answers = await all[0].sendWithAck<string[]>('each by itself', '?');
      assert.deepEqual(answers.sort(), [ 'Error: socket has been disconnected', 'stays' ]);
    });
  }

  for (const [ where, index ] of [[ 'the same worker', 1 ], [ 'another worker', 2 ]] as const) {
    it(`acks() without a timeout() has CLIENT_LEFT for a client of ${where} that leaves, and the acks of the others`, async () => {
      const all = await connectThree();
      const ids = all.map(({ id }) => id);
      all[index].socket.on('question', () => all[index].socket.disconnect());
      all[3 - index].socket.on('question', (_question: string, ack: Ack) => ack('stays'));
      const results = await all[0].sendWithAck<string[][]>('one by one', '?');
      assert.deepEqual(results.sort(), [[ ids[index], 'CLIENT_LEFT' ], [ ids[3 - index], 'stays' ]].sort());
    });
  }
});

describe('test/cluster/acks.test.ts: a worker is killed', () => {
  let cluster: ClusterProcess;
  before(async () => { cluster = await ClusterProcess.start({ workers: 3, variables: { WORKERS_RECOVERY: 'true' } }); });
  after(() => cluster.stop());

  it('acks() has the acks of the other workers, and CLIENT_LEFT for the clients of the killed one', async () => {
    const byWorker = new Map<number, Client>();
    const more: SocketIOTestClient[] = [];
    while (byWorker.size < 3) {
      const client = await new SocketIOTestClient({ url: cluster.url, transports: [ 'websocket' ] }).connect();
      const [ pid ] = await client.next<[number]>('worker');
      if (byWorker.has(pid)) more.push(client);
      else byWorker.set(pid, Object.assign(client, { pid }));
    }
    await Promise.all(more.map(client => client.close()));
    const [ asker, stays, victim ] = byWorker.values();
    while ((await asker.sendWithAck<unknown[]>('who')).length > 3);
    const ids = { stays: stays.id, victim: victim.id };
    stays.socket.on('question', (_question: string, ack: Ack) => ack('stays'));
    victim.socket.on('question', () => process.kill(victim.pid, 'SIGKILL'));
    const results = await asker.sendWithAck<string[][]>('one by one', '?');
    assert.deepEqual(results.sort(), [[ ids.stays, 'stays' ], [ ids.victim, 'CLIENT_LEFT' ]].sort());
    await Promise.all([ asker, stays, victim ].map(client => client.close()));
  });
});
