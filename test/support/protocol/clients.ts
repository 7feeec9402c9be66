import { PollingSession } from './polling_session';
import { RawWebSocket } from './raw_websocket';

/** What a part of the protocol suite gets to talk to the server. */
export interface RawClients {
  /** The address of the Socket.IO server's path, with the given query. */
  address(query?: string): string;
  /** A session over WebSocket alone, its first packet still to be taken. */
  websocket(options?: { query?: string; answersPings?: boolean }): Promise<RawWebSocket>;
  /** A session over WebSocket alone that is past the first packets of Engine.IO and, for each namespace, of Socket.IO. */
  connected(...namespaces: string[]): Promise<RawWebSocket>;
  polling(): Promise<PollingSession>;
  /** A WebSocket on a polling session's id. */
  upgrade(session: PollingSession): Promise<RawWebSocket>;
}

/**
 * Gives a suite raw clients, whose connections are broken after each test.
 *
 * @param url - the server's, asked for at each use because it is not known before the suite runs
 */
export function useRawClients(url: () => string): RawClients {
  const sockets: RawWebSocket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.terminate();
  });
  const address = (query = '') => `${url()}/socket.io/${query}`;

  async function open(where: string, answersPings?: boolean): Promise<RawWebSocket> {
    const socket = await RawWebSocket.open(where, answersPings);
    sockets.push(socket);
    return socket;
  }
  async function websocket({ query = '?EIO=4&transport=websocket', answersPings = true } = {}): Promise<RawWebSocket> {
    return open(address(query), answersPings);
  }

  return {
    address,
    websocket,
    async connected(...namespaces) {
      const socket = await websocket();
      await socket.next();
      for (const namespace of namespaces.length > 0 ? namespaces : [ '/' ]) {
        socket.send(namespace === '/' ? '40' : `40${namespace},`);
        // The CONNECT packet and the 'auth' event.
        await socket.take(2);
      }
      return socket;
    },
    polling: async () => PollingSession.open(address()),
    upgrade: async session => open(session.upgradeUrl),
  };
}
