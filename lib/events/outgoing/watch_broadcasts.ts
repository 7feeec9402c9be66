import type { Namespace, Server } from 'socket.io';
import type { NamedOutgoing } from '../../controllers/plan/types';
import { droppedError, runOutgoing } from './outgoing';
import { type Flags, Packet } from './packet';

const OUTGOING = Symbol.for('egg-socketio:outgoing');

/** The middleware of a namespace, kept on it. */
interface Watched {
  readonly list: readonly NamedOutgoing[];
  /** The name for the middleware. */
  readonly name: string;
}

interface OperatorFlags extends Flags {
  readonly expectSingleResponse?: boolean;
}

type Ack = (error: Error | null, answers?: unknown[]) => void;
type Emit = (event: string, ...args: unknown[]) => boolean;

/** The clients that a broadcast is for. */
interface Selection<F extends Flags> {
  readonly adapter: { readonly nsp: object };
  readonly rooms: ReadonlySet<string>;
  readonly exceptRooms: ReadonlySet<string>;
  readonly flags: F;
}

/** The parts of Socket.IO's BroadcastOperator that are not in its types. */
interface Operator extends Selection<OperatorFlags> {
  flags: OperatorFlags;
  emit: Emit;
}

/** Tells the caller of a dropped broadcast that nobody was asked. */
function endAck(ack: Ack, packet: Packet<OperatorFlags>): void {
  if (packet.flags.expectSingleResponse) ack(droppedError(packet));
  else ack(null, []);
}

/** The parts of Socket.IO's namespace that are used here. */
interface Holder {
  readonly name: string;
  readonly server: { [OUTGOING]?: readonly NamedOutgoing[] };
  [OUTGOING]?: Watched;
}

function watchedOf({ adapter }: Pick<Selection<Flags>, 'adapter'>): Watched | undefined {
  const { name, server, [OUTGOING]: own } = adapter.nsp as Holder;
  if (own) return own;
  const { [OUTGOING]: list } = server;
  return list && { list, name };
}

/** Runs the middleware for a broadcast. */
function pass<F extends Flags>(
  { flags, rooms, exceptRooms }: Selection<F>, { list, name: nsp }: Watched, event: string, args: unknown[], wantsAck: boolean,
): Packet<F> {
  const packet = new Packet({ nsp, event, rooms: [ ...rooms ], except: [ ...exceptRooms ], wantsAck }, args, { ...flags });
  runOutgoing(list, packet);
  return packet;
}

function emit(operator: Operator, own: Emit, watched: Watched, event: string, args: unknown[]): boolean {
  const ack = typeof args.at(-1) === 'function' ? args.pop() as Ack : undefined;
  const { flags } = operator;
  const packet = pass(operator, watched, event, args, ack !== undefined);
  if (packet.isDropped) {
    if (ack) process.nextTick(endAck, ack, packet);
    return true;
  }
  // The caller may use the operator again.
  operator.flags = packet.flags;
  try {
    return ack ? own.call(operator, event, ...packet.args, ack) : own.call(operator, event, ...packet.args);
  } finally {
    operator.flags = flags;
  }
}

/**
 * Runs outgoing middleware for a question to the clients of a selection, when it is sent; it has no results if the event is dropped.
 *
 * @param ask - sends the question, and returns its results
 */
export function passQuestion<F extends Flags, Result>(
  to: Selection<F>, event: string, args: readonly unknown[],
  ask: (flags: F, args: readonly unknown[]) => AsyncGenerator<Result, void, undefined>,
): AsyncGenerator<Result, void, undefined> {
  const watched = watchedOf(to);
  return watched ? results(watched) : ask(to.flags, args);

  async function* results(by: Watched) {
    const { isDropped, flags, args: sent } = pass(to, by, event, [ ...args ], true);
    if (!isDropped) yield* ask(flags, sent);
  }
}

/** There is no public API for this: the class of all broadcasts gets an `emit()` that looks up the namespace's middleware. */
function watchOperators(target: Server | Namespace): void {
  const operators = Object.getPrototypeOf(target.to('')) as Operator & { [OUTGOING]?: true };
  if (Object.hasOwn(operators, OUTGOING)) return;
  const { emit: own } = operators;
  Object.assign(operators, {
    [OUTGOING]: true,
    emit(this: Operator, event: string, ...args: unknown[]) {
      const watched = watchedOf(this);
      return watched ? emit(this, own, watched, event, args) : own.call(this, event, ...args);
    },
  });
}

/**
 * Makes broadcasts in a namespace run outgoing middleware: once, where they are emitted. Those that come from other workers do not.
 *
 * @param name - for the middleware
 */
export function watchBroadcasts(namespace: Namespace, list: readonly NamedOutgoing[], name: string): void {
  watchOperators(namespace);
  Object.assign(namespace, { [OUTGOING]: { list, name } satisfies Watched });
}

/** The same for broadcasts in all other namespaces, such as those of the app's own patterns for names of namespaces. */
export function watchOtherBroadcasts(io: Server, list: readonly NamedOutgoing[]): void {
  watchOperators(io);
  Object.assign(io, { [OUTGOING]: list } satisfies Holder['server']);
}
