import { type AnyContext, type Context, defineSocketController, defineSocketMessage, OnWSMessage, type SchemaArgs, WSController } from 'egg-socketio';
import { expect, test } from 'tstyche';
import { z } from 'zod';
import './declaration';

const SAY = [ z.string() ] as const;

@WSController('/')
export class Chat {
  @OnWSMessage('say', { args: SAY })
  say(...[ text ]: SchemaArgs<typeof SAY>) { expect(text).type.toBe<string>(); }
}

test('SchemaArgs has the output of each schema', () => {
  const list = [ z.coerce.number(), 'int', z.date().optional() ] as const;
  expect<SchemaArgs<typeof list>>().type.toBe<[number, unknown, Date | undefined]>();
  const whole = z.tuple([ z.string(), z.number() ]);
  expect<SchemaArgs<typeof whole>>().type.toBe<[string, number]>();
});

test('defineSocketMessage() gives the parameters of the handler the types of its schemas', () => {
  defineSocketController({
    messages: {
      say: defineSocketMessage({
        args: [ z.string(), 'int' ],
        broadcast: 'said',
        handler(ctx, text, count) {
          expect(ctx).type.toBe<AnyContext>();
          expect(text).type.toBe<string>();
          expect(count).type.toBe<unknown>();
          return text;
        },
      }),
      leave: defineSocketMessage({ args: [], handler: () => undefined }),
    },
  });
  defineSocketController({
    namespace: '/admin',
    messages: {
      kick: defineSocketMessage({
        args: z.tuple([ z.coerce.number() ]),
        emit: 'kicked',
        handler(_ctx: Context<'/admin'>, id) {
          expect(id).type.toBe<number>();
        },
      }),
    },
  });
  defineSocketController({
    namespace: /^\/d-/,
    messages: { any: defineSocketMessage({ args: [ z.number() ], emit: [ 'any' ], handler: (_ctx, id) => expect(id).type.toBe<number>() }) },
  });
});

// @ts-expect-error Type '"sayd"' is not assignable to type
defineSocketController({ messages: { say: defineSocketMessage({ args: [ z.string() ], emit: 'sayd', handler: (_ctx, text) => text }) } });

// @ts-expect-error Type 'ContextOf<"/">' is not assignable to type
defineSocketController({ messages: { say: defineSocketMessage({ args: [ z.string() ], handler: (_ctx: Context<'/admin'>, text) => text }) } });
