/** Interfaces and not type aliases: these have no index signature, and have to be accepted all the same. */
export interface ClientEvents {
  hello(name: string): void;
  sum(a: number, b: number, ack: (result: number) => void): void;
}

export interface ServerEvents {
  welcome(id: string, visits: number): void;
  ask(question: string, ack: (answer: boolean) => void): void;
}

export interface InterServerEvents {
  reload(reason: string): void;
}

export interface SocketData {
  user: { name: string };
}
