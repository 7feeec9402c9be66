import { ClusterProcess } from '../cluster_process';
import type { RedisServer } from '../redis';
import { TRANSPORTS } from '../deploy_clients';
import { HistoryClient } from './history_client';
import { type Act, randomOf, Villain } from './villain';

/** Milliseconds that the clients have at the end to be connected, and to hear each other. */
const END_LIMIT = 45_000;
/** Clients in a room, a third each transport. */
const ROOM = 9;
const NAMESPACES = [ '/', '/news' ];

/** What to play. */
export interface Play {
  readonly seed: number;
  readonly workers: number;
  readonly clients: number;
  /** The app's adapter is that of its streams. Default: the app needs no Redis */
  readonly redis?: RedisServer;
  /** The order of writes to clients and to replicas. Default: 'before' */
  readonly order?: 'before' | 'after';
  /** Whether the connections of clients are compressed. Default: false */
  readonly compressed?: boolean;
  /** Milliseconds between two messages of a client. */
  readonly pace: number;
  /** Milliseconds for which a worker is paused at most. */
  readonly longestPause: number;
  /** What the villain does next; undefined when it has done enough. */
  next(random: () => number): Act | undefined;
  /** Is told of each deed. */
  log?(text: string): void;
}

/** What came of it. */
export interface Outcome {
  readonly faults: readonly string[];
  readonly deeds: readonly string[];
  /** Disconnects by reason. */
  readonly disconnects: Readonly<Record<string, number>>;
  readonly recovered: number;
  readonly anew: number;
  /** Connections that neither opened nor failed, see {@link HistoryClient.hung}. */
  readonly hung: number;
  readonly acks: Readonly<Record<'came' | 'disconnected' | 'timeout', number>>;
  readonly messages: number;
  /** See {@link History.overtaken}. */
  readonly overtaken: number;
  /** See {@link History.lost}. */
  readonly lost: number;
  /** The last broadcasts of killed workers that some clients got, and others did not. */
  readonly cutOff: number;
  /** Milliseconds without connection, beyond the client's own delay. */
  readonly outage: { readonly p50: number; readonly p95: number };
  readonly log: string;
}

/** Plays a load and a villain on real processes, and checks the history of each client. */
export async function playHistories(play: Play): Promise<Outcome> {
  const random = randomOf(play.seed);
  const cluster = await ClusterProcess.start({
    fixture: 'histories', workers: play.workers, flags: [],
    variables: {
      ...play.redis && { FIXTURE_REDIS: play.redis.url }, FIXTURE_ORDER: play.order ?? 'before',
      ...play.compressed && { FIXTURE_COMPRESSED: 'true' },
    },
  });
  const clients: HistoryClient[] = [];
  try {
    const villain = new Villain(cluster, play.workers, random, play.longestPause, {
      redis: play.redis,
      expectLosses() {
        for (const { history } of clients) history.expectLosses();
        return () => { for (const { history } of clients) history.expectAll(); };
      },
    });
    await villain.begin();
    for (let i = 0; i < play.clients; i++) {
      const namespace = NAMESPACES[Math.floor(i / ROOM) % NAMESPACES.length];
      const room = `room ${Math.floor(i / ROOM / NAMESPACES.length)}`;
      clients.push(new HistoryClient(cluster.url, `client ${i}`, namespace, room, TRANSPORTS[i % TRANSPORTS.length], play.pace));
      await clients[i].connected();
    }
    for (const client of clients) client.talk();
    await villain.rest(2000);
    let told = 0;
    for (let act = play.next(random); act !== undefined; act = play.next(random)) {
      await villain.act(act);
      for (; told < villain.deeds.length; told++) play.log?.(villain.deeds[told]);
      await villain.rest(3000);
    }
    await end(clients, villain);
    return sumUp(clients, villain, cluster);
  } finally {
    for (const client of clients) client.close();
    await cluster.stop();
  }
}

/** Resolves when all clients have got everything, or have had the time for it. */
async function end(clients: readonly HistoryClient[], villain: Villain): Promise<void> {
  // Each ack comes or fails, by the client's own limit at the latest.
  await Promise.all(clients.map(client => client.quiet()));
  const isBack = await within(END_LIMIT, Promise.all(clients.map(client => client.sayAtLast())));
  if (!isBack) return;
  clients[0].socket.emit('finish');
  await within(END_LIMIT, Promise.all(clients.map(client => client.hasGotAll(villain.pids))));
}

async function within(limit: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>(resolve => { timer = setTimeout(resolve, limit, false); });
  const isInTime = await Promise.race([ promise.then(() => true), late ]);
  clearTimeout(timer);
  return isInTime;
}

function sumUp(clients: readonly HistoryClient[], villain: Villain, cluster: ClusterProcess): Outcome {
  let cutOff = 0;
  const last = lastTicks(clients);
  for (const client of clients) {
    const { history, socket, finished } = client;
    if (!socket.connected) history.fault('it is not connected at the end');
    else if (!villain.pids.every(pid => finished.has(pid))) history.fault('it is connected, and does not get broadcasts of all workers');
    const others = clients.filter(({ nsp, room }) => nsp === client.nsp && room === client.room).filter(other => other !== client);
    history.end(others.map(other => other.history));
    for (const [ pid, number ] of history.ticks) {
      const missed = Math.max(last.get(`${client.nsp} ${pid}`)!, finished.get(pid) ?? 0) - number;
      if (missed === 0) continue;
      // The others pass the last packets of a killed worker on, but for those that were lost in Redis.
      if (villain.killed.has(pid) && villain.isLossy) cutOff += missed;
      else history.fault(`the last ${missed} broadcasts of worker ${pid} did not come`);
    }
  }
  const sum = (of: (client: HistoryClient) => number): number => clients.reduce((total, client) => total + of(client), 0);
  const ackSum = (kind: keyof HistoryClient['acks']): number => sum(({ acks }) => acks[kind]);
  const outages = clients.flatMap(({ outages: each }) => each).sort((a, b) => a - b);
  const quantile = (share: number): number => Math.round(outages[Math.floor(share * (outages.length - 1))] ?? 0);
  return {
    faults: clients.flatMap(({ history }) => history.faults), deeds: villain.deeds,
    disconnects: countEach(clients.flatMap(({ losses }) => losses)),
    recovered: sum(({ recovered }) => recovered), anew: sum(({ anew }) => anew), hung: sum(({ hung }) => hung),
    acks: { came: ackSum('came'), disconnected: ackSum('disconnected'), timeout: ackSum('timeout') },
    messages: sum(({ history }) => history.messages), overtaken: sum(({ history }) => history.overtaken), cutOff,
    lost: sum(({ history }) => history.lost),
    outage: { p50: quantile(0.5), p95: quantile(0.95) }, log: cluster.log,
  };
}

/** How often each name is in a list. */
export function countEach(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** By namespace and process that sends: the highest number that a client has got. */
function lastTicks(clients: readonly HistoryClient[]): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  for (const { nsp, history } of clients) {
    for (const [ pid, number ] of history.ticks) last.set(`${nsp} ${pid}`, Math.max(number, last.get(`${nsp} ${pid}`) ?? 0));
  }
  return last;
}
