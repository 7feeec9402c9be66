import assert from 'node:assert/strict';
import { once } from 'node:events';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { ticketOf } from '../support/adapter/ticket';
import { ClusterProcess } from '../support/cluster_process';

const WORKERS = 3;

/** What a client knows of itself. */
interface Recollection { id: string; rooms: string[]; note: unknown; recovered: boolean }

describe('test/cluster/recovery.test.ts', function() {
  this.timeout(120_000);
  let cluster: ClusterProcess;
  let clients: SocketIOTestClient[];

  before(async () => { cluster = await ClusterProcess.start({ workers: WORKERS, variables: { WORKERS_RECOVERY: 'true' } }); });
  after(() => cluster.stop());
  beforeEach(() => { clients = []; });
  afterEach(() => Promise.all(clients.map(client => client.close())));

  /** A client that comes back when it is told to, in its room and with something to remember. */
  async function connect(transports = [ 'websocket' ]): Promise<{ client: SocketIOTestClient; pid: number }> {
    const client = new SocketIOTestClient({ url: cluster.url, transports, waitTimeout: 20_000 });
    clients.push(client);
    const pid = await comeIn(client);
    await client.sendWithAck('join', 'room');
    await client.sendWithAck('note', 'remember me');
    return { client, pid };
  }

  async function comeIn(client: SocketIOTestClient): Promise<number> {
    await client.connect();
    const [ pid ] = await client.next<[number]>('worker');
    return pid;
  }

  /** One that tells the room what others miss, connected to another worker than these, and that sees who leaves. */
  async function speakerBeside(...pids: number[]): Promise<SocketIOTestClient> {
    for (;;) {
      const { client, pid } = await connect();
      if (pids.includes(pid)) continue;
      await client.sendWithAck('join', 'watchers');
      return client;
    }
  }

  /** Resolves once the disconnect handler of a client has begun. */
  async function hasLeft(watcher: SocketIOTestClient, id: string): Promise<void> {
    while ((await watcher.next<[string]>('left'))[0] !== id) { /* Another's. */ }
  }

  async function assertRecovered(client: SocketIOTestClient, id: string): Promise<void> {
    assert.equal(client.socket.recovered, true);
    assert.equal(client.id, id);
    assert.deepEqual(await client.sendWithAck<Recollection>('recall'),
      { id, rooms: [ id, 'lobby', 'room' ].sort(), note: 'remember me', recovered: true });
  }

  async function assertTold(client: SocketIOTestClient, ...numbers: number[]): Promise<void> {
    for (const number of numbers) assert.deepEqual((await client.next('told')).slice(0, 2), [ 'speaker', number ]);
    // Behind the answer nothing more can come of what was sent before.
    await client.sendWithAck('echo');
    assert.deepEqual(client.pending.filter(({ event }) => event === 'told'), []);
  }

  for (const transports of [[ 'websocket' ], [ 'polling' ]]) {
    it(`recovers a client whose new connection lands on another worker: ${transports}`, async () => {
      const { client, pid } = await connect(transports);
      const id = client.id!;
      const speaker = await speakerBeside(pid);
      let home = pid;
      let elsewhere = 0;
      let number = 0;
      // Twice, because what has come from another worker must be able to go on to the next, or back.
      while (elsewhere < 2) {
        await speaker.sendWithAck('tell', 'room', 'speaker', ++number);
        await assertTold(client, number);
        client.socket.io.engine.close();
        await hasLeft(speaker, id);
        await speaker.sendWithAck('tell', 'room', 'speaker', ++number);
        await speaker.sendWithAck('tell', 'room', 'speaker', ++number);
        const next = await comeIn(client);
        await assertRecovered(client, id);
        await assertTold(client, number - 1, number);
        if (next !== home) elsewhere += 1;
        home = next;
      }
    });
  }

  it('recovers a client whose lost connection no worker has noticed, on the same worker and on another', async () => {
    const { client: first, pid: firstHome } = await connect();
    const id = first.id!;
    const speaker = await speakerBeside(firstHome);
    const seen = new Set<boolean>();
    let [ client, home, number ] = [ first, firstHome, 0 ];
    while (seen.size < 2) {
      await speaker.sendWithAck('tell', 'room', 'speaker', ++number);
      await assertTold(client, number);
      // Node's master deals connections out in turn: with two more, the next one comes to the same worker.
      if (seen.has(false)) for (let i = 1; i < WORKERS; i++) await connect();
      const { pid, offset } = ticketOf(client);
      const cut = once(client, 'disconnect');
      const back = new SocketIOTestClient({ url: cluster.url, transports: [ 'websocket' ], auth: { pid, offset }, waitTimeout: 20_000 });
      clients.push(back);
      const next = await comeIn(back);
      // The old connection, which is open, is closed; that of a client without a network would be gone.
      await cut;
      assert.equal(back.id, id);
      assert.deepEqual(await back.sendWithAck<Recollection>('recall'),
        { id, rooms: [ id, 'lobby', 'room' ].sort(), note: 'remember me', recovered: true });
      seen.add(next === home);
      [ client, home ] = [ back, next ];
    }
  });

  it('recovers a client whose worker was stopped', async () => {
    const { client, pid } = await connect();
    const id = client.id!;
    const speaker = await speakerBeside(pid);
    const patient = await connectTo(pid);
    const patientId = patient.id!;
    await speaker.sendWithAck('tell', 'room', 'speaker', 1);
    await assertTold(client, 1);
    await assertTold(patient, 1);

    // One comes back by itself, as soon as it can; the other one when the worker is gone for long.
    client.socket.io.reconnection(true).reconnectionDelay(1).reconnectionDelayMax(50);
    const disconnected = once(client, 'disconnect');
    const from = cluster.news.length;
    process.kill(pid, 'SIGTERM');
    assert.equal((await disconnected)[0], 'transport close');
    await hasLeft(speaker, patientId);
    await speaker.sendWithAck('tell', 'room', 'speaker', 2);
    assert.notEqual((await client.next('worker'))[0], pid);
    await assertRecovered(client, id);
    await cluster.hear('worker died', from);
    await speaker.sendWithAck('tell', 'room', 'speaker', 3);
    await assertTold(client, 2, 3);
    await comeIn(patient);
    await assertRecovered(patient, patientId);
    await assertTold(patient, 2, 3);
  });

  it('recovers a client whose worker was killed', async () => {
    const { client, pid } = await connect();
    const id = client.id!;
    const speaker = await speakerBeside(pid);
    await speaker.sendWithAck('tell', 'room', 'speaker', 1);
    await assertTold(client, 1);
    const disconnected = once(client, 'disconnect');
    const from = cluster.news.length;
    process.kill(pid, 'SIGKILL');
    await disconnected;
    // Until Node's master knows of the death, it may give the new connection to the dead.
    await cluster.hear('worker died', from);
    await speaker.sendWithAck('tell', 'room', 'speaker', 2);
    await comeIn(client);
    await assertRecovered(client, id);
    await assertTold(client, 2);
  });

  /** A client of one worker. */
  async function connectTo(wanted: number): Promise<SocketIOTestClient> {
    for (;;) {
      const { client, pid } = await connect();
      if (pid === wanted) return client;
    }
  }
});
