import type { Adapter, BroadcastOptions } from 'socket.io-adapter';
import { SocketIOError } from '../base/errors';
import { atMost } from '../base/at_most';
import type { Packet } from '../internals/packet';

type ServerSideAck = (error: Error | null, responses: unknown[]) => void;

/** The adapter's methods for requests to the other servers. */
interface Asking {
  serverCount(): Promise<number>;
  broadcastWithAck(packet: unknown, opts: BroadcastOptions, tellCount: (clients: number) => void, ack: unknown): void;
  fetchSockets(opts: BroadcastOptions): Promise<unknown[]>;
  serverSideEmit(packet: unknown[]): unknown;
}

/** The limits of requests. */
export interface RequestLimits {
  /** Milliseconds. */
  readonly requestsTimeout: number;
  /** Whether Redis is known to be away. */
  isAway(): boolean;
}

/**
 * Makes an adapter's requests end in time, with a reason. The adapters first count the servers by a request to Redis, whose failure
 * Socket.IO does not expect and for which they wait without a limit.
 */
export function limitRequests(adapter: Adapter, { requestsTimeout, isAway }: RequestLimits): void {
  const official = adapter as unknown as Asking;
  const { name } = adapter.nsp as { name: string };
  const away = (method: string) => new SocketIOError('REDIS_UNAVAILABLE',
    `${method}: namespace ${name}: Redis cannot be reached, so the other servers cannot be asked. Try again later, or use io.local.`);
  const silent = (method: string, limit = requestsTimeout) => new SocketIOError('PEERS_SILENT',
    `${method}: namespace ${name}: not all servers have answered within ${limit} ms (config.socketio.adapter: requestsTimeout). Check the servers and Redis, or try again.`);
  // The pubsub adapter has its own time-out, which may end first, with a less useful message.
  const explain = (method: string, error: Error) => (error.message.startsWith('timeout reached') ? silent(method) : error);

  /** Socket.IO, which has asked the clients of this server only, now asks for the number of servers, and waits for that many counts. */
  let isLocal = false;
  const serverCount = official.serverCount.bind(adapter);
  // More servers than will ever answer: dependent requests then time out, instead of returning a partial result.
  official.serverCount = async () => {
    if (isLocal) {
      isLocal = false;
      return 1;
    }
    if (isAway()) return Infinity;
    return atMost(requestsTimeout, serverCount(), () => Infinity).catch(() => Infinity);
  };

  const broadcastWithAck = official.broadcastWithAck.bind(adapter);
  official.broadcastWithAck = (packet, opts, tellCount, ack) => {
    broadcastWithAck(packet, opts, tellCount, ack);
    isLocal = opts.flags?.local === true && (packet as Packet).named === undefined;
  };

  const fetchSockets = official.fetchSockets.bind(adapter);
  official.fetchSockets = async opts => {
    if (opts.flags?.local) return fetchSockets(opts);
    if (isAway()) throw away('fetchSockets()');
    const limit = (opts.flags as { timeout?: number } | undefined)?.timeout ?? requestsTimeout;
    // The adapter's own time-out would come at the same time, with a less useful message.
    const answer = fetchSockets({ ...opts, flags: { ...opts.flags, timeout: limit + 1000 } as never });
    return atMost(limit, answer.catch((error: Error) => { throw explain('fetchSockets()', error); }), () => {
      throw silent('fetchSockets()', limit);
    });
  };

  const serverSideEmit = official.serverSideEmit.bind(adapter);
  official.serverSideEmit = packet => {
    const ack = packet.at(-1);
    if (typeof ack !== 'function') return serverSideEmit(packet);
    let done = false;
    const answer: ServerSideAck = (error, responses) => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      (ack as ServerSideAck)(error && explain('serverSideEmit()', error), responses);
    };
    const timer = setTimeout(() => answer(silent('serverSideEmit()'), []), requestsTimeout);
    if (isAway()) process.nextTick(answer, away('serverSideEmit()'), []);
    else return serverSideEmit([ ...packet.slice(0, -1), answer ]);
  };
}
