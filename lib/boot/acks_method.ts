import type { Server } from 'socket.io';
import { lazy } from '../base/lazy';
import { RESERVED_EVENTS } from '../base/reserved_events';
import { passQuestion } from '../events/outgoing/watch_broadcasts';
import type { Refusals } from '../limits/refusals';
import type { Limits } from '../limits/limits';
import type { Selection } from '../adapter/client_acks';
import type { AckResults } from '../types/client_acks';

const clientAcks = lazy(() => require('../adapter/client_acks') as typeof import('../adapter/client_acks'));

const ACKS = Symbol.for('egg-socketio:acks');
/** Longer timers fire at once. */
const LONGEST = 2 ** 31 - 1;

type Acks = (to: Selection, event: string, args: readonly unknown[]) => AckResults;

/** The parts of Socket.IO's BroadcastOperator that are not in its types. */
interface Operator extends Selection {
  readonly adapter: Selection['adapter'] & { readonly nsp: { readonly server: { [ACKS]?: Acks } } };
}

function acks(this: Operator, event: string, ...args: unknown[]): AckResults {
  const ask = this.adapter.nsp.server[ACKS];
  if (!ask) throw new TypeError('acks() works on app.io only, the server of egg-socketio');
  if (RESERVED_EVENTS.has(event)) throw new Error(`"${event}" is a reserved event name`);
  return ask(this, event, args);
}

/** For namespaces, and for the server, whose clients are those of '/'. */
function acksOfAll(this: { except(rooms: string[]): Operator & { acks: typeof acks } }, event: string, ...args: unknown[]): AckResults {
  return this.except([]).acks(event, ...args);
}

/**
 * Adds `acks()` to broadcasts, namespaces and the server. There is no public API for this: their classes get the method, which looks up
 * the server's limits.
 */
export function addAcks(io: Server, { ackTimeout, ackBytes }: Limits, refusals: Refusals): void {
  (io as { [ACKS]?: Acks })[ACKS] = (to, event, args) => {
    const own = to.flags.timeout;
    const onTimeout = () => refusals.add('ackTimeout', () => `not all clients acked '${event}' within ${ackTimeout} ms (config.socketio.limits.ackTimeout).`);
    const limits = { timeout: Math.min(own ?? ackTimeout, LONGEST), bytes: ackBytes, onTimeout: own === undefined ? onTimeout : undefined };
    const { adapter, rooms, exceptRooms } = to;
    return passQuestion(to, event, args, (flags, sent) => (
      clientAcks().askClients({ adapter, rooms, exceptRooms, flags }, event, sent, limits)
    ));
  };
  Object.assign(Object.getPrototypeOf(io.to('')), { acks });
  for (const { constructor } of [ io, io.of('/') ]) Object.assign(constructor.prototype, { acks: acksOfAll });
}
