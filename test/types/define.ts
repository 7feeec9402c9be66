import { type Context, defineSocketController } from 'egg-socketio';
import { expectType } from './expect';
import type { ClientEvents, ServerEvents } from './maps';

export const accepted = defineSocketController({
  namespace: /^\/room-\d+$/,
  connectionMiddleware: [ 'auth' ],
  middleware: [ (_ctx, next) => next() ],
  filters: [ (_error, ctx) => ctx.event ],

  onConnection(ctx) {
    expectType<Context>()(ctx);
  },
  onDisconnecting(ctx, reason, details) {
    expectType<Context>()(ctx);
    expectType<string>()(reason);
    expectType<unknown>()(details);
  },
  onDisconnection: async (_ctx, reason) => expectType<string>()(reason),

  messages: {
    async join(ctx, room: string) {
      expectType<Context>()(ctx);
      await ctx.join(room);
    },
    arrow: (ctx, a: number, b: number) => [ ctx.id, a + b ],
    options: {
      middleware: [ 'auth' ],
      emit: [ 'done', { event: 'result', rooms: [ 'one', 'two' ] }],
      broadcast: { event: 'result', rooms: 'room' },
      handler: ctx => {
        expectType<Context>()(ctx);
      },
    },
    maps: (ctx: Context<ClientEvents, ServerEvents>) => ctx.emit('welcome', 'id', 1),
  },
});

export const rated = defineSocketController({
  messages: {
    connection: { handler: () => 1, rateLimit: { perSecond: 1, burst: 2 } },
    address: { handler: () => 1, rateLimit: { perSecond: 1, by: 'address' } },
    user: {
      handler: () => 1,
      rateLimit: {
        perSecond: 1,
        by: ctx => {
          expectType<string>()(ctx.id);
          return ctx.id;
        },
      },
    },
  },
});
// @ts-expect-error: by whom there is to count
export const wrongRate = defineSocketController({ messages: { event: { handler: () => 1, rateLimit: { perSecond: 1, by: 'room' } } } });
// @ts-expect-error: a key that does not exist
export const unknownKey = defineSocketController({ message: {} });
// @ts-expect-error: a namespace is a string or a RegExp
export const wrongNamespace = defineSocketController({ namespace: 1 });
// @ts-expect-error: a handler is a function
export const wrongHandler = defineSocketController({ messages: { event: 1 } });
// @ts-expect-error: a message has a handler
export const noHandler = defineSocketController({ messages: { event: { emit: 'result' } } });
export const wrongMember = defineSocketController({
  messages: {
    // @ts-expect-error: the context has no such method
    event: ctx => ctx.socket.joinn('room'),
  },
});
export const wrongTarget = defineSocketController({
  // @ts-expect-error: rooms are strings
  messages: { event: { handler: () => 1, emit: { event: 'result', rooms: 1 } } },
});
// @ts-expect-error: an option that messages do not have
export const wrongOption = defineSocketController({ messages: { event: { handler: () => 1, namespace: '/' } } });
