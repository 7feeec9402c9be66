import type { Application, Context } from 'egg-socketio';

/** The namespace that all of the chat goes through. */
export const CHAT = '/chat';

/** Something said in a room. */
export interface Message {
  id: string;
  room: string;
  nick: string;
  text: string;
  /** Milliseconds since 1970, by the server's clock. */
  at: number;
}

/** Something said to one person. */
export interface Whisper {
  id: string;
  from: string;
  to: string;
  text: string;
  at: number;
}

/** Something said to everybody, by an HTTP request. */
export interface Announcement {
  id: string;
  text: string;
  at: number;
}

/** What one sees on entering a room. */
export interface RoomState {
  room: string;
  messages: readonly Message[];
}

/** What one is told once connected. */
export interface Welcome extends RoomState {
  nick: string;
  /** The process id of the worker to which one is connected. */
  worker: number;
}

/** Who is online and where, and which rooms there are. */
export interface Presence {
  people: { nick: string; room: string }[];
  rooms: string[];
  /** When Socket.IO was asked: of two that cross each other on their way from two workers, the later one is right. */
  asOf: number;
}

/** What the page sends. Values come from outside: their types are a promise that the server checks. */
export interface PageEvents {
  join(room: string, ack: (state: RoomState) => void): void;
  say(text: string, ack: (message: Message) => void): void;
  whisper(to: string, text: string, ack: (whisper: Whisper) => void): void;
  typing(on: boolean): void;
}

/** What the page is sent. */
export interface ServerEvents {
  welcome(welcome: Welcome): void;
  presence(presence: Presence): void;
  message(message: Message): void;
  whisper(whisper: Whisper, received: () => void): void;
  typing(nick: string, on: boolean): void;
  announcement(announcement: Announcement): void;
}

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
