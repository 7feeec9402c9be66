// What a broadcast to the other worker of the same machine costs: over the links between workers, and through Redis.
// Not part of the tests. Run it with: npx egg-bin test test/redis/measure_layers.ts
import { readFileSync } from 'node:fs';
import { SocketIOTestClient } from '../../lib/mock/typed';
import { ClusterProcess } from '../support/cluster_process';
import { RedisServer } from '../support/redis';

const ROUNDS = 3000;
const BURST = 20_000;
/** Milliseconds for one of them. */
const LIMIT = 120_000;

/** Milliseconds of CPU that a process has used. */
function cpu(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

type Client = SocketIOTestClient & { pid: number };

async function connect(url: string): Promise<Client> {
  const client = await new SocketIOTestClient({ url, transports: [ 'websocket' ], waitTimeout: 60_000 }).connect();
  const [ pid ] = await client.next<[number]>('worker');
  return Object.assign(client, { pid });
}

async function measure(name: string, redis: RedisServer | undefined, kind?: string): Promise<void> {
  const variables = redis ? { WORKERS_REDIS: JSON.stringify({ url: redis.url, kind }) } : undefined;
  const cluster = await ClusterProcess.start({ workers: 2, variables });
  const speaker = await connect(cluster.url);
  let listener = await connect(cluster.url);
  while (listener.pid === speaker.pid) {
    await listener.close();
    listener = await connect(cluster.url);
  }
  await listener.sendWithAck('join', 'room');
  const count = (wanted: number) => new Promise<void>(resolve => {
    let got = 0;
    const on = () => { if (++got === wanted) { listener.socket.off('told', on); resolve(); } };
    listener.socket.on('told', on);
  });
  const latencies: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const heard = count(1);
    const started = process.hrtime.bigint();
    speaker.socket.emit('tell', 'room', 'x', i);
    await heard;
    latencies.push(Number(process.hrtime.bigint() - started) / 1e6);
  }
  latencies.sort((a, b) => a - b);
  const pids = [ speaker.pid, listener.pid, ...redis ? [ redis.pid ] : [] ];
  const before = pids.map(cpu);
  const started = Date.now();
  const all = count(BURST);
  for (let i = 0; i < BURST; i++) speaker.socket.emit('tell', 'room', 'x', i);
  await all;
  const took = Date.now() - started;
  const used = pids.map((pid, i) => cpu(pid) - before[i]);
  const at = (q: number) => latencies[Math.floor(latencies.length * q)].toFixed(2);
  const perMessage = used.map(ms => `${(ms * 1000 / BURST).toFixed(0)}`);
  console.log(`${name}: median ${at(0.5)} ms, p99 ${at(0.99)} ms; ${Math.round(BURST / took * 1000)} a second; `
    + `CPU µs a message: sender ${perMessage[0]}, receiver ${perMessage[1]}${redis ? `, Redis ${perMessage[2]}` : ''}`);
  await Promise.all([ speaker.close(), listener.close() ]);
  await cluster.stop();
}

describe('what a broadcast to the other worker costs', () => {
  let redis: RedisServer;
  before(async () => { redis = await RedisServer.start(); });
  after(() => redis.close());

  for (let round = 0; round < 3; round++) {
    it('over links', () => measure('links', undefined)).timeout(LIMIT);
    for (const kind of [ 'pubsub', 'streams' ]) it(`over ${kind}`, () => measure(kind, redis, kind)).timeout(LIMIT);
  }
});
