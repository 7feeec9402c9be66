import assert from 'node:assert/strict';
import { once } from 'node:events';
import { io, type Socket } from 'socket.io-client';
import { ClusterProcess } from '../support/cluster_process';

const WORKERS = 3;
const TRANSPORTS = { polling: [ 'polling' ], upgrade: [ 'polling', 'websocket' ], websocket: [ 'websocket' ] };

interface Client { readonly socket: Socket; readonly pid: number }

describe('test/cluster/once.test.ts', function() {
  this.timeout(120_000);
  let cluster: ClusterProcess;
  let sockets: Socket[] = [];
  let users = 0;
  let markers = 0;

  before(async () => { cluster = await ClusterProcess.start({ workers: WORKERS, variables: { WORKERS_RECOVERY: 'true' } }); });
  afterEach(() => {
    for (const socket of sockets) socket.disconnect();
    sockets = [];
  });
  after(() => cluster.stop());

  async function connect(user: string, options: object = {}): Promise<Client> {
    const socket: Socket = io(`${cluster.url}/orders`, { transports: [ 'websocket' ], forceNew: true, auth: { user }, ...options });
    sockets.push(socket);
    const [ pid ] = await once(socket as never, 'worker') as [number];
    return { socket, pid };
  }

  /** A client of the same user on each worker. */
  async function onEachWorker(user = `user ${users += 1}`, options: object = {}): Promise<[Client, Client, Client]> {
    const found = new Map<number, Client>();
    while (found.size < WORKERS) {
      const client = await connect(user, options);
      if (found.has(client.pid)) client.socket.disconnect();
      else found.set(client.pid, client);
    }
    return [ ...found.values() ] as [Client, Client, Client];
  }

  /** Waits until all has arrived that the workers of these clients have reported. */
  async function reported(clients: readonly Client[]): Promise<void> {
    await Promise.all(clients.map(async ({ socket }) => {
      const key = `marker ${markers += 1}`;
      const marker = cluster.hear('ordered', 0, news => news.key === key);
      await socket.emitWithAck('order', key);
      await marker;
    }));
  }

  /** The workers whose handlers have run for a key. */
  const handledBy = (key: string) => cluster.news.flatMap(news => (news.what === 'ordered' && news.key === key ? [ news.pid ] : []));

  for (const [ kind, transports ] of Object.entries(TRANSPORTS)) {
    it(`an event that comes to all workers at once is handled by one of them, and each client gets its answer: ${kind}`, async () => {
      const clients = await onEachWorker(undefined, { transports });
      const first = new Map<string, number>();
      for (let i = 0; i < 20; i++) {
        const key = `${kind} ${i}`;
        const answers = await Promise.all([ ...clients, ...clients ].map(({ socket }) => socket.emitWithAck('order', key) as Promise<number>));
        assert.equal(new Set(answers).size, 1, String(answers));
        first.set(key, answers[0]);
      }
      await reported(clients);
      for (const [ key, pid ] of first) assert.deepEqual(handledBy(key), [ pid ]);
    });
  }

  it('an event that is repeated at another worker waits for the handler of the first one', async () => {
    const [ a, b, c ] = await onEachWorker();
    const begun = cluster.hear('ordered', 0, ({ key }) => key === 'slow');
    const answers = [ a.socket.emitWithAck('slow order', 'slow') as Promise<number> ];
    await begun;
    answers.push(...[ b, c, b ].map(({ socket }) => socket.emitWithAck('slow order', 'slow') as Promise<number>));
    await reported([ b, c ]);
    await b.socket.emitWithAck('go', 'slow');
    assert.deepEqual(await Promise.all(answers), [ a.pid, a.pid, a.pid, a.pid ]);
    await reported([ a, b, c ]);
    assert.deepEqual(handledBy('slow'), [ a.pid ]);
  });

  it('a client with retries that loses its connection and is recovered gets the answer of its first attempt, on whichever worker', async () => {
    for (let i = 0; i < 6; i++) {
      const key = `recovered ${i}`;
      const { socket, pid } = await connect('somebody', { retries: 10, ackTimeout: 10_000 });
      const { id } = socket;
      const begun = cluster.hear('ordered', 0, news => news.key === key);
      const answer = socket.emitWithAck('order of session', key) as Promise<number>;
      await begun;
      const back = once(socket as never, 'connect');
      socket.io.engine.close();
      await back;
      assert.equal(socket.recovered, true);
      assert.equal(socket.id, id);
      assert.equal(await answer, pid);
      assert.deepEqual(handledBy(key), [ pid ]);
    }
  });

  it('a worker that is killed after its answer: the other workers have it, also when the next one is killed', async () => {
    const user = `user ${users += 1}`;
    const [ a, b, c ] = await onEachWorker(user);
    const keys = Array.from({ length: 20 }, (_, i) => `killed ${i}`);
    const ordered = async ({ socket }: Client) => Promise.all(keys.map(key => socket.emitWithAck('order', key) as Promise<number>));
    const first = await ordered(a);
    assert.deepEqual(first, keys.map(() => a.pid));
    await reported([ a ]);
    for (const [ victim, others ] of [[ a, [ b, c ]], [ b, [ c ]]] as [Client, Client[]][]) {
      const heard = cluster.news.length;
      process.kill(victim.pid, 'SIGKILL');
      await cluster.hear('worker died', heard);
      await cluster.hear('worker', heard);
      for (const client of others) assert.deepEqual(await ordered(client), first);
    }
    const now = await onEachWorker(user);
    for (const client of now) assert.deepEqual(await ordered(client), first);
    await reported(now);
    for (const key of keys) assert.deepEqual(handledBy(key), [ a.pid ]);
  });

  it('a worker that is killed before its answer: a repeated event is handled by one of the others', async () => {
    const [ a, b, c ] = await onEachWorker();
    const begun = cluster.hear('ordered', 0, ({ key }) => key === 'lost');
    void a.socket.emitWithAck('slow order', 'lost').catch(() => undefined);
    await begun;
    const answers = [ b, c ].map(({ socket }) => socket.emitWithAck('slow order', 'lost') as Promise<number>);
    await reported([ b, c ]);
    const again = cluster.hear('ordered', cluster.news.length, ({ key }) => key === 'lost');
    process.kill(a.pid, 'SIGKILL');
    const { pid } = await again;
    await Promise.all([ b, c ].map(({ socket }) => socket.emitWithAck('go', 'lost')));
    assert.deepEqual(await Promise.all(answers), [ pid, pid ]);
    await reported([ b, c ]);
    assert.deepEqual(handledBy('lost'), [ a.pid, pid ]);
  });
});
