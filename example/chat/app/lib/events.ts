// What the page and the server say to each other. Only types, and nothing of Egg's, so that both check against them: the
// server by typings/socketio.ts, the page in public/js/connection.js.
import type { Ack, BuiltInEvents, StreamAck } from 'egg-socketio/client';

/** Something said in a room. */
export interface Message {
  id: string;
  room: string;
  nick: string;
  text: string;
  /** Milliseconds since 1970, by the server's clock. */
  at: number;
}

/** A file sent to a room, for those who are in it at this moment: it is not in the history. */
export interface SharedFile {
  id: string;
  room: string;
  nick: string;
  name: string;
  content: Uint8Array;
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
  join(room: string, ack: Ack<RoomState>): void;
  say(text: string, ack: Ack<Message>): void;
  whisper(to: string, text: string, ack: Ack<Whisper>): void;
  typing(on: boolean): void;
  /** Sends a file of `size` bytes to the room. The items of its stream are the bytes that have arrived so far. */
  upload(name: string, size: number, content: AsyncIterable<Uint8Array>, ack: StreamAck<number>): void;
  /** Answered at once: by that the page measures how long the way to the worker and back takes. */
  echo(ack: Ack): void;
}

/** The events that the page gets; `exception` if an event without an ack fails. */
export interface ServerEvents extends BuiltInEvents {
  welcome(welcome: Welcome): void;
  presence(presence: Presence): void;
  message(message: Message): void;
  file(file: SharedFile): void;
  whisper(whisper: Whisper, received: () => void): void;
  typing(nick: string, on: boolean): void;
  announcement(announcement: Announcement): void;
}
