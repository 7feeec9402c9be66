import type { Socket } from 'socket.io';
import { OWN_EMIT } from '../../context/own_emit';
import type { NamedOutgoing } from '../../controllers/plan/types';
import { droppedError, runOutgoing } from './outgoing';
import { type Flags, Packet } from './packet';

/** The parts of a socket that are not in Socket.IO's types, and the state kept there here. */
interface Emitting {
  readonly nsp: Socket['nsp'];
  /** For the next emit only. */
  flags: Flags & { timeout?: number };
  [OWN_EMIT]?: (event: string, ...args: unknown[]) => boolean;
}

const NO_ROOMS: readonly string[] = Object.freeze([]);

/** Returns a function that makes the `emit()` of a socket run outgoing middleware; a second call for the same socket does nothing. */
export function watchSockets(list: readonly NamedOutgoing[]): (socket: Socket) => void {
  function emit(this: Emitting, event: string, ...args: unknown[]): boolean {
    const ack = typeof args.at(-1) === 'function' ? args.pop() as (error: Error) => void : undefined;
    const { nsp: { name: nsp }, flags } = this;
    // They are not for the next emit if this one is dropped, nor for one of the middleware.
    this.flags = {};
    const socket = this as unknown as Socket;
    const packet = new Packet({ nsp, event, socket, rooms: NO_ROOMS, except: NO_ROOMS, wantsAck: ack !== undefined }, args, { ...flags });
    if (runOutgoing(list, packet)) {
      this.flags = packet.flags;
      return ack ? this[OWN_EMIT]!(event, ...packet.args, ack) : this[OWN_EMIT]!(event, ...packet.args);
    }
    // Without a time-out, an ack function has no parameter for an error.
    if (ack && packet.flags.timeout !== undefined) process.nextTick(ack, droppedError(packet));
    return true;
  }

  return socket => {
    const emitting = socket as unknown as Emitting & { emit: NonNullable<Emitting[typeof OWN_EMIT]> };
    if (emitting[OWN_EMIT]) return;
    emitting[OWN_EMIT] = emitting.emit;
    emitting.emit = emit;
  };
}
