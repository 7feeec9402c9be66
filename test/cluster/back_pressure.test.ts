import assert from 'node:assert/strict';
import { once } from 'node:events';
import { io, type Socket } from 'socket.io-client';
import { ClusterProcess } from '../support/cluster_process';
import { assertAllHeard, connectMany, type LoadClient } from '../support/load_client';
import { residentBytes } from '../support/process_memory';

const WORKERS = 2;
const MEGABYTE = 1024 * 1024;
const FLOOD = 160;
const LARGE = 'x'.repeat(900_000);
/** Bytes that a worker may need besides what it had: the queue, what is being decoded, and what waits for the garbage collector. */
const MOST_GROWTH = 400 * MEGABYTE;

describe('test/cluster/back_pressure.test.ts', function() {
  this.timeout(120_000);
  let cluster: ClusterProcess;
  const clients: LoadClient[] = [];
  const attackers: Socket[] = [];

  before(async () => { cluster = await ClusterProcess.start({ workers: WORKERS }); });
  afterEach(async () => {
    for (const attacker of attackers.splice(0)) attacker.disconnect();
    await Promise.all(clients.splice(0).map(client => client.close()));
  });
  after(async () => {
    await cluster.stop();
    assert.equal(cluster.log.match(/does not read: /g)?.length, 1, 'only the worker that was stopped was given up');
    assert.doesNotMatch(cluster.log, /was broken/);
    assert.match(cluster.log, /worker [\w-]{8} \(pid \d+\) has not answered for \d+ ms/);
  });

  /** Connects clients until there are some on each worker; who is dealt to which depends on how busy they are. */
  async function connectEverywhere(): Promise<void> {
    do clients.push(...await connectMany(cluster.url, 6, 1, clients.length));
    while (new Set(clients.map(({ pid }) => pid)).size < WORKERS);
    await Promise.all(clients.map(client => client.upgraded()));
  }

  async function attack(transport: string, event: string): Promise<{ done: Promise<unknown> }> {
    const attacker = io(cluster.url, { forceNew: true, transports: [ transport ], reconnection: false });
    attackers.push(attacker);
    await once(attacker as never, 'worker');
    for (let i = 0; i < FLOOD; i++) attacker.emit(event, 'a room of nobody', 'attacker', LARGE);
    // This comes behind all of it; or its pong does, and comes too late.
    return { done: attacker.timeout(100_000).emitWithAck('echo').catch(() => undefined) };
  }

  /** Runs `use`, and tells how much memory the worker that took the most took meanwhile. */
  async function watchMemory(use: () => Promise<unknown>): Promise<void> {
    const pids = cluster.news.flatMap(news => (news.what === 'worker' ? [ news.pid ] : []));
    const before = new Map(pids.map(pid => [ pid, residentBytes(pid) ]));
    let most = 0;
    const timer = setInterval(() => { for (const pid of pids) most = Math.max(most, residentBytes(pid) - before.get(pid)!); }, 100);
    try {
      await use();
    } finally {
      clearInterval(timer);
    }
    console.log(`      the worker with the most had ${Math.round(most / MEGABYTE)} MiB more than before`);
    assert.ok(most < MOST_GROWTH, `${most}`);
  }

  for (const [ transport, event ] of [[ 'websocket', 'tell' ], [ 'polling', 'tell' ], [ 'websocket', 'tell later' ], [ 'websocket', 'tell by listener' ]]) {
    it(`delivers every message of well-behaved clients to other workers while one floods a room (${transport}, '${event}')`, async () => {
      await connectEverywhere();
      await watchMemory(async () => {
        const attacker = await attack(transport, event);
        for (const client of clients) client.talk(30);
        await Promise.all(clients.map(client => client.finished()));
        await assertAllHeard(clients);
        for (const client of clients) client.assertAllAcked();
        await attacker.done;
      });
    });
  }

  it('answers fetchSockets() in parts, however much data the sockets have, and loses no message meanwhile', async () => {
    await connectEverywhere();
    const visitors = await connectMany(cluster.url, 160, 1);
    try {
      await Promise.all(visitors.map(visitor => visitor.ask('note', LARGE)));
      for (const client of clients) client.talk(50);
      const who = await Promise.all(clients.slice(0, 2).map(client => client.ask<{ id: string; pid: number }[]>('who')));
      for (const found of who) {
        assert.equal(found.length, clients.length + visitors.length);
        assert.deepEqual(new Set(found.map(({ id }) => id)), new Set([ ...clients, ...visitors ].map(({ socket }) => socket.id)));
        assert.equal(new Set(found.map(({ pid }) => pid)).size, WORKERS);
      }
      await Promise.all(clients.map(client => client.finished()));
      await assertAllHeard(clients);
      for (const client of clients) client.assertAllAcked();
    } finally {
      await Promise.all(visitors.map(visitor => visitor.close()));
    }
  });

  it('keeps reading its own clients while another worker is paused, and gives that worker up', async () => {
    await connectEverywhere();
    const sender = clients.find(({ kind }) => kind === 'websocket')!;
    const stopped = clients.find(({ pid }) => pid !== sender.pid)!.pid;
    process.kill(stopped, 'SIGSTOP');
    try {
      await watchMemory(async () => {
        for (let i = 0; i < FLOOD; i++) sender.socket.emit('tell', 'a room of nobody', 'attacker', LARGE);
        await sender.ask('echo');
      });
    } finally {
      process.kill(stopped, 'SIGCONT');
    }
  });
});
