import type { Socket as NetSocket } from 'node:net';
import type { Application as EggApplication, EggLogger } from 'egg';
import type { Application, Context, Middleware } from 'egg-socketio';
import type { Socket } from 'socket.io';
import { expectType } from './expect';
import type { ClientEvents, InterServerEvents, ServerEvents, SocketData } from './maps';

type Typed = Context<ClientEvents, ServerEvents, InterServerEvents, SocketData>;

export function emits(ctx: Typed): void {
  expectType<boolean>()(ctx.emit('welcome', 'id', 1));
  expectType<Promise<boolean>>()(ctx.emitWithAck('ask', 'ready?'));
  ctx.emit('ask', 'ready?', answer => expectType<boolean>()(answer));

  // @ts-expect-error: the second argument is a number
  ctx.emit('welcome', 'id', 'once');
  // @ts-expect-error: an argument is missing
  ctx.emit('welcome', 'id');
  // @ts-expect-error: one argument too many
  ctx.emit('welcome', 'id', 1, 2);
  // @ts-expect-error: no such event
  ctx.emit('wellcome', 'id', 1);
  // @ts-expect-error: an event of the clients', not of the server's
  ctx.emit('hello', 'name');
  // @ts-expect-error: the question is a string
  void ctx.emitWithAck('ask', 1);
}

export function hasASignal(ctx: Typed): void {
  expectType<AbortSignal>()(ctx.signal);
  // @ts-expect-error: it is the plugin's
  ctx.signal = new AbortController().signal;
}

export function emitsToOthers(ctx: Typed): void {
  ctx.broadcast.emit('welcome', 'id', 1);
  ctx.to('room').except('other').emit('welcome', 'id', 1);
  ctx.nsp.emit('welcome', 'id', 1);
  ctx.nsp.serverSideEmit('reload', 'new version');

  // @ts-expect-error: no such event
  ctx.broadcast.emit('wellcome', 'id', 1);
  // @ts-expect-error: no such event
  ctx.to('room').emit('wellcome', 'id', 1);
  // @ts-expect-error: no such event
  ctx.in([ 'a', 'b' ]).local.emit('wellcome', 'id', 1);
  // @ts-expect-error: no such event
  ctx.volatile.emit('wellcome', 'id', 1);
  // @ts-expect-error: no such event
  ctx.nsp.emit('wellcome', 'id', 1);
  // @ts-expect-error: no such event between servers
  ctx.nsp.serverSideEmit('restart', 'new version');
}

export function hasTheSocket(ctx: Typed): void {
  expectType<Socket<ClientEvents, ServerEvents, InterServerEvents, SocketData>>()(ctx.socket);
  expectType<Typed['socket']['nsp']>()(ctx.nsp);
  expectType<string>()(ctx.id);
  expectType<Set<string>>()(ctx.rooms);
  expectType<string>()(ctx.handshake.address);
  expectType<Promise<void> | void>()(ctx.join('room'));
  ctx.socket.on('sum', (a, b, ack) => ack(a + b));

  // @ts-expect-error: koa's ctx.socket is the TCP socket, ours is not
  const tcp: NetSocket = ctx.socket;
  // @ts-expect-error: no such event
  ctx.socket.on('summ', () => undefined);
  // @ts-expect-error: no such event
  ctx.socket.emit('wellcome', 'id', 1);
  // @ts-expect-error: the socket is not to be replaced
  ctx.socket = tcp;
}

export function hasData(ctx: Typed): void {
  expectType<string>()(ctx.data.user.name);
  ctx.data.user = { name: 'Ada' };

  // @ts-expect-error: a string
  ctx.data.user.name = 1;
  // @ts-expect-error: no such key
  ctx.data.visits = 1;
}

export function hasTheEvent(ctx: Typed): void {
  expectType<string>()(ctx.event);
  expectType<unknown[]>()(ctx.args);
  expectType<((...values: unknown[]) => void) | undefined>()(ctx.ack);

  // @ts-expect-error: the client may have asked for none
  ctx.ack();
  // @ts-expect-error: the event's name is not to be changed
  ctx.event = 'other';
}

export function hasEgg(ctx: Typed): void {
  expectType<EggApplication>()(ctx.app);
  expectType<Application>()(ctx.app.io);
  expectType<EggLogger>()(ctx.logger);

  // @ts-expect-error: Egg's application is not to be replaced
  ctx.app = ctx.app.io;
}

export function takesAnythingWithoutMaps(ctx: Context): void {
  ctx.emit('anything', 1, 'two', { three: true });
  ctx.data.anything = 1;

  // @ts-expect-error: an event has a name
  ctx.emit(1);
}

export function mapsMayBeGivenOneByOne(ctx: Context<ClientEvents>, asker: Context<ClientEvents, ServerEvents>): void {
  // Without a map of the server's events they are the clients', as in Socket.IO.
  ctx.emit('hello', 'Ada');
  asker.emit('welcome', 'id', 1);
  asker.data.anything = 1;

  // @ts-expect-error: no such event
  ctx.emit('welcome', 'id', 1);
}

export const typedMiddleware: Middleware = async (ctx, next) => {
  expectType<Context>()(ctx);
  expectType<Promise<unknown>>()(next());
};

export const middlewareWithMaps: Middleware = (ctx: Typed, next) => {
  ctx.emit('welcome', ctx.data.user.name, 1);
  return next();
};

export const koaMiddleware: Middleware = async (_ctx, next: () => Promise<void>) => next();
export async function ownNext(ctx: Context, next: () => Promise<void>): Promise<void> {
  expectType<Context>()(ctx);
  await next();
}
export const ownMiddleware: Middleware = ownNext;

// @ts-expect-error: next() resolves to a value that is not known
export const wrongMiddleware: Middleware = async (_ctx, next: () => Promise<string>) => next();
