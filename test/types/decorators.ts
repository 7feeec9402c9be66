import {
  App, type Application, Catch, Config, type Context, type Filter, type Guard, type GuardTarget, type HandlerTarget,
  Inject, type Interceptor, Logger, type Middleware, OnWSConnection, OnWSDisConnection, OnWSDisconnecting, OnWSDisconnection, OnWSMessage,
  type OutgoingMiddleware, Plugin, Provide, RateLimit, SetMetadata, UseGuard, UseInterceptor, validateArgs, WSBroadCast, WSController,
  WSEmit,
} from 'egg-socketio';
import type { Socket } from 'socket.io';
import { z } from 'zod';
import { expectType } from './expect';

const filter: Filter = (error, ctx) => (error instanceof TypeError ? { event: ctx.event } : undefined);

@Provide()
@Provide('name')
@WSController()
@WSController('/chat')
@WSController(/^\/room-\d+$/, {
  connectionMiddleware: [ 'auth' ],
  middleware: [ async (_ctx, next) => { await next(); }, 'admin/auth' ],
  filters: [ filter ],
})
export class Accepted {
  @Inject() ctx: Context;
  @Inject('user') private readonly userService: object;
  @App() app: Application;
  @Config() keys: string;
  @Config('session.maxAge') maxAge: number;
  @Logger() logger: object;
  @Logger('schedule') scheduleLogger: object;
  @Plugin('mysql') mysql: object;
  @Plugin() redis: object;

  @OnWSConnection()
  onConnection() { return this.userService; }

  @OnWSDisconnecting()
  @OnWSDisconnection()
  @OnWSDisConnection()
  async onDisconnection(_reason: string) { /* nothing to do */ }

  @OnWSMessage('one')
  @OnWSMessage('two', { middleware: [ 'auth', (_ctx, next) => next() ], filters: [ filter ] })
  @WSEmit('result')
  @WSEmit('result', 'room')
  @WSBroadCast('result', [ 'one', 'two' ])
  answer(a: number, b?: string) { return [ a, b ]; }
}

/** Abstract classes and constructors with parameters are no obstacle. */
@WSController('/base')
export abstract class AcceptedBase {
  constructor(protected readonly ctx: Context) {}

  @OnWSMessage('inherited')
  inherited() { return this.ctx.id; }
}

const mapped: Interceptor = async (ctx, next, target) => [ ctx.event, target.method, await next() ];
const passing: Interceptor = (_ctx, next) => next();
// @ts-expect-error next() takes nothing
const withArgument: Interceptor = (_ctx, next) => next(1);
class Cached {
  @Inject() ctx: Context;
  async intercept(ctx: Context, next: () => Promise<unknown>, { method }: HandlerTarget) { return method ? next() : ctx.id; }
}
class NoMethod { async interceptor() { return 1; } }

const outgoing: OutgoingMiddleware = packet => {
  expectType<Socket | undefined>()(packet.socket);
  packet.args = [ packet.event, ...packet.args ];
  packet.compress = !packet.volatile;
  if (packet.rooms.length > 0 || packet.wantsAck) packet.drop();
};
// @ts-expect-error emit() does not wait
const asynchronous: OutgoingMiddleware = async packet => { packet.drop(); };
const renaming: OutgoingMiddleware = packet => {
  // @ts-expect-error the event keeps its name
  packet.event = 'another';
};

@WSController('/intercepted', { outgoing: [ outgoing, asynchronous, renaming ] })
@UseInterceptor(mapped, passing, Cached)
export class Intercepted {
  @OnWSMessage('one')
  @UseInterceptor(Cached, withArgument, () => 'instead')
  one() { return 1; }

  // @ts-expect-error its method has another name
  @UseInterceptor(NoMethod)
  @OnWSMessage('two')
  two() { return 2; }
}

const guard: Guard = ctx => ctx.event !== 'connection';
class RoleGuard {
  @Inject() ctx: Context;
  async canActivate(_ctx: Context, { method }: GuardTarget) { return method !== undefined; }
}
const roleGuard: Guard = (_ctx, target) => {
  expectType<unknown>()(target.metadata('roles'));
  expectType<string[] | undefined>()(target.metadata<string[]>('roles'));
  return target.metadata(Symbol.iterator) !== undefined;
};
const counted: Middleware = (_ctx, next, target) => [ target.method, next() ];
@Catch(TypeError)
class WithTarget {
  catch(_error: TypeError, _ctx: Context, target: HandlerTarget) { return target.metadata<number>('roles')?.toFixed(); }
}
const withTarget = Catch(TypeError)((error, _ctx, target) => [ error.message, target.controller?.name ]);

@WSController('/metadata', { filters: [ WithTarget, withTarget ], middleware: [ counted ] })
@SetMetadata('roles', [ 'admin' ])
@UseGuard(roleGuard)
export class MetadataController {
  @OnWSMessage('one')
  @SetMetadata(Symbol.iterator, 1)
  one() { return 1; }

  // @ts-expect-error the key has to be a string or a symbol
  @SetMetadata(1, 1)
  two() { return 2; }
}

@Catch(TypeError, RangeError)
class ByClass {
  catch(error: TypeError | RangeError, ctx: Context) { return { message: error.message, event: ctx.event }; }
}
const byFunction = Catch(TypeError)((error, ctx) => `${ctx.event}: ${error.message.length}`);
const byAny = Catch()(error => String(error));
expectType<Filter>()(byAny);

@WSController('/guarded', { filters: [ ByClass, byFunction, byAny ], middleware: [ validateArgs([ z.string() ]) ] })
@UseGuard(guard, RoleGuard)
export class Guarded {
  @OnWSConnection()
  @UseGuard(guard)
  onConnection() { /* nothing to do */ }

  @OnWSMessage('list', { args: [ z.string(), z.coerce.number().optional() ], returns: z.array(z.string()) })
  @UseGuard(RoleGuard, async () => true)
  @RateLimit({ perSecond: 5, burst: 10 })
  list(room: string, limit?: number) { return [ room, String(limit) ]; }

  @OnWSMessage('fewer parameters', { args: [ z.string(), z.number() ], returns: z.string() })
  async fewer(room: string) { return room; }

  @OnWSMessage('rules', { args: [ 'string', { name: 'string?' }] })
  rules(room: string, options: { name?: string }) { return [ room, options ]; }

  @OnWSMessage('whole', { args: z.tuple([ z.string() ]).rest(z.number()) })
  whole(room: string, ...numbers: number[]) { return [ room, numbers ]; }

  // @ts-expect-error: the schema gives a number
  @OnWSMessage('wrong type', { args: [ z.string(), z.number() ] })
  wrongType(room: string, limit: string) { return [ room, limit ]; }

  // @ts-expect-error: the schema may give undefined
  @OnWSMessage('optional', { args: [ z.string().optional() ] })
  optional(room: string) { return room; }

  // @ts-expect-error: the answer is a list
  @OnWSMessage('wrong answer', { returns: z.array(z.string()) })
  wrongAnswer() { return 'one'; }

  // @ts-expect-error: one schema an argument
  @OnWSMessage('no list', { args: z.string() })
  noList(room: string) { return room; }

  // @ts-expect-error: a guard answers yes or no
  @UseGuard(() => 'yes')
  @OnWSMessage('no answer')
  noAnswer() { /* nothing to do */ }

  // @ts-expect-error: how many a second
  @RateLimit({ burst: 1 })
  @OnWSMessage('no rate')
  noRate() { /* nothing to do */ }

  @RateLimit({ perSecond: 1, by: 'connection' })
  @OnWSMessage('by connection')
  byConnection() { /* nothing to do */ }

  @RateLimit({ perSecond: 1, by: 'address' })
  @OnWSMessage('by address')
  byAddress() { /* nothing to do */ }

  @RateLimit({ perSecond: 1, by: ctx => ctx.get('x-user') })
  @OnWSMessage('by user')
  byUser() { /* nothing to do */ }

  @RateLimit({ perSecond: 1, by: ({ handshake }): number | undefined => handshake.issued || undefined })
  @OnWSMessage('by number')
  byNumber() { /* nothing to do */ }

  // @ts-expect-error: by whom there is to count
  @RateLimit({ perSecond: 1, by: 'user' })
  @OnWSMessage('by nobody')
  byNobody() { /* nothing to do */ }

  // @ts-expect-error: nobody waits for it
  @RateLimit({ perSecond: 1, by: async () => 'user' })
  @OnWSMessage('by promise')
  byPromise() { /* nothing to do */ }

  // @ts-expect-error: errors are of classes
  @OnWSMessage('no class', { filters: [ Catch('TypeError')(() => 1) ] })
  noClass() { /* nothing to do */ }
}

// @ts-expect-error: a namespace is a string or a RegExp
@WSController(1)
// @ts-expect-error: an option that does not exist
@WSController('/', { middlewares: [] })
// @ts-expect-error: a list of middlewares
@WSController('/', { middleware: 'auth' })
// @ts-expect-error: a middleware is a function or a name
@WSController('/', { connectionMiddleware: [ 1 ] })
// @ts-expect-error: a filter is a function
@WSController('/', { filters: [ 'filter' ] })
// @ts-expect-error: for methods, not for classes
@OnWSMessage('event')
export class Refused {
  // @ts-expect-error: for classes, not for properties
  @WSController('/')
  // @ts-expect-error: a name is a string
  @Inject(1)
  // @ts-expect-error: takes no name
  @App('io')
  property: object;

  // @ts-expect-error: an event's name is a string
  @OnWSMessage(1)
  // @ts-expect-error: an event has a name
  @OnWSMessage()
  // @ts-expect-error: connection middleware is an option of the controller
  @OnWSMessage('event', { connectionMiddleware: [] })
  // @ts-expect-error: an event has a name
  @WSEmit()
  // @ts-expect-error: rooms are strings
  @WSEmit('event', 1)
  // @ts-expect-error: rooms are strings
  @WSBroadCast('event', [ 1 ])
  // @ts-expect-error: takes no event
  @OnWSConnection('event')
  // @ts-expect-error: for classes, not for methods
  @Provide()
  method() { return undefined; }
}
