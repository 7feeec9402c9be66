import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTo } from 'node:net';
import { scheduler } from 'node:timers/promises';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { ClusterProcess } from '../support/cluster_process';

const ALL_OPEN = 'late hook and early hook open';
const GONE = 'socket has been disconnected';

describe('test/cluster/stop.test.ts', function() {
  this.timeout(120_000);
  let cluster: ClusterProcess;

  async function start(workers: number, limit?: number): Promise<void> {
    cluster = await ClusterProcess.start({ fixture: 'stopping', workers, variables: limit ? { STOPPING_LIMIT: String(limit) } : {} });
  }

  const connect = (namespace: string, transport = 'websocket'): Promise<SocketIOTestClient> =>
    new SocketIOTestClient({ port: cluster.port, namespace, transports: [ transport ], reconnection: false }).connect();

  const noted = (): string[] => cluster.news.flatMap(news => (news.what === 'noted' ? [ news.text ] : []));

  /** Sends an event, and waits until its handler runs; what becomes of the ack. */
  async function begin(client: SocketIOTestClient, event: string, ...args: unknown[]): Promise<{ answer: Promise<unknown> }> {
    const from = cluster.news.length;
    const answer = client.socket.timeout(20_000).emitWithAck(event, ...args).catch(({ message }: Error) => message);
    await cluster.hear('noted', from, ({ text }) => text.startsWith(`begun ${event}`));
    return { answer };
  }

  afterEach(() => cluster.stop());

  for (const workers of [ 1, 3 ]) {
    for (const transport of [ 'websocket', 'polling' ]) {
      it(`${workers} worker(s), ${transport}: events under way are finished and acked, then disconnect handlers run, then the app's hooks`, async () => {
        await start(workers);
        const client = await connect('/', transport);
        const own = await connect('/own', transport);
        const begun: [ { answer: Promise<unknown> }, string ][] = [
          [ await begin(client, 'order'), 'stored' ],
          [ await begin(client, 'later'), 'after the handler' ],
          [ await begin(client, 'fails'), 'of a filter' ],
          [ await begin(own, 'own'), 'of a listener' ],
        ];
        const from = cluster.news.length;
        const slow = await connect('/slow', transport);
        await cluster.hear('noted', from, ({ text }) => text.startsWith('begun connect'));
        const early = slow.socket.timeout(20_000).emitWithAck('early', 'the early one').catch(({ message }: Error) => message);
        // A second event, so that the early one has arrived by the time that its poll is answered.
        await begin(client, 'later');
        const disconnects = Promise.all([ client, own, slow ].map(({ socket }) => new Promise(resolve => { socket.once('disconnect', resolve); })));

        await cluster.stop();

        for (const [{ answer }, expected ] of begun) assert.equal(await answer, expected);
        assert.equal(await early, 'the early one was handled');
        assert.deepEqual(await disconnects, [ 'transport close', 'transport close', 'transport close' ]);
        const notes = noted();
        assert.ok(notes.includes(`stored: ${ALL_OPEN}`), notes.join('\n'));
        assert.ok(notes.includes(`left / by server shutting down: ${ALL_OPEN}`), notes.join('\n'));
        assert.ok(notes.includes(`left /slow: ${ALL_OPEN}`), notes.join('\n'));
        assert.equal(notes.filter(text => text === 'closed: nothing open').length, workers);
        const closed = [ ...cluster.log.matchAll(/\[egg-socketio\] stop: closed (\d+) connection\(s\) in \d+ ms\./g) ];
        assert.equal(closed.reduce((sum, [ , count ]) => sum + Number(count), 0), 3);
        assert.doesNotMatch(cluster.log, /had not finished/);
      });
    }
  }

  it('an event that arrives while its connection is being closed gets no ack and is counted; its client sees the disconnect', async () => {
    await start(1);
    const client = await connect('/');
    const { answer } = await begin(client, 'order');
    const late = client.next('stopping').then(() => client.socket.emitWithAck('echo', 'late')).catch(({ message }: Error) => message);
    await cluster.stop();
    assert.equal(await answer, 'stored');
    assert.equal(await late, GONE);
    assert.match(cluster.log, /stop: closed 1 connection\(s\) in \d+ ms\. 1 event\(s\) that arrived while their connections were being closed were not handled and got no ack\./);
  });

  it('a worker that stops logs how many sessions it leaves, and to which worker; the last worker logs where it has written them', async () => {
    await start(2);
    const client = await connect('/');
    const pid = await client.sendWithAck<number>('pid');
    const from = cluster.news.length;
    process.kill(pid, 'SIGTERM');
    await cluster.hear('worker died', from);
    const heir = cluster.news.flatMap(news => (news.what === 'worker' ? [ news.pid ] : [])).find(each => each !== pid);
    await cluster.hear('worker', from);
    await cluster.stop();
    assert.match(cluster.log, new RegExp(`INFO ${pid} .*stop: handed over 1 recoverable session\\(s\\) to worker [\\w-]+ \\(pid ${heir}\\)`));
    assert.match(cluster.log, /stop: wrote 1 recoverable session\(s\) to .*\.state, because no other worker is left\./);
  });

  it('connections reach another worker, even if the master notices late that a worker is stopping', async () => {
    await start(2);
    const client = await connect('/');
    const pid = await client.sendWithAck<number>('pid');
    const from = cluster.news.length;
    process.kill(cluster.master, 'SIGSTOP');
    try {
      // Taken by the kernel, and next to be handed out.
      const waiting = await Promise.all(Array.from({ length: 10 }, async () => {
        const socket = connectTo(cluster.port, '127.0.0.1').setTimeout(20_000);
        await once(socket, 'connect');
        return socket;
      }));
      process.kill(pid, 'SIGTERM');
      // Long enough to end without waiting for the master. Whether it has ended shows nowhere: only the master could tell.
      await scheduler.wait(1500);
      process.kill(cluster.master, 'SIGCONT');
      await Promise.all(waiting.map(async socket => {
        socket.end('GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
        const [ answer ] = await Promise.race([ once(socket, 'data'), once(socket, 'timeout').then(() => [ 'nothing' ]) ]);
        assert.match(String(answer), /^HTTP\/1\.1 200 /);
        socket.destroy();
      }));
      await cluster.hear('worker died', from);
    } finally {
      process.kill(cluster.master, 'SIGCONT');
    }
  });

  it('handlers that hang are given up at the limit and named in the log; disconnect handlers can still use the whole app', async () => {
    await start(2, 3000);
    const client = await connect('/');
    const stuck = await connect('/stuck-1');
    const { answer } = await begin(client, 'hang');
    const left = new Promise(resolve => { stuck.socket.once('disconnect', resolve); });
    assert.equal(await cluster.stop(), 0);
    assert.equal(await answer, GONE);
    assert.equal(await left, 'transport close');
    const notes = noted();
    assert.ok(notes.includes(`left / by server shutting down: ${ALL_OPEN}`), notes.join('\n'));
    assert.ok(notes.includes(`begun to leave: ${ALL_OPEN}`), notes.join('\n'));
    const lines = cluster.log.split('\n').filter(line => line.includes('had not finished within config.socketio.drain.limit')).join('\n');
    assert.match(lines, /: .*hang in \/ \(.*stopping\.js: OrderController\.hang\)/);
    assert.match(lines, /: .*disconnect in \/stuck-1 \(.*stopping\.js: StuckController\.left\)/);
  });
});
