import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { ClusterProcess } from '../support/cluster_process';

const WORKERS = 3;

/** A client, and the process of the worker that has its session. */
interface Guest { readonly client: SocketIOTestClient; readonly pid: number }

/** Workers that live although the agent does not list them. */
describe('test/cluster/cut_off.test.ts', function() {
  this.timeout(60_000);
  let cluster: ClusterProcess;
  let guests: Guest[];
  /** A client of the worker that is cut off, and clients of the others. */
  let cut: Guest;
  let others: Guest[];
  let number = 0;

  before(async () => {
    cluster = await ClusterProcess.start({
      workers: WORKERS, variables: { WORKERS_RECOVERY: 'true', WORKERS_AGENT_CONNECTION: 'watched' },
    });
  });
  after(() => cluster.stop());
  beforeEach(async () => {
    guests = [];
    const byPid = new Map<number, Guest>();
    while (byPid.size < WORKERS) {
      const guest = await connect();
      byPid.set(guest.pid, guest);
    }
    [ cut, ...others ] = [ ...byPid.values() ];
  });
  afterEach(() => Promise.all(guests.map(({ client }) => client.close())));

  async function connect(): Promise<Guest> {
    const client = new SocketIOTestClient({ url: cluster.url, transports: [ 'websocket' ], waitTimeout: 20_000 });
    const guest = { client, pid: await comeIn(client) };
    guests.push(guest);
    return guest;
  }

  async function comeIn(client: SocketIOTestClient): Promise<number> {
    await client.connect();
    const [ pid ] = await client.next<[number]>('worker');
    return pid;
  }

  /** A client whose worker the agent has told of the others after everything that has happened until now. */
  async function hasHeardTheAgent({ client }: Guest): Promise<void> {
    const text = `note ${++number}`;
    for (;;) {
      await client.sendWithAck('ask the agent', text);
      // A worker that is about to register again misses it.
      await client.sendWithAck('echo');
      if (client.pending.some(({ event, args }) => event === 'from the agent' && args[0] === text)) return;
    }
  }

  /** How often a sibling has taken over the sessions of a worker that it holds to be gone. */
  function promotions(): number {
    return cluster.log.match(/worker \S+ is gone/g)?.length ?? 0;
  }

  /** Resolves once there are more of them: a line is in its file a second later, and would count in the next test. */
  async function promoted(before: number): Promise<void> {
    while (promotions() === before) await setTimeout(50);
  }

  async function leaveTheAgent(): Promise<void> {
    assert.equal(await cut.client.sendWithAck('leave the agent'), 1);
    for (const other of others) await hasHeardTheAgent(other);
  }

  async function returnToTheAgent(): Promise<void> {
    await cut.client.sendWithAck('return to the agent');
    await hasHeardTheAgent(cut);
  }

  /** Resolves once what a worker sends reaches another. */
  async function reaches(from: Guest, to: Guest): Promise<void> {
    for (;;) {
      const mark = ++number;
      await from.client.sendWithAck('tell', to.client.id, 'mark', mark);
      await to.client.sendWithAck('echo');
      if (to.client.pending.some(({ event, args }) => event === 'told' && args[1] === mark)) return;
    }
  }

  /** Breaks the links of all others to a worker; they are opened again. */
  async function breakLinksTo(guest: Guest): Promise<void> {
    await guest.client.sendWithAck('break links');
    for (const other of [ cut, ...others ].filter(each => each !== guest)) await reaches(other, guest);
  }

  /** Each of these gets, once, what a client of each other worker says; and each of their workers finds the sockets of all. */
  async function assertTogether(all: readonly Guest[]): Promise<void> {
    const ids = guests.filter(({ client }) => client.connected).map(({ client }) => client.id).sort();
    for (const speaker of all) {
      const said = ++number;
      await speaker.client.sendWithAck('tell', 'lobby', 'speaker', said);
      for (const { client } of all.filter(each => each !== speaker)) {
        while ((await client.next<[string, number]>('told'))[1] !== said) { /* A mark. */ }
      }
      const found = await speaker.client.sendWithAck<{ id: string }[]>('who');
      assert.deepEqual(found.map(({ id }) => id).sort(), ids);
    }
    for (const { client } of all) {
      await client.sendWithAck('echo');
      assert.deepEqual(client.pending.filter(({ event, args }) => event === 'told' && args[0] === 'speaker'), []);
    }
  }

  /** Drops the connection of a client; it comes back to any worker, and has missed nothing. */
  async function assertRecovers(guest: Guest, speaker: Guest): Promise<void> {
    const { client } = guest;
    const { id } = client;
    const said = ++number;
    await speaker.client.sendWithAck('join', 'watchers');
    client.socket.io.engine.close();
    while ((await speaker.client.next<[string]>('left'))[0] !== id) { /* Another's. */ }
    await speaker.client.sendWithAck('tell', 'lobby', 'speaker', said);
    await comeIn(client);
    assert.deepEqual([ client.id, client.socket.recovered ], [ id, true ]);
    while ((await client.next<[string, number]>('told'))[1] !== said) { /* An earlier one, or a mark. */ }
    await client.sendWithAck('echo');
    assert.deepEqual(client.pending.filter(({ event, args }) => event === 'told' && args[1] === said), []);
  }

  it('a worker that has only lost its connection to the agent keeps its clients and its links, and nobody promotes its sessions', async () => {
    const all = [ cut, ...others ];
    const before = promotions();
    await leaveTheAgent();
    await assertTogether(all);
    for (const other of others) await breakLinksTo(other);
    await assertTogether(all);
    for (const { client } of all) assert.equal(client.connected, true);
    await returnToTheAgent();
    await assertTogether(all);
    assert.equal(promotions(), before);
  });

  it('a client of a worker that the agent does not list is recovered by any worker, and misses nothing', async () => {
    const before = promotions();
    await leaveTheAgent();
    for (const other of others) await breakLinksTo(other);
    await assertRecovers(cut, others[0]);
    await assertRecovers(others[1], others[0]);
    const home = await connectTo(cut.pid);
    await home.client.sendWithAck('return to the agent');
    await hasHeardTheAgent(home);
    await assertRecovers(cut, others[0]);
    assert.equal(promotions(), before);
  });

  it('a worker that starts while another is cut off is linked to it once that has registered again', async () => {
    await leaveTheAgent();
    const from = cluster.news.length;
    const before = promotions();
    process.kill(others[1].pid, 'SIGKILL');
    await cluster.hear('worker died', from);
    const { pid } = await cluster.hear('worker', from);
    const newcomer = await connectTo(pid);
    await returnToTheAgent();
    await reaches(cut, newcomer);
    await reaches(newcomer, cut);
    await assertTogether([ cut, others[0], newcomer ]);
    await promoted(before);
  });

  it('a worker that is killed while the agent does not list it is replaced by one sibling, and its clients are recovered', async () => {
    await leaveTheAgent();
    const { client } = cut;
    const { id } = client;
    const said = ++number;
    await others[0].client.sendWithAck('tell', 'lobby', 'speaker', said);
    assert.deepEqual((await client.next('told')).slice(0, 2), [ 'speaker', said ]);
    const from = cluster.news.length;
    const before = promotions();
    const disconnected = new Promise(resolve => { client.socket.once('disconnect', resolve); });
    process.kill(cut.pid, 'SIGKILL');
    await disconnected;
    // Until Node's master knows of the death, it may give the new connection to the dead.
    await cluster.hear('worker died', from);
    await comeIn(client);
    assert.deepEqual([ client.id, client.socket.recovered ], [ id, true ]);
    await cluster.hear('worker', from);
    await promoted(before);
    assert.equal(promotions() - before, 1);
  });

  /** A client of a certain worker. */
  async function connectTo(pid: number): Promise<Guest> {
    for (;;) {
      const guest = await connect();
      if (guest.pid === pid) return guest;
    }
  }
});
