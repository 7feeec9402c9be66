import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { SocketIOTestClient } from '../../lib/mock/typed';
import { machineClock } from '../../lib/base/machine_clock';
import { arrived, comeBack, MemoryCluster, type MemoryWorker } from '../support/adapter/memory_cluster';
import type { Ticket } from '../support/adapter/ticket';

describe('test/cluster/adapter_restart.test.ts', () => {
  let parent: string;
  let folder: string;
  let clusters: MemoryCluster[];
  let lines: string[];

  beforeEach(() => {
    parent = mkdtempSync(path.join(tmpdir(), 'restart-'));
    folder = path.join(parent, 'egg-socketio-sessions-1');
    clusters = [];
    lines = [];
  });
  afterEach(async () => {
    mock.restoreAll();
    await Promise.all(clusters.map(cluster => cluster.close()));
    rmSync(parent, { recursive: true, force: true });
  });

  /** The workers of one start, before they have restored anything. */
  async function start<Names extends string[]>(options: object, ...names: Names) {
    const cluster = new MemoryCluster();
    clusters.push(cluster);
    const workers = await cluster.start({ connectionStateRecovery: options }, ...names);
    const line = (text: string) => { lines.push(text); };
    const logger = { info: line, warn: line };
    for (const { Adapter } of workers) Adapter.keepBeyondStop({ folder, maxBytes: 1024 * 1024, logger, ...options });
    return workers;
  }

  /** The workers of the next start, which have restored what there is. */
  async function startNext<Names extends string[]>(...names: Names) {
    const workers = await start({}, ...names);
    await Promise.all(workers.map(({ Adapter }) => Adapter.load()));
    return workers;
  }

  /** Stops all workers of a first start. */
  async function stop(...workers: MemoryWorker[]): Promise<void> {
    for (const { Adapter } of workers) Adapter.retire();
    for (const a of workers) for (const b of workers) if (a !== b) await arrived(a, b);
    await Promise.all(workers.map(worker => worker.close()));
  }

  async function connect(worker: MemoryWorker, namespace = '/'): Promise<SocketIOTestClient> {
    const client = await worker.connect({ namespace });
    worker.socketOf(client, namespace).emit('first');
    await client.next('first');
    return client;
  }

  async function leaveSession(worker: MemoryWorker, namespace?: string): Promise<Ticket> {
    return worker.drop(await connect(worker, namespace), namespace);
  }

  async function namesUntil(client: SocketIOTestClient, last: string): Promise<string[]> {
    await client.next(last);
    return (client.pending as unknown as { event: string }[]).splice(0).map(({ event }) => event);
  }

  /** The only file of a stop. */
  const file = (): string => path.join(folder, readdirSync(folder)[0]);

  it('a client gets on any worker of the next start what it has missed: its session, and each packet once and in order', async () => {
    const [ a, b, c ] = await start({}, 'a', 'b', 'c');
    const client = await connect(a);
    await a.socketOf(client).join('room');
    a.socketOf(client).data = { user: 'x', picture: Buffer.from('png') };
    a.io.to('other').emit('not for it');
    const ticket = await a.drop(client);
    a.io.local.emit('local');
    c.io.to('room').emit('one', Buffer.from('binary'));
    await Promise.all([ arrived(c, a), arrived(c, b) ]);
    await stop(a, b, c);
    assert.equal(readdirSync(folder).length, 3);

    const [ d, e ] = await startNext('d', 'e');
    assert.deepEqual(readdirSync(parent), []);
    e.io.emit('two');
    await arrived(e, d);
    const back = await comeBack(e, ticket);
    assert.equal(back.id, ticket.id);
    const { data, rooms } = e.socketOf(back);
    assert.deepEqual([ data, [ ...rooms ].sort() ], [{ user: 'x', picture: Buffer.from('png') }, [ 'room', ticket.id ].sort() ]);
    e.io.emit('last');
    await back.next('local');
    assert.deepEqual((await back.next('one'))[0], Buffer.from('binary'));
    assert.deepEqual(await namesUntil(back, 'last'), [ 'two' ]);
  });

  it('a packet that was sent when the worker of a client had already closed reaches that client once', async () => {
    const [ a, b, c ] = await start({}, 'a', 'b', 'c');
    const ticket = await leaveSession(a);
    const other = await leaveSession(c);
    for (const { Adapter } of [ a, b, c ]) Adapter.retire();
    await Promise.all([ arrived(b, a), arrived(c, a) ]);
    b.io.emit('one');
    await Promise.all([ arrived(b, a), arrived(b, c) ]);
    await a.close();
    b.io.emit('two');
    await arrived(b, c);
    await b.close();
    for (const { tag } of [ a, b ]) clusters[0].network.kill(tag);
    // Nobody is left to send it to.
    c.io.emit('three');
    await c.close();

    const [ d ] = await startNext('d');
    for (const each of [ ticket, other ]) {
      const back = await comeBack(d, each);
      assert.equal(back.id, each.id);
      d.io.emit('last');
      assert.deepEqual(await namesUntil(back, 'last'), [ 'one', 'two', 'three' ]);
      await back.close();
    }
  });

  it('a worker of the next start has what a worker that is still stopping sends', async () => {
    const [ a, b ] = await start({}, 'a', 'b');
    const ticket = await leaveSession(a);
    for (const { Adapter } of [ a, b ]) Adapter.retire();
    await arrived(b, a);
    await a.close();
    b.io.emit('one');
    const [ d ] = await clusters[0].start({ connectionStateRecovery: {} }, 'd');
    d.Adapter.keepBeyondStop({ folder, maxBytes: 1e6, logger: { info: () => undefined, warn: () => undefined } });
    await arrived(d, b);
    b.io.emit('two');
    await d.Adapter.load();
    b.io.emit('three');
    await arrived(b, d);
    const back = await comeBack(d, ticket);
    assert.equal(back.id, ticket.id);
    d.io.emit('last');
    assert.deepEqual(await namesUntil(back, 'last'), [ 'one', 'two', 'three' ]);
  });

  for (const names of [[ 'd' ], [ 'd', 'e' ]]) {
    it(`${names.length} worker(s): the session of a client that comes back before the files are read is found`, async () => {
      const [ a ] = await start({}, 'a');
      const ticket = await leaveSession(a);
      await stop(a);
      const workers = await start({}, ...names);
      const last = workers.at(-1)!;
      const arrives = new Promise(resolve => { last.io.engine.once('connection', resolve); });
      const asked = comeBack(last, ticket);
      await arrives;
      // Its CONNECT is read, and asks for the session.
      for (let i = 0; i < 50; i++) await setImmediate();
      await Promise.all(workers.map(({ Adapter }) => Adapter.load()));
      assert.equal((await asked).id, ticket.id);
    });
  }

  it('a worker hands its sessions to one that is started while it writes them, and takes its file back', async () => {
    const [ a ] = await start({}, 'a');
    const ticket = await leaveSession(a);
    a.Adapter.retire();
    const closed = a.close();
    while (!existsSync(folder)) await setImmediate();
    const [ d ] = await clusters[0].start({ connectionStateRecovery: {} }, 'd');
    await closed;
    assert.deepEqual(readdirSync(folder), []);
    assert.equal((await comeBack(d, ticket)).id, ticket.id);
  });

  it('clients of namespaces that are created by clients recover, also if nobody has connected there before them', async () => {
    const [ a ] = await start({}, 'a');
    a.io.of(/^\/rooms\/\d+$/);
    const ticket = await leaveSession(a, '/rooms/1');
    a.io.of('/rooms/1').emit('missed');
    await stop(a);
    const [ d ] = await startNext('d');
    d.io.of(/^\/rooms\/\d+$/);
    const back = await comeBack(d, ticket, '/rooms/1');
    assert.equal(back.id, ticket.id);
    await back.next('missed');
  });

  it('the file can be read by its user alone', async () => {
    const [ a ] = await start({}, 'a');
    await leaveSession(a);
    await stop(a);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.equal(statSync(file()).mode & 0o777, 0o600);
  });

  const spoiled: Record<string, [ spoil: () => void, problem: RegExp ]> = {
    'with a byte changed': [ () => {
      const bytes = readFileSync(file());
      bytes[bytes.length >> 1] ^= 1;
      writeFileSync(file(), bytes);
    }, /its checksum is wrong/ ],
    'cut off': [ () => writeFileSync(file(), readFileSync(file()).subarray(0, -1)), /its checksum is wrong/ ],
    'that is empty': [ () => writeFileSync(file(), ''), /its checksum is wrong/ ],
    'that others may read': [ () => chmodSync(file(), 0o644), /it has mode 0644/ ],
    'that is too large': [ () => writeFileSync(file(), Buffer.alloc(1024 * 1024 + 1)), /it has 1048577 bytes, more than .*restart\.maxBytes/ ],
    'that is a link': [ () => {
      renameSync(file(), path.join(parent, 'elsewhere'));
      symlinkSync(path.join(parent, 'elsewhere'), path.join(folder, 'a.state'));
    }, /ELOOP/ ],
    'that is a folder': [ () => {
      rmSync(file());
      mkdirSync(path.join(folder, 'a.state'), { mode: 0o700 });
    }, /it is no file/ ],
  };
  for (const [ what, [ spoil, problem ]] of Object.entries(spoiled)) {
    it(`a file ${what} is removed and named in the log, and its clients get new sessions`, async () => {
      const [ a ] = await start({}, 'a');
      const ticket = await leaveSession(a);
      await stop(a);
      spoil();
      const [ d ] = await startNext('d');
      assert.notEqual((await comeBack(d, ticket)).id, ticket.id);
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0], problem);
      assert.match(lines[0], new RegExp(`^start: the recoverable sessions in ${folder}/[\\w-]+\\.state are not restored, and it is removed: `));
      assert.deepEqual(readdirSync(parent).filter(name => name !== 'elsewhere'), []);
    });
  }

  it('a file that is older than maxDisconnectionDuration is removed', async () => {
    const [ a ] = await start({}, 'a');
    const ticket = await leaveSession(a);
    await stop(a);
    const { now } = Date;
    mock.method(Date, 'now', () => now() + 121_000);
    const [ d ] = await startNext('d');
    assert.notEqual((await comeBack(d, ticket)).id, ticket.id);
    assert.match(lines[0], /it is older than config\.socketio\.connectionStateRecovery\.maxDisconnectionDuration/);
  });

  it('a session in a file that was written before the machine was started again is restored, and expires in time', async () => {
    const [ a ] = await start({}, 'a');
    const ticket = await leaveSession(a);
    await leaveSession(a);
    a.io.emit('missed');
    await stop(a);
    const bytes = readFileSync(file());
    const end = bytes.indexOf('\n');
    const header = JSON.stringify({ ...JSON.parse(bytes.toString('utf8', 0, end)), boot: 'an earlier one' });
    const body = Buffer.concat([ Buffer.from(header), bytes.subarray(end, -32) ]);
    writeFileSync(file(), Buffer.concat([ body, createHash('sha256').update(body).digest() ]));
    const { now } = machineClock;
    mock.method(machineClock, 'now', () => now() - 10_000_000);
    const [ d ] = await startNext('d');
    const client = await comeBack(d, ticket);
    assert.equal(client.id, ticket.id);
    await client.next('missed');
    assert.equal(d.Adapter.recovery.sessions, 1);
    Object.assign(machineClock, { now: () => now() - 10_000_000 + 121_000 });
    d.Adapter.sweep();
    assert.equal(d.Adapter.recovery.sessions, 0);
    Object.assign(machineClock, { now });
  });

  it('a folder that others may enter is neither read nor written to', async () => {
    mkdirSync(folder, { mode: 0o755 });
    const [ a ] = await start({}, 'a');
    const ticket = await leaveSession(a);
    await stop(a);
    assert.deepEqual(readdirSync(folder), []);
    const [ d ] = await startNext('d');
    assert.notEqual((await comeBack(d, ticket)).id, ticket.id);
    assert.match(lines.join('\n'), /has mode 0755/);
    assert.deepEqual(readdirSync(parent), [ path.basename(folder) ]);
  });

  it('if a worker has left no file, the sessions of the others are not restored, because messages might be missing', async () => {
    const [ a, b ] = await start({}, 'a', 'b');
    const ticket = await leaveSession(a);
    for (const { Adapter } of [ a, b ]) Adapter.retire();
    await arrived(b, a);
    await a.close();
    b.io.emit('nowhere');
    clusters[0].network.kill(b.tag);
    const [ d ] = await startNext('d');
    assert.notEqual((await comeBack(d, ticket)).id, ticket.id);
    assert.match(lines.join('\n'), new RegExp(`start: 1 recoverable session\\(s\\) in .*\\.state are not restored: worker\\(s\\) ${b.tag} left no complete file`));
  });

  it('a file does not become larger than maxBytes: the rest of the sessions is lost, and its clients get new ones', async () => {
    const [ a ] = await start({ maxBytes: 20_000 }, 'a');
    const tickets: Ticket[] = [];
    for (let i = 0; i < 4; i++) {
      const client = await connect(a);
      a.socketOf(client).data.text = 'x'.repeat(600_000);
      tickets.push(await a.drop(client));
    }
    await stop(a);
    assert.ok(statSync(file()).size <= 20_000);
    const [ d ] = await startNext('d');
    for (const ticket of tickets) assert.notEqual((await comeBack(d, ticket)).id, ticket.id);
  });

  it('a client that has missed a packet which was no longer kept at the stop gets a new session', async () => {
    const [ a ] = await start({ maxLogBytes: 100_000 }, 'a');
    const ticket = await leaveSession(a);
    for (let i = 0; i < 20; i++) a.io.emit('news', 'x'.repeat(10_000));
    await stop(a);
    const [ d ] = await startNext('d');
    assert.notEqual((await comeBack(d, ticket)).id, ticket.id);
  });
});
