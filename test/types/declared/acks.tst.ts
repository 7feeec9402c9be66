import type { AckResults, Application, Context } from 'egg-socketio';
import { describe, expect, test } from 'tstyche';

declare const io: Application;
declare const ctx: Context;

describe('acks()', () => {
  test('takes the arguments of an event with an ack, and yields its argument', () => {
    expect(io.acks('ask', 'really?')).type.toBe<AckResults<boolean>>();
    expect(io.to('a').acks('ask', 'really?')).type.toBe<AckResults<boolean>>();
    expect(io.to('a').except('b').timeout(5000).acks('ask', 'really?')).type.toBe<AckResults<boolean>>();
    expect(io.timeout(5000).acks('ask', 'really?')).type.toBe<AckResults<boolean>>();
    expect(io.of('/').local.acks('ask', 'really?')).type.toBe<AckResults<boolean>>();
    expect(io.of('/').acks('ask', 'really?')).type.toBe<AckResults<boolean>>();
    expect(ctx.to('a').timeout(5000).acks('ask', 'really?')).type.toBe<AckResults<boolean>>();
    expect(ctx.broadcast.acks('ask', 'really?')).type.toBe<AckResults<boolean>>();
  });

  test('the value is there if there is no error', async () => {
    for await (const { socket, value, error } of io.to('a').acks('ask', 'really?')) {
      expect(socket).type.toBe<string>();
      expect(value).type.toBe<boolean | undefined>();
      if (error) expect(error.code).type.toBe<string>();
      else expect(value).type.toBe<boolean>();
    }
  });

  test('takes no other events and arguments', () => {
    // @ts-expect-error is not assignable to parameter of type '"ask"'
    io.to('a').acks('said', 'hello');
    // @ts-expect-error is not assignable to parameter of type 'string'
    io.to('a').acks('ask', 1);
    // @ts-expect-error Expected 2 arguments, but got 1
    io.acks('ask');
  });
});
