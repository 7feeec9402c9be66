import type { Namespace, Server, Socket } from 'socket.io';
import type { AckResults } from '../../../lib/types/client_acks';

/** Calls on one after the other's result: `[ 'to', 'room' ], [ 'emit', 'hi' ]` is `.to('room').emit('hi')`. A getter stands alone. */
export type Calls = readonly (readonly [ string, ...unknown[] ])[];

/** Something that a server is asked to do. */
export interface Command {
  /** @default '/' */
  nsp?: string;
  /** Starts with one of the server's own sockets, not with the namespace. */
  socket?: string;
  /** Starts with a socket that `fetchSockets()` finds anywhere. */
  remote?: string;
  calls: Calls;
}

/** What came of it. */
export interface Outcome {
  value?: unknown;
  error?: { message: string; responses?: unknown };
}

/** What a server under test can be asked to send, and what clients must get, wherever they are connected. */
export const PAYLOADS: Record<string, { value: () => unknown; expected: unknown }> = {
  'a Buffer': { value: () => Buffer.from('hello'), expected: Buffer.from('hello') },
  'a part of a Buffer': { value: () => Buffer.from('hello').subarray(1, 3), expected: Buffer.from('el') },
  'an empty Buffer': { value: () => Buffer.alloc(0), expected: Buffer.alloc(0) },
  'Buffers inside': { value: () => ({ a: [{ b: Buffer.from('x') }, Buffer.from('y') ] }), expected: { a: [{ b: Buffer.from('x') }, Buffer.from('y') ] } },
  'a Uint8Array': { value: () => Uint8Array.of(1, 2), expected: Buffer.from([ 1, 2 ]) },
  'a Uint16Array': { value: () => Uint16Array.of(1, 2), expected: Buffer.from([ 1, 0, 2, 0 ]) },
  'an ArrayBuffer': { value: () => Uint8Array.of(1, 2).buffer, expected: Buffer.from([ 1, 2 ]) },
  'a DataView': { value: () => new DataView(Uint8Array.of(1, 2, 3).buffer, 1), expected: Buffer.from([ 2, 3 ]) },
  'a Date': { value: () => new Date(0), expected: '1970-01-01T00:00:00.000Z' },
  'a Date beside a Buffer': { value: () => [ new Date(0), Buffer.from('x') ], expected: [ '1970-01-01T00:00:00.000Z', Buffer.from('x') ] },
  'an invalid Date': { value: () => new Date(NaN), expected: null },
  undefined: { value: () => undefined, expected: null },
  null: { value: () => null, expected: null },
  'undefined in an array': { value: () => [ undefined, 1 ], expected: [ null, 1 ] },
  'a hole': { value: () => new Array(1).concat(1), expected: [ null, 1 ] },
  'an undefined property': { value: () => ({ a: undefined, b: 1 }), expected: { b: 1 } },
  'a function inside': { value: () => ({ f: () => 1, b: [ () => 1 ] }), expected: { b: [ null ] } },
  NaN: { value: () => NaN, expected: null },
  numbers: { value: () => [ 0.1, -1, 1e21, 2 ** 53 ], expected: [ 0.1, -1, 1e21, 2 ** 53 ] },
  'a Number': { value: () => Object(4), expected: 4 },
  'a Map and a Set': { value: () => [ new Map([[ 'a', 1 ]]), new Set([ 1 ]) ], expected: [{}, {}] },
  'an object with toJSON': { value: () => ({ toJSON: () => ({ a: 1 }) }), expected: { a: 1 } },
  'an Error': { value: () => new Error('hidden'), expected: {} },
  text: { value: () => 'žluťoučký 🐎 \u2028"\\', expected: 'žluťoučký 🐎 \u2028"\\' },
  'half a character': { value: () => '\ud83d', expected: '\ud83d' },
  'a placeholder': { value: () => ({ _placeholder: false, num: 0 }), expected: { _placeholder: false, num: 0 } },
};

/** What Socket.IO sends as something else, and the plugin refuses. */
export const REFUSED: ReadonlySet<string> = new Set([ 'a function inside', 'a Map and a Set', 'an Error' ]);
/** Those of them that the plugin sends. */
export const SENDABLE_PAYLOADS = Object.fromEntries(Object.entries(PAYLOADS).filter(([ name ]) => !REFUSED.has(name)));

function toValue(arg: unknown): unknown {
  const { payload } = (arg ?? {}) as { payload?: string };
  return typeof payload === 'string' ? PAYLOADS[payload].value() : arg;
}

function describeSocket({ id, rooms, data, handshake }: Socket): object {
  return { id, rooms: [ ...rooms ].filter(room => room !== id).sort(), data, auth: handshake.auth };
}

async function run(io: Server, { nsp = '/', socket, remote, calls }: Command): Promise<unknown> {
  let target: unknown = io.of(nsp);
  if (socket) target = io.of(nsp).sockets.get(socket);
  // No await before the calls of the others: they are made in one turn, as the app under test would make them.
  if (remote) [ target ] = await io.of(nsp).in(remote).fetchSockets();
  for (const [ name, ...args ] of calls) {
    if (name === 'leave the loop') return leaveLoop(target as AckResults);
    const member = (target as Record<string, unknown>)[name];
    target = typeof member === 'function' ? (member as (...values: unknown[]) => unknown).apply(target, args.map(toValue)) : member;
  }
  return isLoop(target) ? collect(target) : target;
}

function isLoop(value: unknown): value is AckResults {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** The results of `acks()`: of those without an ack, the code. */
async function collect(loop: AckResults): Promise<unknown[]> {
  const results: unknown[] = [];
  for await (const { socket, value, error } of loop) results.push(error ? [ socket, error.code ] : [ socket, 'acked', value ]);
  return results;
}

/** The first result. */
async function leaveLoop(loop: AckResults): Promise<unknown> {
  for await (const { value } of loop) return value;
  return undefined;
}

/** Anything that a client cannot be sent, such as what `emit` and `socketsJoin` return, is of no interest. */
function toResult(value: unknown): unknown {
  if (value instanceof Set) return [ ...value ];
  if (!Array.isArray(value)) return typeof value === 'object' ? undefined : value;
  return value.map(one => ((one as Partial<Socket>)?.handshake ? describeSocket(one as Socket) : one));
}

function listenForServers(name: string, nsp: Namespace): void {
  nsp.on('note', (...args: unknown[]) => nsp.local.emit('noted', ...args));
  nsp.on('who', (prefix: string, ack: (answer: string) => void) => ack(prefix + name));
}

/**
 * Makes a server one that adapterConformance() can test. Whoever connects to `/control` may have it do anything.
 *
 * @param name - different from that of the other servers
 */
export function prepareServer(io: Server, name: string): void {
  io.on('new_namespace', nsp => listenForServers(name, nsp));
  listenForServers(name, io.of('/'));
  for (const nsp of [ io.of('/'), io.of(/^\/dynamic-\w+$/) ]) {
    nsp.on('connection', socket => {
      const { rooms = [], data = {} } = socket.handshake.auth as { rooms?: string[]; data?: object };
      if (!socket.recovered) {
        void socket.join(rooms);
        Object.assign(socket.data, data);
      }
      socket.emit('ready');
    });
  }
  io.of('/control').on('connection', control => {
    control.on('run', (commands: Command[], ack: (outcome: Outcome) => void) => {
      Promise.all(commands.map(command => run(io, command))).then(
        values => ack({ value: toResult(values.at(-1)) }),
        ({ message, responses }: Error & { responses?: unknown }) => ack({ error: { message, responses } }),
      );
    });
    control.on('gone', (id: string, ack: () => void) => {
      const socket = io.of('/').sockets.get(id);
      if (socket) socket.once('disconnect', () => setImmediate(ack));
      else ack();
    });
  });
}
