import type { Message, PageEvents, ServerEvents } from '../app/lib/events';

/** `socket.data`: what lasts as long as the connection. */
export interface Person {
  nick: string;
  room: string;
  /** A secret of the browser tab, by which it gets its own nickname back when it reconnects. */
  tab: string;
}

/** What the workers tell and ask each other. */
export interface WorkerEvents {
  said(message: Message): void;
  history(answer: (messages: Message[]) => void): void;
}

declare module 'egg-socketio' {
  interface SocketTypes {
    interServer: WorkerEvents;
  }

  interface NamespaceTypes {
    '/chat': { clientToServer: PageEvents; serverToClient: ServerEvents; data: Person };
  }
}
