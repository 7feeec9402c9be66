import type { Ack, BuiltInEvents, StreamAck } from 'egg-socketio/client';

export interface Bid { amount: number }

/** What server and page share. */
export interface ClientToServer {
  say(text: string): void;
  sum(a: number, b: number, ack: (result: number) => void): void;
  find(name?: string, ack?: (ids: string[]) => void): void;
  leave(ack: () => void): void;
  bid(amount: number, ack: Ack<Bid>): void;
  count(ack: Ack<number>): void;
  maybe(ack: Ack<string | undefined>): void;
  done(ack: Ack): void;
  tokens(prompt: string, ack: StreamAck<string>): void;
  rows(from?: number, ack?: StreamAck<{ id: number }>): void;
  // Written without the plugin's types.
  old(ack: (answer: number | { error: { code: string; message: string } }) => void): void;
}

export interface ServerToClient extends BuiltInEvents {
  said(text: string): void;
  welcome(id: string, visits: number): void;
  ask(question: string, ack: (answer: boolean) => void): void;
}

export interface AdminToServer {
  kick(id: number, ack: (kicked: boolean) => void): void;
}

export interface ServerToAdmin {
  kicked(id: number): void;
}

declare module 'egg-socketio' {
  interface SocketTypes {
    clientToServer: ClientToServer;
    serverToClient: ServerToClient;
    data: { name: string };
  }
  interface NamespaceTypes {
    '/admin': { clientToServer: AdminToServer; serverToClient: ServerToAdmin; data: { level: number } };
    [room: `/rooms/${string}`]: { clientToServer: { enter(ack: (members: number) => void): void } };
  }
}
