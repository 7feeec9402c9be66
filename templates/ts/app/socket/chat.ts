import { type Ack, type BuiltInEvents, type Context, Inject, OnWSConnection, OnWSMessage, SocketIOError, WSBroadCast, WSController } from 'egg-socketio';

// Change this while `npm run dev` runs: the page reconnects and shows the new text.
const GREETING = 'Hello from Egg';
const LONGEST = 500;

/** What somebody has said. */
export interface Message {
  from: string;
  text: string;
}

/** The events that pages send. The handler returns the message; a page gets it, or `{ error }`. */
interface ClientEvents {
  say(text: string, answer: Ack<Message>): void;
}

/** The events that they hear. */
interface ServerEvents extends BuiltInEvents {
  welcome(welcome: { greeting: string; worker: number }): void;
  said(message: Message): void;
}

@WSController('/')
export class ChatController {
  @Inject()
  ctx: Context<ClientEvents, ServerEvents>;

  @OnWSConnection()
  welcome(): void {
    this.ctx.emit('welcome', { greeting: GREETING, worker: process.pid });
  }

  // The sender gets the return value as its ack, and all others get it as an event.
  @OnWSMessage('say')
  @WSBroadCast('said')
  say(text: unknown): Message {
    if (typeof text !== 'string' || text.trim() === '') throw new SocketIOError('EMPTY_MESSAGE', 'Say something first.');
    if (text.length > LONGEST) throw new SocketIOError('LONG_MESSAGE', `That is more than ${LONGEST} characters.`);
    return { from: this.ctx.id.slice(0, 4), text: text.trim() };
  }
}
