import assert from 'node:assert/strict';
import { ClusterProcess } from '../support/cluster_process';
import { assertAllHeard, connectMany, LoadClient } from '../support/load_client';

const WORKERS = 3;
const CLIENTS = 150;
const ROOMS = 15;
/** How many acks of each client are "under load". */
const WARM = 5;

/**
 * Those whose every byte comes from another process: for WebSockets, the worker that they are connected to. A polling
 * client's requests go to all workers in turn, so that any worker's death may break one of them.
 */
async function directTo(clients: readonly LoadClient[], matches: (pid: number) => boolean): Promise<LoadClient[]> {
  const candidates = clients.filter(({ kind, pid }) => kind !== 'polling' && matches(pid));
  const direct = await Promise.all(candidates.map(client => client.ask<boolean>('is direct')));
  return candidates.filter((_, i) => direct[i]);
}

async function whenEachHas(clients: readonly LoadClient[], acks: number): Promise<void> {
  await Promise.all(clients.map(client => {
    const enough = client.acked + acks;
    return client.until(() => client.acked >= enough);
  }));
}

function assertUndisturbed(clients: readonly LoadClient[]): void {
  for (const client of clients) {
    assert.deepEqual(client.disconnects, [], `${client.name} (${client.kind})`);
    client.assertAllAcked();
  }
}

/** For each client, the milliseconds from its disconnect until it was back. */
function absences(clients: readonly LoadClient[]): number[] {
  return clients.flatMap(({ disconnects, returns }) => returns.map((at, i) => at - disconnects[i].at)).sort((a, b) => a - b);
}

describe('test/cluster/deaths.test.ts', function() {
  this.timeout(120_000);
  let cluster: ClusterProcess;
  let clients: LoadClient[];

  before(async () => { cluster = await ClusterProcess.start({ workers: WORKERS }); });
  after(() => cluster.stop());
  beforeEach(async () => {
    clients = await connectMany(cluster.url, CLIENTS, ROOMS);
    await Promise.all(clients.map(client => client.upgraded()));
  });
  afterEach(() => Promise.all(clients.map(client => client.close())));

  it('kill -9 of a worker under load: other clients are undisturbed, its clients reconnect, and no request waits for it', async () => {
    for (const client of clients) client.talk();
    await whenEachHas(clients, WARM);
    const victim = clients[0].pid;
    const orphans = clients.filter(({ pid }) => pid === victim);
    const survivors = await directTo(clients, pid => pid !== victim);
    assert.ok(orphans.length > 0 && survivors.length > 0);

    const killed = Date.now();
    process.kill(victim, 'SIGKILL');
    await Promise.any(orphans.map(orphan => orphan.until(() => orphan.disconnects.length > 0)));
    const asked = Date.now();
    const present = await survivors[0].ask<{ id: string; pid: number }[]>('who');
    const answered = Date.now() - asked;
    assert.ok(present.every(({ pid }) => pid !== victim), 'the dead are not found');
    const found = new Set(present.map(({ id }) => id));
    assert.ok(survivors.every(({ socket }) => found.has(socket.id!)), 'the living are');

    await Promise.all(orphans.map(orphan => orphan.until(() => orphan.returns.length > 0)));
    const all = Date.now() - killed;
    assert.ok(orphans.every(({ pid }) => pid !== victim));
    await whenEachHas(survivors, WARM);
    // Node's master may have given a connection to the worker that was just dying, and then a polling client's post never
    // ends: only the others are waited for.
    const quiet = new Map(clients.map(client => [ client, client.quiet() ]));
    await Promise.all(survivors.map(client => quiet.get(client)));
    assertUndisturbed(survivors);
    await assertAllHeard(survivors);

    for (const { kind, disconnects } of clients) {
      for (const { reason } of disconnects) assert.match(reason, kind === 'polling' ? /^transport error$/ : /^transport (close|error)$/);
    }
    const times = absences(orphans);
    const others = clients.filter(client => !orphans.includes(client) && !survivors.includes(client));
    console.log('      %d of %d clients were with the killed worker: back after %d to %d ms (all %d ms after the kill); fetchSockets answered in %d ms',
      orphans.length, CLIENTS, times[0], times.at(-1), all, answered);
    console.log('      %d others had direct connections, and noticed nothing; of %d others, whose requests may have come through it, %d reconnected',
      survivors.length, others.length, others.filter(({ disconnects }) => disconnects.length > 0).length);
  });

  it('kill -9 of the agent under load: no message is lost, and a worker that starts meanwhile joins', async () => {
    for (const client of clients) client.talk();
    await whenEachHas(clients, WARM);
    const victim = clients[0].pid;
    const survivors = await directTo(clients, pid => pid !== victim);
    const isOf = (from: number, what: string) => cluster.news.slice(from).some(news => news.what === what);
    let heard = cluster.news.length;
    process.kill(cluster.agent, 'SIGKILL');
    await cluster.hear('agent died', heard);
    await Promise.all(clients.map(client => client.ask('echo')));
    for (const { disconnects } of clients) assert.deepEqual(disconnects, []);

    // While there is no agent; Egg starts another one a second after the death of the last. On a busy machine the echoes take longer.
    while (isOf(heard, 'agent')) {
      heard = cluster.news.length;
      process.kill(cluster.agent, 'SIGKILL');
      await cluster.hear('agent died', heard);
    }
    process.kill(victim, 'SIGKILL');
    const { pid: newcomer } = await cluster.hear('worker', heard);
    await whenEachHas(survivors, WARM);
    const quiet = new Map(clients.map(client => [ client, client.quiet() ]));
    await Promise.all(survivors.map(client => quiet.get(client)));
    assertUndisturbed(survivors);
    await assertAllHeard(survivors);

    // Connections are dealt out in turn, so that the new worker gets one of few.
    const room = clients[0].room;
    const guests: LoadClient[] = [];
    while (guests.at(-1)?.pid !== newcomer) {
      const guest = new LoadClient(`guest ${guests.length}`, 'websocket', room, cluster.url);
      clients.push(guest);
      guests.push(await guest.connect());
    }
    const guest = guests.at(-1)!;
    const old = survivors.find(client => client.room === room)!;
    await Promise.all([ guest, old ].map(client => client.talk(WARM).finished()));
    // What the old client said before the guest came is not counted.
    await Promise.all([ guest.hearsOut(old), old.hearsOut(guest) ]);
    old.assertHeardAll(guest);
    const present = await old.ask<{ pid: number }[]>('who');
    assert.ok(present.some(({ pid }) => pid === newcomer), 'fetchSockets finds the sockets of the new worker');
  });
});
