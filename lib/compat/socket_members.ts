import type { Socket } from 'socket.io';
import type { ContextFactory, SocketContext } from '../context/socket_context';

const DRESSED = Symbol('Socket#dressedAsVersion2');

type Done = (error: unknown) => void;

/** Calls a callback as Socket.IO 2 did, which returned no promise. */
function settle<T>(result: T, done: Done | undefined): T {
  if (done) void Promise.resolve(result).then(() => done(null), done);
  return result;
}

/** Gives a socket what it had in Socket.IO 2 and egg-socket.io: the callbacks of `join()` and `leave()`, and some members. */
export function dressSocket(socket: Socket): void {
  if (Object.hasOwn(socket, DRESSED)) return;
  const own: Pick<Socket, 'join' | 'leave'> = { join: socket.join, leave: socket.leave };
  Object.defineProperties(Object.assign(socket, {
    join: (rooms: string | string[], done?: Done) => settle(own.join.call(socket, rooms), done),
    leave: (room: string, done?: Done) => settle(own.leave.call(socket, room), done),
    // Both had become unnecessary before: what is binary is found out.
    binary: () => socket,
    json: socket,
  }), {
    [DRESSED]: { value: true },
    remoteAddress: { configurable: true, get: () => socket.handshake.address },
  });
}

/** The members of the socket that egg-socket.io has on each context, besides those that each context of this plugin has. */
const GETTERS: Readonly<Record<string, (ctx: SocketContext) => unknown>> = {
  client: ({ socket }) => socket.client,
  server: ({ app }) => app.io,
  adapter: ({ nsp }) => nsp.adapter,
  disconnected: ({ socket }) => socket.disconnected,
  json: ({ socket }) => socket,
};

/** Adds them to the contexts of an app. */
export function dressContexts({ prototype }: ContextFactory): void {
  for (const [ name, read ] of Object.entries(GETTERS)) {
    Object.defineProperty(prototype, name, { configurable: true, get(this: SocketContext) { return read(this); } });
  }
  Object.defineProperty(prototype, 'write', {
    configurable: true, writable: true,
    value(this: SocketContext, ...args: never[]) { return this.socket.write(...args); },
  });
}
