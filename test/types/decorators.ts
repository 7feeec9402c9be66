import {
  App, type Application, Config, type Context, type Filter, Inject, Logger, OnWSConnection, OnWSDisConnection, OnWSDisconnecting,
  OnWSDisconnection, OnWSMessage, Plugin, Provide, WSBroadCast, WSController, WSEmit,
} from 'egg-socketio';

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
