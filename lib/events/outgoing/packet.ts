import type { Socket } from 'socket.io';
import { startupError } from '../../base/errors';
import { show } from '../../base/issues';
import type { OutgoingPacket } from '../../types/outgoing';

/** Socket.IO's flags of an emit that can be changed. */
export interface Flags {
  compress?: boolean;
  volatile?: boolean;
}

/** The facts about an emit that cannot be changed. */
export type Emitted = Pick<OutgoingPacket, 'nsp' | 'event' | 'rooms' | 'except' | 'wantsAck'> & { readonly socket?: Socket };

/** An event that passes outgoing middleware. */
export class Packet<F extends Flags = Flags> implements OutgoingPacket {
  readonly nsp: string;
  readonly event: string;
  readonly socket: Socket | undefined;
  readonly rooms: readonly string[];
  readonly except: readonly string[];
  readonly wantsAck: boolean;
  isDropped = false;
  #args: unknown[];

  /** @param flags - a copy, which is changed */
  constructor({ nsp, event, socket, rooms, except, wantsAck }: Emitted, args: unknown[], readonly flags: F) {
    this.nsp = nsp;
    this.event = event;
    this.socket = socket;
    this.rooms = rooms;
    this.except = except;
    this.wantsAck = wantsAck;
    this.#args = args;
  }

  get args(): unknown[] { return this.#args; }
  set args(args: unknown[]) {
    if (!Array.isArray(args)) throw startupError('INVALID_MIDDLEWARE', `outgoing middleware for '${this.event}': expected packet.args to be an array, but got ${show(args)}.`);
    this.#args = args;
  }

  get compress(): boolean { return this.flags.compress !== false; }
  set compress(compress: boolean) { this.flags.compress = compress; }

  get volatile(): boolean { return this.flags.volatile === true; }
  set volatile(volatile: boolean) { this.flags.volatile = volatile; }

  drop(): void { this.isDropped = true; }
}
