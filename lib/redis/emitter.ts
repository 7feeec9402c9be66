import type { Adapter } from 'socket.io-adapter';
import { MessageType } from 'socket.io-adapter';
import { Server } from 'socket.io';
import { type AgentEmitter, type AgentEmitterOptions, type AgentVoice, emitterOf } from '../adapter/agent_emitter';
import { fromWire, type Message, type WireOptions, type WithoutSender } from '../adapter/messages/messages';
import { EVENT } from '../internals/packet';
import { Connections } from './connections';
import { assertSendable, isOwnParser } from '../internals/sendable';
import { createRedisAdapters } from './adapter';
import type { RedisPlan } from './options';

/** The logger for events of the emitter's connection. */
export interface EmitterLogger {
  error(message: string, ...args: unknown[]): void;
  warn(message: string, ...args: unknown[]): void;
}

/** The number of dynamic namespaces that are kept; emitting to a further one only takes a moment longer. */
const MOST_NAMESPACES = 1000;

/** Emits with an adapter of its own, on a server without clients. */
class OfficialVoice implements AgentVoice {
  constructor(private readonly io: Server, private readonly isJSON: boolean) {}

  emit(nsp: string, opts: WireOptions, data: unknown[]): void {
    // The adapters have their own encodings, some of them applied later, where nothing would catch an error.
    assertSendable(data, true, this.isJSON);
    void this.adapterOf(nsp).broadcast({ type: EVENT, nsp, data }, fromWire(opts));
  }

  tell(nsp: string, message: WithoutSender<Message>): void {
    const adapter = this.adapterOf(nsp);
    switch (message.type) {
      case MessageType.SOCKETS_JOIN:
        return void adapter.addSockets(fromWire(message.data.opts as never), message.data.rooms);
      case MessageType.SOCKETS_LEAVE:
        return void adapter.delSockets(fromWire(message.data.opts as never), message.data.rooms);
      case MessageType.DISCONNECT_SOCKETS:
        return void adapter.disconnectSockets(fromWire(message.data.opts as never), message.data.close!);
      case MessageType.SERVER_SIDE_EMIT:
        return void adapter.serverSideEmit(message.data.packet);
    }
  }

  private adapterOf(nsp: string): Adapter {
    const { _nsps: known } = this.io;
    if (known.size > MOST_NAMESPACES && !known.has(nsp)) {
      const [ , oldest ] = known.keys();
      void known.get(oldest)!.adapter.close();
      known.delete(oldest);
    }
    return this.io.of(nsp).adapter;
  }
}

/**
 * Emits to the clients of all servers, from a process that is not one of them.
 *
 * @see docs/redis.md#from-other-processes
 */
export class RedisEmitter {
  /** The emitter's methods. */
  readonly io: AgentEmitter;
  private readonly connections: Connections;
  private readonly server: Server;

  /** Starts to connect. */
  constructor(plan: RedisPlan, { parser, recovery = false, outgoing }: AgentEmitterOptions, logger: EmitterLogger) {
    this.connections = new Connections(plan, logger, true);
    const adapter = createRedisAdapters(plan, this.connections, recovery, error => logger.error(String(error)), line => logger.warn('[egg-socketio] %s', line));
    this.server = new Server({
      adapter: function(nsp: unknown) { return adapter(nsp); } as never,
      ...parser && { parser }, ...recovery && { connectionStateRecovery: {} },
    });
    this.io = emitterOf(new OfficialVoice(this.server, isOwnParser(parser)), outgoing);
  }

  /**
   * Waits until Redis can be reached.
   *
   * @throws {SocketIOError} `REDIS_UNAVAILABLE`
   */
  async open(): Promise<void> {
    await this.connections.open();
  }

  /** Events that were emitted before are still sent. */
  async close(): Promise<void> {
    this.connections.outage.end();
    for (const { adapter } of this.server._nsps.values()) await adapter.close();
    await this.connections.close();
  }
}
