import { GCProfiler } from 'node:v8';
import { startCounting, stopCounting } from './probe';
import type { SilentWebSocket } from './silent_web_socket';
import type { Work } from './work';

/** An event that is sent again and again. */
export interface Load {
  readonly sockets: readonly SilentWebSocket[];
  readonly message: Buffer;
  /** Whether each event goes to all sockets; then there is one in a turn of the event loop, otherwise one of each socket. */
  readonly isBroadcast: boolean;
}

/** Turns of the event loop in which the work for events is counted. */
const COUNTED = 10;
/** How often it is, because what else the process does is counted too. */
const TIMES = 3;
/** Turns in which bytes are. Deliveries take fewer than events. */
const WEIGHED = { event: 15, broadcast: 60 };

/** Sends events in turns of the event loop, in which nothing else happens. */
function send({ sockets, message, isBroadcast }: Load, turns: number, begin: () => void, end: () => void): Promise<void> {
  let left = turns;
  return new Promise(resolve => {
    function turn(): void {
      for (const socket of sockets) socket.settle();
      if (left === 0) {
        end();
        resolve();
        return;
      }
      left--;
      if (isBroadcast) sockets[left % sockets.length].receive(message);
      else for (const socket of sockets) socket.receive(message);
      setImmediate(turn);
    }
    setImmediate(() => {
      begin();
      turn();
    });
  });
}

/** Makes sure that each event got what it has to get, or what was measured is something else. */
async function checked(load: Load, turns: number, begin: () => void, end: () => void): Promise<void> {
  const written = () => load.sockets.reduce((sum, socket) => sum + socket.written, 0);
  const before = written();
  await send(load, turns, begin, end);
  const frames = written() - before;
  if (frames !== turns * load.sockets.length) throw new Error(`${load.message}: ${frames} frames, expected ${turns * load.sockets.length}`);
}

/** Bytes of heap that were allocated for each frame that was written; `Infinity` if nobody knows, as some were collected. */
export async function measureBytes(load: Load): Promise<number> {
  const turns = load.isBroadcast ? WEIGHED.broadcast : WEIGHED.event;
  let before = 0;
  let after = 0;
  global.gc!();
  const profiler = new GCProfiler();
  profiler.start();
  await checked(load, turns, () => { before = process.memoryUsage().heapUsed; }, () => { after = process.memoryUsage().heapUsed; });
  return profiler.stop().statistics.length > 0 ? Infinity : (after - before) / (turns * load.sockets.length);
}

/** What is done for each event, besides the bytes. */
export async function countWork(load: Load): Promise<Omit<Work, 'bytes'>> {
  const events = load.isBroadcast ? COUNTED : COUNTED * load.sockets.length;
  const least: Record<string, number> = {};
  for (let time = 0; time < TIMES; time++) {
    let counts = {} as Omit<Work, 'bytes'>;
    await checked(load, COUNTED, startCounting, () => { counts = stopCounting(); });
    // Those of the turns.
    counts.timers -= COUNTED;
    for (const [ kind, count ] of Object.entries(counts)) least[kind] = Math.min(least[kind] ?? Infinity, count / events);
  }
  return least as unknown as Omit<Work, 'bytes'>;
}
