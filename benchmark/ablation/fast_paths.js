'use strict';

// The workloads of the ablation, and the fast paths that each of them is for.
const SHALLOW = { connections: 64, inflight: 1, words: '64 connections, one in flight on each' };
const PIPELINED = { connections: 50, inflight: 16, words: '50 connections, 16 in flight on each' };
const FEW = { connections: 20 };
const TEXT = 'x'.repeat(32);
const MESSAGE = { text: 'x'.repeat(79) };
const ECHO = [{ event: 'echo', args: [ MESSAGE ], answer: [ MESSAGE ] }];

/** An acked echo. */
function echoes(variant, words, load, messages, env = {}, compresses = false) {
  const { connections, inflight } = load;
  return {
    words: `${words}; ${load.words}`,
    figure: 'CPU µs per event', digits: 2, events: messages,
    server: { file: 'without.js', app: 'ablation', env: { VARIANT: variant, ...env } },
    open: { connections, compresses },
    check: ECHO,
    warmUp: client => client.ask('echo', { messages: Math.ceil(messages / 10), inflight }),
    run: client => client.ask('echo', { messages, inflight }),
  };
}

/** A broadcast. */
function broadcasts(words, server, connections, count, burst = 1) {
  return {
    words,
    figure: 'CPU µs per broadcast', digits: 1, events: count,
    server: { file: 'without.js', ...server },
    open: { connections },
    check: [{ event: 'say', pushed: [ 'said', TEXT ], times: burst, toAll: true }],
    warmUp: client => client.ask('broadcast', { broadcasts: Math.ceil(count / burst / 10), burst }),
    run: client => client.ask('broadcast', { broadcasts: count / burst, burst }),
  };
}

/** Closes what a turn has opened, and waits until the server has noticed. */
function closeLast(last) {
  return async (client, server) => {
    await client.ask('close', { last });
    await server.ask('closed', { stay: FEW.connections });
  };
}

const twoWorkers = env => ({ app: 'growth_app', env: { SERVER: 'two_workers.js', ...env } });

/**
 * @typedef {object} Workload
 * @property {string} words - what it is
 * @property {string} figure - what is measured
 * @property {number} digits - of it
 * @property {number} events - how many there are in a turn; without a fast path, each of them takes the plain way
 * @property {object} server - what is started
 * @property {object} open - which connections there are
 * @property {object} [join] - which rooms they are in
 * @property {object[]} check - what a client says, and what it has to get, to the letter
 * @property {string} [asks] - what the server is asked for before and after; default: its CPU
 * @property {number} [unit] - of the figure; default: 1
 * @property {function(Child): Promise<void>} [warmUp] - which does not count
 * @property {function(Child, Child): Promise<void>} [tidy] - afterwards
 * @property {function(Child, object): Promise<void>} run - what counts; gets the client, and the server's address
 * @property {[string, string, string, number][]} paths - the plain way, the fast path in words, its file in lib/, and how many events may
 * share one use of the plain way; default: 1
 */
/** @type {Record<string, Workload>} */
module.exports = {
  'event with a service': {
    ...echoes('service', 'acked echoes through an injected service, in an app with ten', SHALLOW, 5000),
    paths: [
      [ 'contexts', 'contexts with the socket\'s members on a prototype, and with request and response when they are used', 'context/context.ts' ],
      [ 'lazyContexts', 'request and response of a context when they are used', 'context/context.ts' ],
      [ 'services', 'services on a prototype', 'context/context_services.ts' ],
    ],
  },
  'event, one in flight': {
    ...echoes('plain', 'acked echoes', SHALLOW, 5000),
    paths: [
      [ 'shortCut', 'a packet that need not wait bypasses Engine.IO\'s buffer', 'internals/coalesced_writes.ts' ],
      [ 'backlog', 'waiting bytes are counted where they enter the buffer', 'limits/backlog.ts' ],
    ],
  },
  'event, 16 in flight': {
    ...echoes('plain', 'acked echoes', PIPELINED, 8000),
    paths: [
      [ 'joinedWrites', 'the packets of a client in one write', 'internals/coalesced_writes.ts', PIPELINED.inflight ],
      [ 'promises', 'no promise for a synchronous event', 'events/dispatch/outcome.ts' ],
      [ 'clock', 'a rate limit reads the clock only when it is reached', 'limits/rate.ts' ],
      [ 'brackets', 'brackets are counted in long packets only', 'limits/decoder.ts' ],
      [ 'ownWs', 'a newer ws than Engine.IO\'s', 'boot/io_server.ts', PIPELINED.inflight ],
    ],
  },
  'event, compressed': {
    ...echoes('plain', 'acked echoes to clients that have agreed on compression', PIPELINED, 8000, { COMPRESSED: '1' }, true),
    paths: [
      [ 'joinedWrites', 'the packets of a client in one write', 'internals/coalesced_writes.ts', PIPELINED.inflight ],
    ],
  },
  'asynchronous event': {
    ...echoes('async', 'acked echoes of an asynchronous handler', SHALLOW, 5000),
    paths: [
      [ 'deadlines', 'one timer for the time-outs of all events', 'limits/deadlines.ts' ],
      [ 'pendingEvents', 'one promise for the result and the deadline', 'events/dispatch/pending_event.ts' ],
    ],
  },
  'event with middleware': {
    ...echoes('middleware', 'acked echoes through an injected service, inside two asynchronous middlewares', SHALLOW, 5000),
    paths: [
      [ 'compose', 'no promise for a step after a promise', 'events/dispatch/compose.ts' ],
      [ 'tracking', 'clients are tracked only while another worker cannot keep up', 'limits/back_pressure.ts' ],
    ],
  },
  broadcast: {
    ...broadcasts('broadcasts of 32 bytes to a room of 500, one in flight', { app: 'ablation', env: { VARIANT: 'broadcast' } }, 500, 20),
    paths: [
      [ 'broadcastFrames', 'the frame of a broadcast in one piece', 'internals/broadcast_frame.ts' ],
      [ 'singleRoom', 'a single room without a list of visited sockets', 'internals/single_room_broadcast.ts' ],
    ],
  },
  'idle connection': {
    words: 'idle connections in a namespace with forty handlers, after garbage collection',
    figure: 'kB of heap per connection', digits: 1, events: 500, unit: 1000, asks: 'heap',
    server: { file: 'without.js', app: 'ablation', env: { VARIANT: 'plain', HANDLERS: '40' } },
    open: FEW,
    check: ECHO,
    run: (client, address) => client.ask('open', { ...address, connections: 500, atOnce: 20 }),
    tidy: closeLast(500),
    paths: [
      [ 'listeners', 'one function instead of a listener per event', 'events/namespace/incoming.ts' ],
    ],
  },
  'broadcast, two workers': {
    ...broadcasts('broadcasts of 32 bytes to 2 clients, on two workers in one process, one in flight', twoWorkers({}), 2, 1000),
    paths: [
      [ 'encodedOnce', 'a broadcast is encoded once for all workers', 'internals/packet.ts' ],
      [ 'shortMessages', 'messages between workers without the names of their parts', 'adapter/messages/messages.ts' ],
    ],
  },
  'broadcasts of one turn, two workers': {
    ...broadcasts('the same, 16 broadcasts by each event', twoWorkers({ BURST: '16' }), 2, 3200, 16),
    paths: [
      [ 'outbox', 'the messages of one turn to a worker in one write', 'cluster/outbox.ts' ],
    ],
  },
  'emit to one client, two workers': {
    words: 'events for the sender alone, on two workers in one process, with connection state recovery; 16 connections, 64 in flight',
    figure: 'CPU µs per event', digits: 2, events: 2000,
    server: { file: 'without.js', ...twoWorkers({ RECOVERY: '1' }) },
    open: { connections: 16 },
    check: [{ event: 'tell', pushed: [ 'said', TEXT ] }],
    warmUp: client => client.ask('rotate', { what: 'tell', messages: 200, inflight: 64 }),
    run: client => client.ask('rotate', { what: 'tell', messages: 2000, inflight: 64 }),
    paths: [
      [ 'privateRooms', 'an event for one client stays on its worker', 'adapter/private_rooms.ts' ],
    ],
  },
  start: {
    words: 'the start of an app with a controller, until it listens',
    figure: 'CPU ms', digits: 0, events: 1, unit: 1000, isStart: true,
    server: { file: 'without.js', app: 'ablation', env: { VARIANT: 'plain', HANDLERS: '4' } },
    paths: [
      [ 'lazily', 'modules that only some apps use are loaded by those only', 'base/lazy.ts' ],
    ],
  },
};
