import type { Application as EggApplication } from 'egg';
import { type Answer, type Context, defineSocketController, type ErrorAnswer, type ErrorBody, Inject, OnWSMessage, WSController } from 'egg-socketio';
import type { Ack } from 'egg-socketio/client';
import type { Socket } from 'socket.io-client';
import { describe, expect, test } from 'tstyche';
import { z } from 'zod';
import type { Bid, ClientToServer, ServerToClient } from './declaration';

declare const app: EggApplication;
declare const ack: Ack<Bid>;
declare const page: Socket<ServerToClient, ClientToServer>;

@WSController('/')
export class ReturnsTheValue {
  @Inject() ctx!: Context;

  @OnWSMessage('bid')
  async bid(amount: number) { return { amount }; }

  @OnWSMessage('count', { returns: z.number() })
  count() { return 1; }

  @OnWSMessage('maybe')
  maybe(): string | undefined { return undefined; }

  @OnWSMessage('done')
  done() { /* the ack has no value */ }

  @OnWSMessage('old')
  old() { return { error: { code: 'FULL', message: 'full' } }; }
}

@WSController('/')
export class ReturnsAnotherValue {
  @Inject() ctx!: Context;

  // @ts-expect-error WrongReturnType<"bid", { returned: number; expected: Bid; }>
  @OnWSMessage('bid')
  bid(amount: number) { return amount; }

  // @ts-expect-error WrongReturnType<"bid", { returned: ErrorAnswer; expected: Bid; }>
  @OnWSMessage('bid')
  error(_amount: number): ErrorAnswer { return { error: { code: 'LOW', message: 'too low' } }; }

  // @ts-expect-error WrongReturnType<"count", { returned: void; expected: number; }>
  @OnWSMessage('count')
  count() { /* forgotten */ }
}

export const plain = defineSocketController({
  messages: {
    bid: (_ctx, amount) => ({ amount: amount + 1 }),
    count: async () => 1,
    done: () => undefined,
  },
});

// @ts-expect-error Type 'number' is not assignable to type 'MaybePromise<Bid>'
defineSocketController({ messages: { bid: (_ctx, amount) => amount } });

describe('the page', () => {
  test('has to handle an error before it uses the answer', async () => {
    page.emit('bid', 1, answer => {
      expect(answer).type.toBe<Answer<Bid>>();
      // @ts-expect-error Property 'amount' does not exist on type 'ErrorAnswer'
      void answer.amount;
      if ('error' in answer) expect(answer.error).type.toBe<ErrorBody>();
      else expect(answer.amount).type.toBe<number>();
    });
    expect(await page.emitWithAck('bid', 1)).type.toBe<Answer<Bid>>();
    // With timeout(), socket.io-client's own types have no type for the promise.
    const answer: Answer<number> = await page.timeout(1000).emitWithAck('count');
    // @ts-expect-error Property 'toFixed' does not exist on type 'ErrorAnswer'
    answer.toFixed();
    page.timeout(1000).emit('count', (error, answer) => {
      expect(error).type.toBe<Error>();
      expect(answer).type.toBe<Answer<number>>();
    });
    expect(await page.emitWithAck('done')).type.toBe<ErrorAnswer | undefined>();
  });

  test("hears the plugin's own events", () => {
    page.on('exception', error => {
      expect(error.event).type.toBe<string>();
      expect(error).type.toBeAssignableTo<ErrorBody>();
    });
  });
});

test('a listener on the server calls the ack with both', () => {
  expect(ack).type.toBeCallableWith({ amount: 1 });
  expect(ack).type.toBeCallableWith({ error: { code: 'LOW', message: 'too low' } });
  expect(ack).type.not.toBeCallableWith(1);
  expect<(answer: Answer<Bid>) => void>().type.toBeAssignableTo<Ack<Bid>>();
});

test('tests get both', async () => {
  const client = await app.createSocketIOClient();
  expect(await client.sendWithAck('bid', 1)).type.toBe<Answer<Bid>>();
  expect(await client.next('exception')).type.toBe<[error: ErrorBody & { event: string }]>();
  expect((await app.mockSocketEvent('/', 'bid', [ 1 ])).ack).type.toBe<[answer: Answer<Bid>] | undefined>();
  // Of a namespace whose map does not mention them.
  const admin = await app.createSocketIOClient({ namespace: '/admin' });
  expect((await admin.next('exception'))[0].code).type.toBe<string>();
});
