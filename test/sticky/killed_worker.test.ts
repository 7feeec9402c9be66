import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { io, type Socket } from 'socket.io-client';
import { ClusterProcess } from '../support/cluster_process';
import { RawWebSocket } from '../support/protocol/raw_websocket';
import { exchange } from '../support/sticky_http';

const KILLS = 20;
const UPGRADED = 6;
const SLOW = 3;

/** A client whose WebSocket works. */
interface Visitor {
  /** The worker that has its session. */
  readonly pid: number;
  /** Whether it was disconnected. */
  isGone(): boolean;
  /** Resolves once it is disconnected. */
  readonly gone: Promise<unknown>;
  /** Asks its worker for its pid. */
  ask(): Promise<number>;
  close(): void;
}

async function upgrade(url: string): Promise<Visitor> {
  const client: Socket = io(url, { transports: [ 'polling', 'websocket' ], forceNew: true, reconnection: false });
  const gone = new Promise(resolve => { client.once('disconnect', resolve); });
  await new Promise<void>((resolve, reject) => {
    client.once('connect_error', reject);
    client.io.engine.once('upgrade', () => resolve());
  });
  const ask = async () => (await client.emitWithAck('echo') as number[])[0];
  return { pid: await ask(), isGone: () => client.disconnected, gone, ask, close: () => { client.close(); } };
}

/** Has a session that is never upgraded begin: it is connected once the time is over that a session waits for its WebSocket. */
async function outlastWindow(url: string): Promise<void> {
  const polling = `${url}/socket.io/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await exchange(polling)).body.slice(1)) as { sid: string };
  await exchange(`${polling}&sid=${sid}`, { method: 'POST' }, '40');
  assert.match((await exchange(`${polling}&sid=${sid}`)).body, /^40/);
  await exchange(`${polling}&sid=${sid}`, { method: 'POST' }, '1');
}

/** Upgrades as a client on a slow line does: its probe comes long after its WebSocket has been opened. */
async function upgradeSlowly(url: string): Promise<Visitor> {
  const polling = `${url}/socket.io/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await exchange(polling)).body.slice(1)) as { sid: string };
  const socket = await RawWebSocket.open(`${url}/socket.io/?EIO=4&transport=websocket&sid=${sid}`);
  await exchange(`${polling}&sid=${sid}`, { method: 'POST' }, '40');
  const poll = exchange(`${polling}&sid=${sid}`);
  await outlastWindow(url);
  const next = async (start: string) => {
    for (;;) {
      const frame = String(await socket.next());
      if (frame.startsWith(start)) return frame;
    }
  };
  socket.send('2probe');
  await next('3probe');
  const { body } = await poll;
  socket.send('5');
  if (!body.includes('40{')) await next('40');
  let isGone = false;
  const gone = socket.closed.then(() => { isGone = true; });
  const ask = async () => {
    socket.send('420["echo"]');
    return Number(/^430\[\[(\d+)/.exec(await next('43'))![1]);
  };
  return { pid: await ask(), isGone: () => isGone, gone, ask, close: () => { socket.terminate(); } };
}

function visit(url: string): Promise<Visitor>[] {
  return [ ...Array.from({ length: UPGRADED }, () => upgrade(url)), ...Array.from({ length: SLOW }, () => upgradeSlowly(url)) ];
}

describe('test/sticky/killed_worker.test.ts', function() {
  this.timeout(400_000);
  const burners: ChildProcess[] = [];
  let cluster: ClusterProcess;

  before(async () => { cluster = await ClusterProcess.start({ workers: 3 }); });
  after(async () => {
    for (const burner of burners) burner.kill('SIGKILL');
    await cluster.stop();
  });

  it(`the death of a worker disconnects no WebSocket client of another worker, ${KILLS} times of ${KILLS}, on a machine whose processors are busy`, async () => {
    // Where other files of tests run beside this one, there are as many processes that work as there are processors.
    const working = Math.floor(loadavg()[0]);
    for (let i = working; i < availableParallelism(); i++) burners.push(spawn(process.execPath, [ '-e', 'for (;;);' ], { stdio: 'ignore' }));
    for (let kill = 0; kill < KILLS; kill++) {
      const visitors = await Promise.all(visit(cluster.url));
      const [{ pid: killed }] = visitors;
      const from = cluster.news.length;
      process.kill(killed, 'SIGKILL');
      await Promise.all(visitors.filter(({ pid }) => pid === killed).map(({ gone }) => gone));
      await cluster.hear('worker died', from);
      for (const visitor of visitors.filter(({ pid }) => pid !== killed)) {
        assert.ok(!visitor.isGone(), `death ${kill + 1} disconnects a client of another worker`);
        assert.equal(await visitor.ask(), visitor.pid);
      }
      for (const visitor of visitors) visitor.close();
      await cluster.hear('worker', from);
    }
  });
});
