import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { EggLogger } from 'egg';
import { Directory } from '../../lib/cluster/directory';
import { encodeFrame } from '../../lib/cluster/frames';
import { rendezvousOf } from '../../lib/cluster/rendezvous';
import { LinkProcess } from '../support/workers/link_process';

describe('test/cluster/cluster_worker.test.ts', () => {
  const key = `test-${process.pid}`;
  const rendezvous = rendezvousOf(key);
  const folder = rendezvous.folder!;
  const warnings: unknown[][] = [];
  const logger = { warn: (...args: unknown[]) => { warnings.push(args); } } as unknown as EggLogger;
  let directory: Directory;
  let processes: LinkProcess[];

  async function start(loaded?: string): Promise<LinkProcess> {
    const link = await LinkProcess.start(key, loaded);
    processes.push(link);
    return link;
  }

  async function openDirectory(): Promise<void> {
    directory = new Directory(rendezvous, logger);
    await directory.open();
  }

  /** The connections of the workers to the agent, which is in this process. */
  function accepted(): Socket[] {
    const { _getActiveHandles } = process as unknown as { _getActiveHandles(): unknown[] };
    const handles = _getActiveHandles.call(process).filter((handle): handle is Socket => handle instanceof Socket);
    return handles.filter(handle => (handle as unknown as { server?: object }).server !== undefined);
  }

  beforeEach(async () => {
    processes = [];
    warnings.length = 0;
    await openDirectory();
  });
  afterEach(async () => {
    await Promise.all(processes.map(link => link.kill()));
    await directory.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('creates a folder that other users cannot enter', async () => {
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    await start();
    assert.equal(readdirSync(folder).length, 2);
  });

  it('links each worker to all others in both directions, for every value that msgpack can carry', async () => {
    const [ a, b ] = [ await start(), await start() ];
    const c = await start();
    assert.deepEqual(await c.peers(), [ a.tag, b.tag ]);
    c.say({ broadcast: { text: 'hello', nothing: null, list: [ 1, 2.5, [ true ]], big: 'x'.repeat(300_000) } });
    for (const link of [ a, b ]) {
      const { from, message } = await link.next('from', c.tag) as { from: string; message: { text: string; big: string } };
      assert.equal(from, c.tag);
      assert.deepEqual({ ...message, big: message.big.length }, { text: 'hello', nothing: null, list: [ 1, 2.5, [ true ]], big: 300_000 });
    }
    a.say({ broadcast: 'from a' });
    assert.equal((await c.next('from', a.tag)).message, 'from a');
  });

  it('keeps the order of one sender', async () => {
    const [ a, b ] = [ await start(), await start() ];
    for (let i = 0; i < 200; i++) a.say({ broadcast: i });
    for (let i = 0; i < 200; i++) assert.equal((await b.next('from', a.tag)).message, i);
  });

  it('notices at once that a worker was killed, and removes its socket file', async () => {
    const [ a, b, c ] = [ await start(), await start(), await start() ];
    const removed = once(watch(folder), 'change');
    await b.kill();
    await Promise.all([ a.next('down', b.tag), c.next('down', b.tag) ]);
    assert.deepEqual(await a.peers(), [ c.tag ]);
    a.say({ broadcast: 'still here' });
    assert.equal((await c.next('from', a.tag)).message, 'still here');
    await removed;
    assert.deepEqual(readdirSync(folder).sort(), [ 'agent.sock', `${a.tag}.sock`, `${c.tag}.sock` ].sort());
  });

  it('removes a worker that leaves', async () => {
    const [ a, b ] = [ await start(), await start() ];
    const exit = once(b.child, 'exit');
    b.say({ close: true });
    await a.next('down', b.tag);
    await exit;
    assert.deepEqual(readdirSync(folder).sort(), [ 'agent.sock', `${a.tag}.sock` ].sort());
  });

  it('keeps working without the agent, and adds a worker that has started meanwhile once the agent is back', async () => {
    const [ a, b ] = [ await start(), await start() ];
    await directory.close();
    a.say({ broadcast: 'without an agent' });
    assert.equal((await b.next('from', a.tag)).message, 'without an agent');
    const late = start();
    await openDirectory();
    const c = await late;
    c.say({ broadcast: 'hello from the new one' });
    await Promise.all([ a.next('from', c.tag), b.next('from', c.tag) ]);
    a.say({ broadcast: 'welcome' });
    await Promise.all([ b.next('from', a.tag), c.next('from', a.tag) ]);
    for (const link of [ a, b, c ]) assert.equal(link.hasSaid('down'), false);
  });

  it('does not treat a worker as gone that has not registered with the new agent yet', async () => {
    const [ a, b ] = [ await start(), await start() ];
    await directory.close();
    b.child.kill('SIGSTOP');
    await openDirectory();
    while (!a.hasSaid('agent')) {
      directory.broadcast('is anybody there?');
      await turn();
    }
    assert.deepEqual(await a.peers(), [ b.tag ]);
    b.child.kill('SIGCONT');
    a.say({ broadcast: 'still here' });
    assert.equal((await b.next('from', a.tag)).message, 'still here');
  });

  it('a worker that has lost its connection to the agent stays a peer of the others, and is not reported as gone', async () => {
    const [ a, b ] = [ await start(), await start() ];
    const before = new Set(accepted());
    const c = await start();
    const [ connection ] = accepted().filter(handle => !before.has(handle));
    c.child.kill('SIGSTOP');
    connection.destroy();
    while (![ a, b ].every(link => link.hasSaid('agent'))) {
      directory.broadcast('c is not in the list');
      await turn();
    }
    a.say({ broadcast: 'still here' });
    c.child.kill('SIGCONT');
    assert.equal((await c.next('from', a.tag)).message, 'still here');
    while (!c.hasSaid('agent')) {
      directory.broadcast('it has registered again');
      await turn();
    }
    assert.deepEqual(await Promise.all([ a, b ].map(link => link.peers())), [[ b.tag, c.tag ], [ a.tag, c.tag ]]);
    for (const link of [ a, b, c ]) assert.deepEqual([ link.hasSaid('down'), link.hasSaid('log') ], [ false, false ]);
  });

  it('a worker whose socket file was removed creates it again when another worker starts, which then finds it', async () => {
    const b = await start();
    rmSync(rendezvous.endpointOf(String(b.tag)));
    const a = await start();
    assert.match(String((await b.next('log')).log), /its socket file was removed/);
    while ((await a.peers() as string[]).length === 0) await turn();
    a.say({ broadcast: 'hello' });
    assert.equal((await b.next('from', a.tag)).message, 'hello');
  });

  it('logs that the agent cannot be reached, and that it is there again', async () => {
    const a = await start();
    await directory.close();
    assert.match(String((await a.next('log')).log), /agent\.sock: this worker cannot reach the agent/);
    await openDirectory();
    assert.match(String((await a.next('log')).log), /agent\.sock: this worker has reached the agent again\./);
  });

  it('gives up a worker that is paused, keeps the others, and adds it again when it continues', async () => {
    const [ a, b, c ] = [ await start(), await start(), await start() ];
    c.child.kill('SIGSTOP');
    const big = 'x'.repeat(1024 * 1024);
    // At the pace of the one that reads: more than the limit is queued for the other only.
    for (let i = 0; i < 80; i++) {
      a.say({ broadcast: big });
      assert.equal((await b.next('from', a.tag)).message, big);
    }
    await a.next('down', c.tag);
    assert.deepEqual(await a.peers(), [ b.tag ]);
    c.child.kill('SIGCONT');
    while ((await a.peers() as string[]).length < 2);
    a.say({ broadcast: 'welcome back' });
    while ((await c.next('from', a.tag)).message !== 'welcome back');
    assert.equal((await b.next('from', a.tag)).message, 'welcome back');
  });

  it('notices a death while the agent is away', async () => {
    const [ a, b ] = [ await start(), await start() ];
    await directory.close();
    await b.kill();
    await a.next('down', b.tag);
    assert.deepEqual(await a.peers(), []);
    await openDirectory();
  });

  it('delivers messages of the agent to all workers', async () => {
    const [ a, b ] = [ await start(), await start() ];
    directory.broadcast({ hello: 'from the agent' });
    for (const link of [ a, b ]) assert.deepEqual((await link.next('agent')).agent, { hello: 'from the agent' });
  });

  it('closes a connection that sends garbage, logs it once, and serves the others', async () => {
    const a = await start();
    for (let i = 0; i < 3; i++) {
      const socket = connect(rendezvous.agentEndpoint);
      socket.write('GET / HTTP/1.1\r\n\r\n');
      await once(socket, 'close');
    }
    assert.equal(warnings.length, 1);
    const b = await start();
    assert.deepEqual(await b.peers(), [ a.tag ]);
  });

  it("refuses a registration with another worker's endpoint, and removes only the worker's own socket file", async () => {
    const precious = path.join(folder, 'precious');
    writeFileSync(precious, '');
    for (const member of [
      { tag: 'abcd1234', pid: 1, endpoint: precious }, { tag: '../abcd1', pid: 1, endpoint: rendezvous.endpointOf('../abcd1') }, { pid: 1 }, null,
    ]) {
      const socket = connect(rendezvous.agentEndpoint);
      socket.write(encodeFrame({ type: 'register', member }));
      await once(socket, 'close');
    }
    const half = connect(rendezvous.agentEndpoint);
    half.write(Buffer.from([ 0, 0, 0xff ]));
    const large = connect(rendezvous.agentEndpoint);
    large.write(Buffer.from([ 0, 2, 0, 0 ]));
    await once(large, 'close');
    assert.equal(warnings.length, 1);
    assert.deepEqual(await (await start()).peers(), []);
    assert.ok(existsSync(precious));
    half.destroy();
  });

  it('tells exactly one of the workers that have loaded the same that it is the first', async () => {
    const all = await Promise.all([ start('a'), start('a'), start('b') ]);
    assert.deepEqual(all.map(({ first }) => first).sort(), [ false, true, true ]);
    assert.equal(all[2].first, true);
    assert.equal((await start('a')).first, false);
    assert.equal((await start('c')).first, true);
  });

  it('uses named pipes on Windows', () => {
    const { folder: none, agentEndpoint, endpointOf } = rendezvousOf('1-2', 'win32');
    assert.equal(none, undefined);
    assert.equal(agentEndpoint, '\\\\.\\pipe\\egg-socketio-1-2-agent');
    assert.equal(endpointOf('abcd1234'), '\\\\.\\pipe\\egg-socketio-1-2-abcd1234');
  });
});
