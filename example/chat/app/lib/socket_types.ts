import type { Application, Context } from 'egg-socketio';
import type { Message, PageEvents, ServerEvents } from './events';

/** The namespace that all of the chat goes through. */
export const CHAT = '/chat';

/** What the workers tell and ask each other. */
export interface WorkerEvents {
  said(message: Message): void;
  history(answer: (messages: Message[]) => void): void;
}

/** `socket.data`: what lasts as long as the connection. */
export interface Person {
  nick: string;
  room: string;
  /** A secret of the browser tab, by which it gets its own nickname back when it reconnects. */
  tab: string;
}

/** `ctx` in the chat's controller and middleware. */
export type ChatContext = Context<PageEvents, ServerEvents, WorkerEvents, Person>;

/** `app.io` as the chat uses it. */
export type ChatServer = Application<PageEvents, ServerEvents, WorkerEvents, Person>;
