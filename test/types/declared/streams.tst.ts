import { Readable } from 'node:stream';
import { type Context, defineSocketController, Inject, OnWSMessage, WSController } from 'egg-socketio';
import { stream, StreamError } from 'egg-socketio/client';
import type { Answer } from 'egg-socketio/client';
import { io, type Socket } from 'socket.io-client';
import { describe, expect, test } from 'tstyche';
import { z } from 'zod';
import type { ClientToServer, ServerToClient } from './declaration';

declare const page: Socket<ServerToClient, ClientToServer>;

@WSController('/')
export class Streams {
  @Inject() ctx!: Context;

  @OnWSMessage('tokens', { stream: { window: 4 } })
  async* tokens(prompt: string) { yield prompt; }

  @OnWSMessage('rows', { stream: true })
  async rows(_from?: number): Promise<Readable> { return Readable.from([]); }

  @OnWSMessage('rows', { returns: z.object({ id: z.number() }) })
  async* checkedRows() { yield { id: 1 }; }
}

@WSController('/')
export class OtherStreams {
  @Inject() ctx!: Context;

  // @ts-expect-error is not assignable to parameter of type
  @OnWSMessage('tokens')
  async* numbers(_prompt: string) { yield 1; }

  // @ts-expect-error is not assignable to parameter of type
  @OnWSMessage('tokens')
  array(prompt: string) { return [ prompt ]; }

  // @ts-expect-error Object literal may only specify known properties, but 'windows' does not exist
  @OnWSMessage('tokens', { stream: { windows: 4 } })
  async* misspelt(_prompt: string) { yield 'a'; }

  // @ts-expect-error is not assignable to parameter of type
  @OnWSMessage('rows', { returns: z.string() })
  async* otherRows() { yield 'a'; }
}

export const plain = defineSocketController({
  messages: {
    async* tokens(_ctx, prompt) { yield prompt; },
    rows: { stream: true, handler: () => Readable.from([]) },
  },
});

describe('stream()', () => {
  test('yields the items of the event', () => {
    expect(stream(page, 'tokens', 'hello')).type.toBe<AsyncIterableIterator<string>>();
    expect(stream(page, 'tokens', 'hello', new AbortController().signal)).type.toBe<AsyncIterableIterator<string>>();
    expect(stream(page, 'rows')).type.toBe<AsyncIterableIterator<{ id: number }>>();
    expect(stream(page, 'rows', 5)).type.toBe<AsyncIterableIterator<{ id: number }>>();
  });

  test('takes the arguments of the event', () => {
    expect(stream).type.not.toBeCallableWith(page, 'tokens', 5);
    expect(stream).type.not.toBeCallableWith(page, 'tokens');
    expect(stream).type.not.toBeCallableWith(page, 'tokens', 'hello', 'more');
  });

  test('takes events with a stream only', () => {
    expect(stream).type.not.toBeCallableWith(page, 'bid', 1);
    expect(stream).type.not.toBeCallableWith(page, 'nothing');
  });

  test('takes anything for a socket without types', () => {
    expect(stream(io(), 'anything', 1, 'two')).type.toBe<AsyncIterableIterator<unknown>>();
  });

  test('throws errors with a code', () => {
    expect(new StreamError('CODE', 'message', 0).items).type.toBe<number>();
  });
});

test('a client that sends the event itself gets an array', async () => {
  expect(await page.emitWithAck('tokens', 'hello')).type.toBe<Answer<string[]>>();
});
