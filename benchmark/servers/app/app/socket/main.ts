import { setImmediate } from 'node:timers/promises';
import { App, type Application, type Context, Inject, type Middleware, OnWSConnection, OnWSMessage, WSController } from 'egg-socketio';
import { z } from 'zod';
import type EchoService from '../service/echo';

const { VARIANT = 'plain', HANDLERS = '1' } = process.env;
const schema = z.object({ text: z.string().min(1).max(1000) });
const pass: Middleware = async (_ctx, next) => { await next(); };

@WSController('/')
class PlainController {
  @OnWSMessage('echo')
  echo(message: unknown) {
    return message;
  }
}

@WSController('/')
class PatternController {
  @OnWSMessage('ec*')
  echo(message: unknown) {
    return message;
  }
}

@WSController('/')
class PatternsController {
  @OnWSMessage('*')
  echo(message: unknown) {
    return message;
  }

  @OnWSMessage('order.*') @OnWSMessage('user.*') @OnWSMessage('room.*') @OnWSMessage('file.*') @OnWSMessage('*.created')
  @OnWSMessage('*.deleted') @OnWSMessage('game.*.move') @OnWSMessage('echoes.*') @OnWSMessage('e*x')
  other() {
    throw new Error('not an echo');
  }
}

@WSController('/')
class RegExpController {
  @OnWSMessage(/^ec(.*)$/)
  echo(message: unknown) {
    return message;
  }
}

@WSController('/')
class AsyncController {
  @OnWSMessage('echo')
  async echo(message: unknown) {
    return message;
  }
}

@WSController('/')
class ServiceController {
  @Inject()
  ctx: Context;

  @Inject()
  echoService: EchoService;

  @OnWSMessage('echo')
  echo(message: unknown) {
    return this.echoService.echo(message, this.ctx.id);
  }
}

@WSController('/', { middleware: [ pass ] })
class MiddlewareController {
  @Inject()
  ctx: Context;

  @Inject()
  echoService: EchoService;

  @OnWSMessage('echo', { middleware: [ pass ] })
  echo(message: unknown) {
    return this.echoService.echo(message, this.ctx.id);
  }
}

@WSController('/')
class ValidatedController {
  @OnWSMessage('echo', { args: [ schema ] })
  echo(message: z.infer<typeof schema>) {
    return message;
  }
}

@WSController('/')
class BroadcastController {
  @Inject()
  ctx: Context;

  @App()
  io: Application;

  @OnWSConnection()
  async join() {
    await this.ctx.join('all');
  }

  @OnWSMessage('say')
  say() {
    this.io.to('all').emit('said', 'x'.repeat(32));
  }
}

/** Items, as a stream and as one emit each. */
@WSController('/')
class StreamsController {
  @Inject()
  ctx: Context;

  @OnWSMessage('emits')
  async emits(item: unknown, items: number, inATurn: number) {
    for (let i = 0; i < items; i++) {
      if (i % inATurn === 0) await setImmediate();
      this.ctx.emit('item', item);
    }
  }

  @OnWSMessage('stream16', { stream: { window: 16 } })
  async* stream16(item: unknown, items: number) {
    for (let i = 0; i < items; i++) yield item;
  }

  @OnWSMessage('stream64', { stream: { window: 64 } })
  async* stream64(item: unknown, items: number) {
    for (let i = 0; i < items; i++) yield item;
  }

  @OnWSMessage('turns16', { stream: { window: 16 } })
  async* turns16(item: unknown, items: number) {
    for (let i = 0; i < items; i++) {
      await setImmediate();
      yield item;
    }
  }
}

const CONTROLLERS = {
  plain: PlainController,
  pattern: PatternController,
  patterns: PatternsController,
  regExp: RegExpController,
  async: AsyncController,
  service: ServiceController,
  middleware: MiddlewareController,
  validated: ValidatedController,
  broadcast: BroadcastController,
  streams: StreamsController,
};

/** What this server is started for. */
export const Controller = CONTROLLERS[VARIANT as keyof typeof CONTROLLERS];

for (let i = 1; i < Number(HANDLERS); i++) {
  const event = `event${i}`;
  const descriptor = { value: (message: unknown) => message };
  Object.defineProperty(Controller.prototype, event, descriptor);
  OnWSMessage(event)(Controller.prototype, event, descriptor);
}
