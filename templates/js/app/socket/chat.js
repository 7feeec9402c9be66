'use strict';

const { defineSocketController, SocketIOError } = require('egg-socketio');

// Change this while `npm run dev` runs: the page reconnects and shows the new text.
const GREETING = 'Hello from Egg';
const LONGEST = 500;

module.exports = defineSocketController({
  namespace: '/',

  onConnection(ctx) {
    ctx.emit('welcome', { greeting: GREETING, worker: process.pid });
  },

  messages: {
    // The sender gets the return value as its ack, and all others get it as an event.
    say: {
      broadcast: 'said',
      handler(ctx, text) {
        if (typeof text !== 'string' || text.trim() === '') throw new SocketIOError('EMPTY_MESSAGE', 'Say something first.');
        if (text.length > LONGEST) throw new SocketIOError('LONG_MESSAGE', `That is more than ${LONGEST} characters.`);
        return { from: ctx.id.slice(0, 4), text: text.trim() };
      },
    },
  },
});
