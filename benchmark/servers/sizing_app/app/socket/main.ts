import { type Context, defineSocketController } from 'egg-socketio';

export const main = defineSocketController({
  namespace: '/',
  messages: {
    /** Sends packets to all clients, and returns how much is kept for recovery. */
    async spread({ app: { io } }: Context, packets: number, bytes: number) {
      for (let i = 0; i < packets; i++) io.emit('data', 'x'.repeat(bytes));
      return (await io.stats()).total.recovery;
    },
    async kept({ app: { io } }: Context) {
      return (await io.stats()).total.recovery;
    },
  },
});
