import {
  App, type Application, Catch, Config, type Context, Ctx, Inject, Logger, OnWSDisConnection, OnWSDisconnecting, OnWSMessage, Plugin,
  Provide, RateLimit, SetMetadata, UseGuard, WSController,
} from 'egg-socketio';

@Catch(TypeError)
class Mistaken {
  catch(error: TypeError, _ctx: Context) { return error.message; }
}

@Provide('name')
@WSController(/^\/d-/, { filters: [ Mistaken, Catch()(error => String(error)) ] })
@UseGuard((_ctx, target) => target.metadata<boolean>('open') ?? false)
@SetMetadata('open', true)
export class Accepted {
  @Inject('user') private readonly userService!: object;
  @Inject() accessor ctx!: Context;
  @App() app!: Application;
  @Config('a.b') limit!: number;
  @Logger() logger!: object;
  @Plugin() mysql!: object;

  @OnWSDisconnecting()
  @OnWSDisConnection()
  gone(_reason: string) { return this.userService; }

  @OnWSMessage('leave')
  @UseGuard(() => true)
  @RateLimit({ perSecond: 1 })
  @SetMetadata('open', false)
  leave() { /* nothing to do */ }
}

// @ts-expect-error is not assignable to parameter of type 'ClassMethodDecoratorContext
@OnWSMessage('leave')
export class Refused {
  // @ts-expect-error Unable to resolve signature of property decorator
  @OnWSMessage('leave')
  property = 1;

  // @ts-expect-error Unable to resolve signature of method decorator
  @Inject()
  method() { /* nothing to do */ }

  // @ts-expect-error Unable to resolve signature of method decorator
  @Ctx()
  other() { /* nothing to do */ }

  @OnWSMessage('leave')
  // @ts-expect-error Decorators are not valid here
  leave(@Ctx() ctx: Context) { void ctx.id; }
}
