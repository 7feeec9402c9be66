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

// With this, the compiler checks the names, arguments and acks of events in controllers, in tests and on `app.io`.
declare module 'egg-socketio' {
  interface SocketTypes {
    clientToServer: ClientToServer;
    serverToClient: ServerToClient;
  }

  // The namespaces of the app: `app.io.of()` accepts no other names. `'/admin': {}` adds one with the events above,
  // `'/admin': { clientToServer: …; serverToClient: … }` one with its own.
  interface NamespaceTypes {
    '/': {};
  }
}
