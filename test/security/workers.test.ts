import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientOptions, SocketIOTestClient } from '../../lib/mock/typed';
import { ClusterProcess } from '../support/cluster_process';

const WORKERS = 3;
const MOST = 12;

type Client = SocketIOTestClient & { pid: number };

describe('test/security/workers.test.ts', function() {
  this.timeout(120_000);
  let cluster: ClusterProcess;
  /** One of each worker stays from one test to the next. */
  const clients: Client[] = [];

  before(async () => {
    const variables = { WORKERS_LIMITS: JSON.stringify({ connectionsPerAddress: MOST, depth: 20, attachmentTimeout: 50 }) };
    cluster = await ClusterProcess.start({ workers: WORKERS, variables });
  });
  after(async () => {
    await Promise.all(clients.map(client => client.close()));
    await cluster.stop();
  });
  afterEach(async () => {
    const all = clients.splice(0).filter(({ connected }) => connected);
    const pids = all.map(({ pid }) => pid);
    clients.push(...all.filter(({ pid }, i) => pids.indexOf(pid) === i));
    await Promise.all(all.map(client => (clients.includes(client) ? undefined : leave(client))));
    await settle();
  });

  /** Disconnects a client, and waits until its worker knows. */
  async function leave(client: Client): Promise<void> {
    if (!client.connected) return;
    const { id } = client;
    await client.close();
    await cluster.hear('left', 0, news => news.id === id);
  }

  /** Until each worker knows what happened at each before. What a worker says to another keeps its order. */
  async function settle(): Promise<void> {
    for (const client of clients.filter(({ connected }) => connected)) await client.sendWithAck('who');
  }

  async function connect(options: ClientOptions = { transports: [ 'websocket' ] }): Promise<Client> {
    const client = await new SocketIOTestClient({ url: cluster.url, ...options }).connect();
    const [ pid ] = await client.next<[number]>('worker');
    const connected = Object.assign(client, { pid });
    clients.push(connected);
    await settle();
    return connected;
  }

  async function connectEverywhere(): Promise<void> {
    while (new Set(clients.filter(({ connected }) => connected).map(({ pid }) => pid)).size < WORKERS) await connect();
  }

  /** Connects until all places are taken, and fails if there are more. */
  async function fill(options?: ClientOptions): Promise<void> {
    while (clients.filter(({ connected }) => connected).length < MOST) await connect(options);
    // Connections are dealt out in turn, so that each worker is asked.
    for (let i = 0; i < 2 * WORKERS; i++) {
      await assert.rejects(new SocketIOTestClient({ url: cluster.url, transports: [[ 'polling' ], [ 'websocket' ]][i % 2] }).connect());
    }
  }

  it('counts the connections of all workers', async () => {
    await connectEverywhere();
    await fill();
    const leaver = clients.find(({ pid }) => clients.filter(client => client.pid === pid).length > 1)!;
    await leave(leaver);
    await settle();
    await fill();
  });

  it('counts a session once that begins with polling and moves to another worker', async () => {
    await connectEverywhere();
    await fill({});
    const direct = await Promise.all(clients.map(client => client.sendWithAck<boolean>('is direct')));
    assert.ok(direct.filter(Boolean).length > WORKERS, 'some have moved, or came to the right worker');
  });

  for (const [ what, packet ] of Object.entries({
    depth: `2["echo",${'['.repeat(20)}${']'.repeat(20)}]`,
    attachmentTimeout: '51-["echo",{"_placeholder":true,"num":0}]',
  })) {
    it(`limits sessions that have moved, or were held for a move: ${what}`, async () => {
      await connectEverywhere();
      for (const transports of [[ 'polling', 'websocket' ], [ 'polling' ]]) {
        for (let i = 0; i < WORKERS; i++) {
          const client = await connect({ transports });
          const { id } = client;
          const noticed = once(client, 'disconnect');
          (client.socket.io.engine as unknown as { write(data: string): void }).write(packet);
          assert.equal((await cluster.hear('left', 0, news => news.id === id)).reason, 'forced close');
          await noticed;
        }
      }
      await settle();
      await fill();
    });
  }

  it('does not count the connections of a dead worker, and a new worker counts those of the others', async () => {
    await connectEverywhere();
    await fill();
    const heard = cluster.news.length;
    const victim = clients[0].pid;
    const orphans = clients.filter(({ pid }) => pid === victim);
    const gone = orphans.map(client => (client.connected ? new Promise(resolve => { client.once('disconnect', resolve); }) : undefined));
    process.kill(victim, 'SIGKILL');
    await Promise.all(gone);
    await settle();
    const { pid: newcomer } = await cluster.hear('worker', heard);
    await connectEverywhere();
    assert.ok(clients.some(({ pid }) => pid === newcomer));
    await fill();
  });
});
