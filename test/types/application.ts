import type { Application as EggApplication, Context as EggContext } from 'egg';
import type { Application } from 'egg-socketio';
import type { RemoteSocket, Server } from 'socket.io';
import { expectType } from './expect';
import type { ClientEvents, InterServerEvents, ServerEvents, SocketData } from './maps';

type Typed = Application<ClientEvents, ServerEvents, InterServerEvents, SocketData>;

export async function isTheServer(io: Typed): Promise<void> {
  const server: Server<ClientEvents, ServerEvents, InterServerEvents, SocketData> = io;
  expectType<number>()((await io.stats()).total.refused.origin);
  server.emit('welcome', 'id', 1);
  io.emit('welcome', 'id', 1);
  io.of('/chat').to('room').emit('welcome', 'id', 1);
  io.serverSideEmit('reload', 'new version');
  expectType<RemoteSocket<ServerEvents, SocketData>[]>()(await io.fetchSockets());

  // @ts-expect-error: the second argument is a number
  io.emit('welcome', 'id', 'once');
  // @ts-expect-error: no such event
  io.to('room').emit('wellcome', 'id', 1);
  // @ts-expect-error: no such event between servers
  io.serverSideEmit('restart', 'new version');
  io.on('connection', socket => {
    expectType<string>()(socket.data.user.name);
    // @ts-expect-error: no such event
    socket.on('helo', () => undefined);
  });
}

export function standsOnEggsApplication(app: EggApplication, ctx: EggContext): void {
  expectType<Application>()(app.io);
  expectType<Application>()(ctx.app.io);
  app.io.of('/').emit('anything', 1);

  // @ts-expect-error: the server is not to be replaced
  app.io = ctx.app.io;
  // @ts-expect-error: the server has no such method
  app.io.broadcast('anything');
}
