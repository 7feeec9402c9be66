import { Readable } from 'node:stream';
import { type Context, defineSocketController, Inject, OnWSMessage, WSController } from 'egg-socketio';
import { stream, StreamError } from 'egg-socketio/client';
import type { Answer, StreamAck, StreamedItems } from 'egg-socketio/client';
import { io, type Socket } from 'socket.io-client';
import { describe, expect, test } from 'tstyche';
import { z } from 'zod';
import type { ClientToServer, ServerToClient } from './declaration';

declare const page: Socket<ServerToClient, ClientToServer>;
declare const uploader: Socket<ServerToClient, { upload(name: string, content: AsyncIterable<Uint8Array>, ack: StreamAck<number>): void }>;

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
    expect(stream(page, 'tokens', 'hello')).type.toBe<StreamedItems<string>>();
    expect(stream(page, 'tokens', 'hello', new AbortController().signal)).type.toBe<StreamedItems<string>>();
    expect(stream(page, 'rows')).type.toBe<StreamedItems<{ id: number }>>();
    expect(stream(page, 'rows', 5)).type.toBe<StreamedItems<{ id: number }>>();
  });

  test('takes the arguments of the event', () => {
    expect(stream).type.not.toBeCallableWith(page, 'tokens', 5);
    expect(stream).type.not.toBeCallableWith(page, 'tokens');
    expect(stream).type.not.toBeCallableWith(page, 'tokens', 'hello', 'more');
  });

  test('takes a web stream and any async iterable for an async iterable', () => {
    async function* chunks() { yield new Uint8Array(1); }
    expect(stream(uploader, 'upload', 'name', chunks())).type.toBe<StreamedItems<number>>();
    expect(stream(uploader, 'upload', 'name', new Blob([]).stream())).type.toBe<StreamedItems<number>>();
    expect(stream(uploader, 'upload', 'name', Readable.from([]))).type.toBe<StreamedItems<number>>();
    expect(stream).type.not.toBeCallableWith(uploader, 'upload', 'name', 'content');
  });

  test('takes events with a stream only', () => {
    expect(stream).type.not.toBeCallableWith(page, 'bid', 1);
    expect(stream).type.not.toBeCallableWith(page, 'nothing');
  });

  test('takes anything for a socket without types', () => {
    expect(stream(io(), 'anything', 1, 'two')).type.toBe<StreamedItems<unknown>>();
  });

  test('throws errors with a code', () => {
    expect(new StreamError('CODE', 'message', 0).items).type.toBe<number>();
  });
});

test('a client that sends the event itself gets an array', async () => {
  expect(await page.emitWithAck('tokens', 'hello')).type.toBe<Answer<string[]>>();
});
