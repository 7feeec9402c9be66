import type { Ack, BuiltInEvents } from 'egg-socketio/client';

/** What somebody has said. */
export interface Message {
  from: string;
  text: string;
}

/** The events that pages send. The handler returns the message; the page gets it, or `{ error }`, as its ack. */
export interface ClientToServer {
  say(text: string, ack: Ack<Message>): void;
}

/** The events that pages receive. */
export interface ServerToClient extends BuiltInEvents {
  welcome(welcome: { greeting: string; worker: number }): void;
  said(message: Message): void;
}

// With this, the compiler checks the events of controllers, of `app.io` and of tests: their names, arguments and acks.
declare module 'egg-socketio' {
  interface SocketTypes {
    clientToServer: ClientToServer;
    serverToClient: ServerToClient;
  }
}
