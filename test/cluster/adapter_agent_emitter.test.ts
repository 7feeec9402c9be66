import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createAgentEmitter, type AgentEmitter } from '../../lib/adapter/agent_emitter';
import type { SocketIOTestClient } from '../../lib/mock/typed';
import { SENDABLE_PAYLOADS } from '../support/adapter/server';
import { MemoryCluster, type MemoryWorker } from '../support/adapter/memory_cluster';
import { memoryAgent } from '../support/memory_peers';

interface ToClients {
  hi(name: string, count: number): void;
  bye(): void;
}
interface ToServers {
  reload(what: string[]): void;
}

// For the compiler only.
export function types(io: AgentEmitter<ToClients, ToServers>): void {
  io.emit('hi', 'x', 1);
  io.to('room').emit('bye');
  io.volatile.except([ 'a', 'b' ]).compress(true).serverSideEmit('reload', [ 'x' ]);
  io.of<ToServers>('/admin').in('room').emit('reload', []);
  io.of('/anything').emit('whatever', 1, 2, 3);
  // @ts-expect-error the second argument is missing
  io.emit('hi', 'x');
  // @ts-expect-error no such event
  io.to('room').emit('hello');
  // @ts-expect-error an event for clients
  io.serverSideEmit('hi', 'x', 1);
  // @ts-expect-error the agent has no clients of its own
  void io.local;
}

describe('test/cluster/adapter_agent_emitter.test.ts', () => {
  let cluster: MemoryCluster;
  let workers: MemoryWorker[];
  let io: AgentEmitter;

  async function start(options: object = {}): Promise<void> {
    cluster = new MemoryCluster();
    workers = await cluster.start(options, 'a', 'b');
    const recovery = 'connectionStateRecovery' in options;
    io = createAgentEmitter(memoryAgent(workers.map(({ Adapter }) => message => Adapter.receiveFromAgent(message))), { recovery });
  }

  beforeEach(() => start());
  afterEach(() => cluster.close());

  /** A client on each worker. */
  async function connect(room?: string, namespace = '/'): Promise<SocketIOTestClient[]> {
    return Promise.all(workers.map(async worker => {
      const client = await worker.connect({ namespace });
      if (room) await worker.socketOf(client, namespace).join(room);
      return client;
    }));
  }

  /** What the clients have got until now. */
  async function heard(clients: SocketIOTestClient[], of: Pick<AgentEmitter, 'emit'> = io): Promise<unknown[][][]> {
    of.emit('marker');
    return Promise.all(clients.map(async client => {
      await client.next('marker');
      return (client.pending as { event: string; args: unknown[] }[]).splice(0).map(({ event, args }) => [ event, ...args ]);
    }));
  }

  it('sends to the clients of all workers', async () => {
    const clients = await connect();
    assert.equal(io.emit('hi', 1, Buffer.from('x')), true);
    assert.equal(io.send('text'), io);
    const events = [[ 'hi', 1, Buffer.from('x') ], [ 'message', 'text' ]];
    assert.deepEqual(await heard(clients), [ events, events ]);
  });

  it('sends the same packets as a worker', async () => {
    const clients = await connect();
    for (const { value, expected } of Object.values(SENDABLE_PAYLOADS)) {
      io.emit('payload', value());
      assert.deepEqual(await heard(clients), [[[ 'payload', expected ]], [[ 'payload', expected ]]]);
    }
  });

  it('throws if the data cannot be sent', async () => {
    const clients = await connect();
    assert.throws(() => io.emit('payload', { users: new Map() }), {
      name: 'UnsendableError', message: "event 'payload' cannot be sent: a Map at .users; send [ ...map ] or Object.fromEntries(map).",
    });
    assert.deepEqual(await heard(clients), [[], []]);
  });

  it('selects rooms, and no call changes the selection of another', async () => {
    const [ a, b, none ] = [ await connect('a'), await connect('b'), await connect() ];
    const toA = io.to('a');
    const toBoth = toA.in([ 'b', 'a' ]);
    const toNone = toBoth.except('a').except([ 'b' ]);
    const toRest = io.except([ 'a' ]);
    toA.emit('a');
    toBoth.volatile.emit('both');
    toNone.compress(false).emit('none');
    toRest.emit('rest');
    const all = await heard([ ...a, ...b, ...none ]);
    const expected = [[[ 'a' ], [ 'both' ]], [[ 'both' ], [ 'rest' ]], [[ 'rest' ]]];
    assert.deepEqual(all, expected.flatMap(events => [ events, events ]));
  });

  it('sends to the clients of another namespace, with its slash or without', async () => {
    for (const { io: server } of workers) server.of('/chat');
    const [ main, chat ] = [ await connect(), await connect(undefined, '/chat') ];
    io.of('/chat').emit('one');
    io.of('chat').emit('two');
    io.of('/nowhere').emit('three');
    assert.deepEqual(await heard(chat, io.of('/chat')), [[[ 'one' ], [ 'two' ]], [[ 'one' ], [ 'two' ]]]);
    assert.deepEqual(await heard(main), [[], []]);
  });

  it('makes clients join and leave rooms, and disconnects them', async () => {
    const [ some, others ] = [ await connect('some'), await connect() ];
    io.in('some').socketsJoin([ 'x', 'y' ]);
    io.to('x').emit('to x');
    io.in('some').socketsLeave('x');
    io.to('x').emit('to x');
    io.to('y').emit('to y');
    assert.deepEqual(await heard([ ...some, ...others ]), [[[ 'to x' ], [ 'to y' ]], [[ 'to x' ], [ 'to y' ]], [], []]);
    const gone = some.map(client => once(client, 'disconnect'));
    io.in('some').disconnectSockets(true);
    assert.deepEqual((await Promise.all(gone)).map(([ reason ]) => reason), [ 'io server disconnect', 'io server disconnect' ]);
    assert.deepEqual(await heard(others), [[], []]);
  });

  it('sends events to the servers of all workers', async () => {
    const came = workers.map(({ io: server }) => new Promise(resolve => { server.on('reload', (...args) => resolve(args)); }));
    assert.equal(io.serverSideEmit('reload', [ 'config' ], Buffer.from('x')), true);
    assert.deepEqual(await Promise.all(came), [[[ 'config' ], Buffer.from('x') ], [[ 'config' ], Buffer.from('x') ]]);
  });

  it("refuses Socket.IO's own event names", () => {
    for (const event of [ 'connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener' ]) {
      assert.throws(() => io.emit(event), { code: 'EMIT_REFUSED', message: `agent.io.emit('${event}', ...): "${event}" is a reserved event name. Choose another one.` });
    }
    for (const event of [ 'connect', 'connection', 'new_namespace' ]) {
      assert.throws(() => io.serverSideEmit(event), { code: 'EMIT_REFUSED', message: /^agent\.io\.serverSideEmit\('\w+', \.\.\.\): "\w+" is a reserved event name\./ });
    }
  });

  it('refuses acks', () => {
    const why = 'the last argument is a function, but the agent cannot get acks. Emit from a worker, or let the clients answer with an event.';
    assert.throws(() => io.emit('ask', 1, () => undefined), { code: 'EMIT_REFUSED', message: `agent.io.emit('ask', ...): ${why}` });
    assert.throws(() => io.send(() => undefined), { message: `agent.io.send('message', ...): ${why}` });
    assert.throws(() => io.serverSideEmit('ask', () => undefined), { message: `agent.io.serverSideEmit('ask', ...): ${why}` });
  });

  it('reaches recovered clients, on any worker', async () => {
    await cluster.close();
    await start({ connectionStateRecovery: {} });
    const [ a, b ] = workers;
    const [ client ] = await connect();
    io.emit('before');
    await client.next('before');
    const { id, pid, offset } = await a.drop(client);
    io.volatile.emit('volatile');
    io.emit('missed');
    const back = await b.connect({ auth: { pid, offset } });
    assert.equal(back.id, id);
    assert.deepEqual((await heard([ back ]))[0].map(([ event ]) => event), [ 'missed' ]);
  });
});
