import { type Context, Inject, OnWSConnection, OnWSMessage, SocketIOError, WSBroadCast, WSController } from 'egg-socketio';

// Change this while `npm run dev` runs: the page reconnects and shows the new text.
const GREETING = 'Hello from Egg';
const LONGEST = 500;

// The events and their types are in app/events.ts.
@WSController('/')
export class ChatController {
  @Inject()
  ctx: Context;

  @OnWSConnection()
  welcome() {
    this.ctx.emit('welcome', { greeting: GREETING, worker: process.pid });
  }

  // The sender gets the return value as its ack, and all others get it as an event.
  @OnWSMessage('say')
  @WSBroadCast('said')
  say(text: unknown) {
    // The types say what pages should send; a client can send anything.
    if (typeof text !== 'string' || text.trim() === '') throw new SocketIOError('EMPTY_MESSAGE', 'Say something first.');
    if (text.length > LONGEST) throw new SocketIOError('LONG_MESSAGE', `That is more than ${LONGEST} characters.`);
    return { from: this.ctx.id.slice(0, 4), text: text.trim() };
  }
}
