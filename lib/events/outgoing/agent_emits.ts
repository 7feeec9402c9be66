import type { NamedOutgoing } from '../../controllers/plan/types';
import { runOutgoing } from './outgoing';
import { type Flags, Packet } from './packet';

interface Options<F extends Flags> {
  readonly rooms: readonly string[];
  readonly except: readonly string[];
  readonly flags: F;
}

/** Returns a function that runs outgoing middleware for an emit of the agent; it returns what is sent, or `undefined` for nothing. */
export function forAgent(list: readonly NamedOutgoing[]) {
  return <F extends Flags, O extends Options<F>>(nsp: string, opts: O & Options<F>, [ event, ...args ]: readonly unknown[]) => {
    const { rooms, except, flags } = opts;
    const packet = new Packet({ nsp, event: event as string, rooms, except, wantsAck: false }, args, { ...flags });
    return runOutgoing(list, packet) ? { opts: { ...opts, flags: packet.flags }, data: [ event, ...packet.args ] } : undefined;
  };
}
