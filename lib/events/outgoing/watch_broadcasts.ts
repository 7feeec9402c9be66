import type { Namespace } from 'socket.io';
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

/** The parts of Socket.IO's BroadcastOperator that are not in its types. */
interface Operator {
  readonly adapter: { readonly nsp: { readonly [OUTGOING]?: Watched } };
  readonly rooms: ReadonlySet<string>;
  readonly exceptRooms: ReadonlySet<string>;
  flags: OperatorFlags;
  emit: Emit;
}

/** Tells the caller of a dropped broadcast that nobody was asked. */
function endAck(ack: Ack, packet: Packet<OperatorFlags>): void {
  if (packet.flags.expectSingleResponse) ack(droppedError(packet));
  else ack(null, []);
}

function emit(operator: Operator, own: Emit, { list, name: nsp }: Watched, event: string, args: unknown[]): boolean {
  const ack = typeof args.at(-1) === 'function' ? args.pop() as Ack : undefined;
  const { flags, rooms, exceptRooms } = operator;
  const emitted = { nsp, event, rooms: [ ...rooms ], except: [ ...exceptRooms ], wantsAck: ack !== undefined };
  const packet = new Packet(emitted, args, { ...flags });
  if (!runOutgoing(list, packet)) {
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

/** There is no public API for this: the class of all broadcasts gets an `emit()` that looks up the namespace's middleware. */
function watchOperators(namespace: Namespace): void {
  const operators = Object.getPrototypeOf(namespace.to('')) as Operator & { [OUTGOING]?: true };
  if (Object.hasOwn(operators, OUTGOING)) return;
  const { emit: own } = operators;
  Object.assign(operators, {
    [OUTGOING]: true,
    emit(this: Operator, event: string, ...args: unknown[]) {
      const watched = this.adapter.nsp[OUTGOING];
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
