import type { AsyncLocalStorage } from 'node:async_hooks';
import { createServer, type Server as HttpServer } from 'node:http';
import path from 'node:path';
import { type Application as EggApplication, start } from 'egg';
import { Server } from 'socket.io';
import { frameworkOf } from '../../../lib/boot/framework';
import { countWork, type Load, measureBytes } from './measure';
import { probeContexts, probeEncoder, setFault } from './probe';
import { connect, type SilentWebSocket, SilentWebSocketServer } from './silent_web_socket';
import { type Event, EVENTS, type Fault, FAULTS, type Findings, type Work } from './work';

/** Each has a room for 5000 events at once, which is more than it gets. */
const SOCKETS = 100;
/** Of 90 bytes in all, as in the benchmark. */
const TEXT = 'x'.repeat(75);
/** Windows in which the bytes of an event are counted. */
const WINDOWS = 20;

/** Plain Socket.IO whose handlers run in the same storage: what the bytes are compared with. */
function startPlain(storage: AsyncLocalStorage<object>): HttpServer {
  const server = createServer();
  const io = new Server(server, { wsEngine: SilentWebSocketServer as never, pingInterval: 600_000 });
  io.on('connection', async socket => {
    await socket.join('all');
    socket.on('echo', (message, ack) => { storage.run({}, ack, message); });
    socket.on('broadcast', message => { storage.run({}, () => io.to('all').emit('said', message)); });
  });
  return server;
}

type Sockets = readonly SilentWebSocket[];

async function connectAll(server: HttpServer): Promise<Sockets> {
  const sockets: SilentWebSocket[] = [];
  while (sockets.length < SOCKETS) sockets.push(await connect(server));
  return sockets;
}

function loadOf(sockets: Sockets, event: string): Load {
  const isBroadcast = event === 'broadcast';
  return { sockets, isBroadcast, message: Buffer.from(`42${isBroadcast ? '' : '0'}["${event}","${TEXT}"]`) };
}

/**
 * Bytes of several loads, which take turns: so that what is compiled and grows at first is over in most windows. What else
 * the process does adds to a window, often, or is given back in one, rarely: so it is the lower quartile that counts.
 */
async function weigh(loads: readonly Load[], beforeEach: (i: number) => void = () => {}): Promise<number[]> {
  const bytes: number[][] = loads.map(() => []);
  for (let window = 0; window < WINDOWS; window++) {
    for (const [ i, load ] of loads.entries()) {
      beforeEach(i);
      bytes[i].push(await measureBytes(load));
    }
  }
  const quartiles = bytes.map(each => each.sort((a, b) => a - b)[Math.floor(each.length / 4)]);
  if (quartiles.includes(Infinity)) throw new Error('garbage was collected in most windows: the nursery is too small');
  return quartiles;
}

async function workOf(load: Load, bytes: number, reference: number): Promise<Work> {
  return { ...await countWork(load), bytes: Math.round(bytes - reference) };
}

async function measure(ours: Sockets, theirs: Sockets, setFault: (fault?: Fault) => void): Promise<Findings> {
  const loads = EVENTS.map(event => loadOf(ours, event));
  const [ echo, broadcast, ...bytes ] = await weigh([ loadOf(theirs, 'echo'), loadOf(theirs, 'broadcast'), ...loads ]);
  const referenceOf = ({ isBroadcast }: Load) => (isBroadcast ? broadcast : echo);
  const sound = {} as Record<Event, Work>;
  for (const [ i, event ] of EVENTS.entries()) sound[event] = await workOf(loads[i], bytes[i], referenceOf(loads[i]));
  const faulty = {} as Record<Fault, Work>;
  for (const [ fault, event ] of Object.entries(FAULTS) as [Fault, Event][]) {
    const load = loadOf(ours, event);
    const [ without, withFault ] = await weigh([ load, load ], i => setFault(i === 1 ? fault : undefined));
    faulty[fault] = await workOf(load, withFault, without);
  }
  return { sound, faulty };
}

async function main(): Promise<Findings> {
  probeContexts();
  probeEncoder();
  const root = path.join(__dirname, '../../..');
  const app = await start({
    baseDir: path.join(root, 'test/fixtures/apps/work'), env: 'prod', plugins: { socketio: { enable: true, path: root } },
  } as object) as unknown as EggApplication;
  const server = createServer();
  frameworkOf(app).attachTo(server);
  const ours = await connectAll(server);
  const theirs = await connectAll(startPlain(app.ctxStorage as unknown as AsyncLocalStorage<object>));
  return measure(ours, theirs, fault => setFault(fault, app.io.of('/')));
}

process.once('disconnect', () => process.exit());
// Egg logs what is not caught, and goes on.
void main().catch(error => ({ error: String((error as Error).stack) })).then(findings => process.send!(findings));
