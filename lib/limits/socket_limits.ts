import type { Socket } from 'socket.io';
import { type ErrorCode, SocketIOError } from '../base/errors';
import type { Limits } from './limits';
import type { Refusals } from './refusals';

/** The longest time of a timer, for acks without a limit: without any time-out, an ack gets no error when its client leaves. */
const LONGEST = 2 ** 31 - 1;

/** The limits of a socket, from the first middleware on. */
export type LimitSocket = (socket: Socket) => void;

/** Socket.IO's flags for the next emit, which are not in its types. */
interface WithFlags { flags?: { timeout?: number } }

/** Whether an error is Socket.IO's own for a missing ack. The client may have left instead, or the value cannot be sent. */
function isAckTimeout(error: unknown): boolean {
  return error instanceof Error && /^operation has timed out$/.test(error.message);
}

function ignore(): void { /* A caller that awaits it still gets it. */ }

/**
 * Returns a function that gives sockets a `join()` that knows the limit of rooms, and an `emitWithAck()` that ends. They are functions of
 * the socket, not of its class, so other servers in the process are left alone.
 */
export function limitSockets({ rooms, nameLength, ackTimeout }: Limits, refusals: Refusals): LimitSocket {
  function refuse(code: ErrorCode, limit: number): Promise<void> {
    const refused = Promise.reject(new SocketIOError(code, undefined, { details: { limit } }));
    // `socketsJoin()` and many handlers ignore the result of join().
    refused.catch(ignore);
    return refused;
  }

  function join(this: Socket, wanted: string | string[]): Promise<void> | void {
    const own = Object.getPrototypeOf(this) as Pick<Socket, 'join'>;
    const list = Array.isArray(wanted) ? wanted : [ wanted ];
    const { rooms: joined } = this;
    if (list.some(({ length }) => length > nameLength)) {
      refusals.add('nameLength', () => `kept ${this.id} out of a room in ${this.nsp.name.slice(0, 100)}: its name is too long (config.socketio.limits.nameLength).`);
      return refuse('NAME_TOO_LONG', nameLength);
    }
    const added = new Set(list.filter(room => room !== this.id && !joined.has(room)));
    // Its own room is not counted.
    const others = joined.size - (joined.has(this.id) ? 1 : 0);
    if (others + added.size <= rooms) return own.join.call(this, wanted);
    refusals.add('rooms', () => `kept ${this.id} out of a room in ${this.nsp.name.slice(0, 100)}: it is in the maximum number of rooms (config.socketio.limits.rooms).`);
    return refuse('TOO_MANY_ROOMS', rooms);
  }

  async function emitWithAck(this: Socket, event: string, ...args: unknown[]): Promise<unknown> {
    const own = Object.getPrototypeOf(this) as Pick<Socket, 'emitWithAck'>;
    if ((this as unknown as WithFlags).flags?.timeout !== undefined) return own.emitWithAck.call(this, event, ...args);
    try {
      return await own.emitWithAck.call(this.timeout(Math.min(ackTimeout, LONGEST)), event, ...args);
    } catch (error) {
      if (isAckTimeout(error)) refusals.add('ackTimeout', () => `${this.id} did not ack '${event}' within ${ackTimeout} ms (config.socketio.limits.ackTimeout).`);
      throw error;
    }
  }

  return socket => {
    if (rooms !== Infinity || nameLength !== Infinity) socket.join = join;
    socket.emitWithAck = emitWithAck as Socket['emitWithAck'];
  };
}
