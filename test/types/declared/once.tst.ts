import { type Context, defineSocketController, Inject, OnWSMessage, WSController } from 'egg-socketio';
import { describe, expect, test } from 'tstyche';

@WSController('/')
export class Once {
  @Inject() ctx!: Context;

  @OnWSMessage('say', { once: true })
  say(_text: string) { return undefined; }

  @OnWSMessage('sum', { once: { key: (a: number, b: number) => a + b, by: ctx => ctx.id, for: 1000 } })
  sum(a: number, b: number) { return a + b; }

  @OnWSMessage('leave', { once: { by: 'session' } })
  leave() { return undefined; }
}

@WSController('/')
export class WrongOnce {
  // @ts-expect-error Type '"user"' is not assignable to type
  @OnWSMessage('say', { once: { by: 'user' } })
  by(_text: string) { return undefined; }

  // @ts-expect-error Type 'string' is not assignable to type 'number'
  @OnWSMessage('say', { once: { for: '2m' } })
  for(_text: string) { return undefined; }

  // @ts-expect-error 'keys' does not exist in type
  @OnWSMessage('say', { once: { keys: (text: string) => text } })
  keys(_text: string) { return undefined; }
}

describe('once', () => {
  test('is an option of the plain form too', () => {
    expect(defineSocketController).type.toBeCallableWith({
      messages: { say: { once: { key: (text: string) => text }, handler: () => undefined } },
    });
  });
});
