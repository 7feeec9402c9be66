import { type Context, defineSocketController } from 'egg-socketio';

const never = new Promise(() => undefined);

/** Clients of this namespace ask for as much as the limits allow. */
export const main = defineSocketController({
  namespace: '/',
  messages: {
    echo: (_ctx: Context, value: unknown) => value,
    async join(ctx: Context, rooms: number) {
      await ctx.join(Array.from({ length: rooms }, (_, i) => `room ${i}`));
    },
    send(ctx: Context, messages: number, bytes: number) {
      for (let i = 0; i < messages; i++) ctx.emit('data', 'x'.repeat(bytes));
    },
    hang: () => never,
    askBack(ctx: Context, times: number) {
      for (let i = 0; i < times; i++) void ctx.emitWithAck('question').catch(() => undefined);
    },
  },
});

/** The connection handlers of this one never end. */
export const slow = defineSocketController({ namespace: '/slow', onConnection: () => never, messages: { echo: (_ctx: Context, value: unknown) => value } });

/** Nobody is let in or refused here. */
export const pending = defineSocketController({ namespace: /^\/pending-\d+$/, connectionMiddleware: [ () => never ], onConnection() { /* Nobody comes here. */ } });

export const many = defineSocketController({ namespace: /^\/many-\d+$/, onConnection() { /* It is there, and that is all. */ } });
