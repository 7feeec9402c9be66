import { MessageType } from 'socket.io-adapter';
import { SocketIOError } from '../base/errors';
import { RESERVED_EVENTS, RESERVED_SERVER_EVENTS } from '../base/reserved_events';
import { refusingUnsendable } from '../internals/sendable';
import type { AppTypes, EventsMap, NamespaceName, TypesOfNamespace } from '../types/event_maps';
import type { NamespaceArgument } from '../types/names';
import { offsetOf } from './recovery/packet_log';
import type { Message, WireOptions, WithoutSender } from './messages/messages';
import { encodeEvent, type PacketEncoder, type Parser } from '../internals/packet';
import { withoutOffset } from './recovery/no_offset';
import { plainCopy } from '../base/plain_copy';
import { createTag } from '../cluster/rendezvous';

/** The channel from the agent to all workers. */
export interface AgentPort {
  broadcast(message: unknown): void;
}

/** The parts of `config.socketio` that the emitter needs. */
export interface AgentEmitterOptions {
  /** @default socket.io-parser */
  parser?: Parser;
  /** Whether connection state recovery is on. @default false */
  recovery?: boolean;
  /** Returns what is sent instead of an event; `undefined` for nothing. Default: the event is sent */
  outgoing?: (nsp: string, opts: WireOptions, data: readonly unknown[]) => { opts: WireOptions; data: unknown[] } | undefined;
}

function check(method: string, event: string, args: readonly unknown[], reserved: ReadonlySet<string>): void {
  if (reserved.has(event)) throw new SocketIOError('EMIT_REFUSED', `agent.io.${method}('${event}', ...): "${event}" is a reserved event name. Choose another one.`);
  if (typeof args.at(-1) !== 'function') return;
  throw new SocketIOError('EMIT_REFUSED', `agent.io.${method}('${event}', ...): the last argument is a function, but the agent cannot get acks. Emit from a worker, or let the clients answer with an event.`);
}

/** Sends the messages of an {@link AgentOperator} to all servers. */
export interface AgentVoice {
  emit(nsp: string, opts: WireOptions, data: unknown[]): void;
  tell(nsp: string, message: WithoutSender<Message>): void;
}

/** Sends them to the workers of this machine. */
class Sender implements AgentVoice {
  /** Unique to this life of the agent. */
  private readonly uid = createTag();
  private readonly encoder: PacketEncoder;
  private seq = 0;

  constructor(private readonly port: AgentPort, parser: Parser, private readonly recovery: boolean) {
    this.encoder = new parser.Encoder();
  }

  emit(nsp: string, opts: WireOptions, data: unknown[]): void {
    const seq = this.recovery && !opts.flags.volatile ? this.seq += 1 : undefined;
    const recoverable = seq === undefined ? data : [ ...data, offsetOf(this.uid, seq) ];
    const packet = encodeEvent(this.encoder, nsp, this.recovery && opts.flags.volatile ? withoutOffset(data) : recoverable);
    this.tell(nsp, { type: MessageType.BROADCAST, data: { opts, packet, seq } });
  }

  tell(nsp: string, message: WithoutSender<Message>): void {
    this.port.broadcast({ ...message, uid: this.uid, nsp } as Message);
  }
}

/**
 * Clients of one namespace, on all workers. As in Socket.IO, each call returns a new selection, and changes none.
 *
 * @see docs/rooms-and-broadcasting.md
 */
export class AgentOperator<EmitEvents extends EventsMap = EventsMap, ServerSideEvents extends EventsMap = EmitEvents> {
  // Not `private`: in Egg 4, TypeScript sees this as a Socket.IO server, which has a private `opts` as well.
  readonly #nsp: string;
  readonly #opts: WireOptions;

  constructor(protected readonly sender: AgentVoice, nsp: string, opts: WireOptions = { rooms: [], except: [], flags: {} }) {
    this.#nsp = nsp;
    this.#opts = opts;
  }

  /** Selects only the clients in a room, or in one of several. */
  to(room: string | readonly string[]): AgentOperator<EmitEvents, ServerSideEvents> {
    return this.#with({ rooms: [ ...new Set(this.#opts.rooms.concat(room)) ] });
  }

  /** The same as {@link to}. */
  in(room: string | readonly string[]): AgentOperator<EmitEvents, ServerSideEvents> {
    return this.to(room);
  }

  /** Excludes the clients in a room, or in any of several. */
  except(room: string | readonly string[]): AgentOperator<EmitEvents, ServerSideEvents> {
    return this.#with({ except: [ ...new Set(this.#opts.except.concat(room)) ] });
  }

  /** Events may be lost if a client is not ready to receive them. */
  get volatile(): AgentOperator<EmitEvents, ServerSideEvents> {
    return this.#with({ flags: { ...this.#opts.flags, volatile: true } });
  }

  /** Whether events are compressed. */
  compress(compress: boolean): AgentOperator<EmitEvents, ServerSideEvents> {
    return this.#with({ flags: { ...this.#opts.flags, compress } });
  }

  /**
   * Sends an event to the selected clients.
   *
   * @return true, as in Socket.IO
   * @throws if Socket.IO reserves the name, or an ack is asked for
   */
  emit<Event extends keyof EmitEvents & string>(event: Event, ...args: Parameters<EmitEvents[Event]>): boolean {
    check('emit', event, args, RESERVED_EVENTS);
    this.sender.emit(this.#nsp, this.#opts, [ event, ...args ]);
    return true;
  }

  /** Sends a `message` event to the selected clients. */
  send(...args: unknown[]): this {
    check('send', 'message', args, RESERVED_EVENTS);
    this.sender.emit(this.#nsp, this.#opts, [ 'message', ...args ]);
    return this;
  }

  /** Makes the selected clients join a room, or several. */
  socketsJoin(room: string | readonly string[]): void {
    this.sender.tell(this.#nsp, { type: MessageType.SOCKETS_JOIN, data: { opts: this.#opts, rooms: [ room ].flat() } });
  }

  /** Makes the selected clients leave a room, or several. */
  socketsLeave(room: string | readonly string[]): void {
    this.sender.tell(this.#nsp, { type: MessageType.SOCKETS_LEAVE, data: { opts: this.#opts, rooms: [ room ].flat() } });
  }

  /**
   * Disconnects the selected clients.
   *
   * @param close - whether to close the whole connection, which other namespaces may share. Default: false
   */
  disconnectSockets(close = false): void {
    this.sender.tell(this.#nsp, { type: MessageType.DISCONNECT_SOCKETS, data: { opts: this.#opts, close } });
  }

  /**
   * Sends an event to the servers of all workers, whose `app.io.on(event)` gets it. Rooms make no difference.
   *
   * @return true, as in Socket.IO
   * @throws if Socket.IO reserves the name, or an ack is asked for
   */
  serverSideEmit<Event extends keyof ServerSideEvents & string>(event: Event, ...args: Parameters<ServerSideEvents[Event]>): boolean {
    check('serverSideEmit', event, args, RESERVED_SERVER_EVENTS);
    this.sender.tell(this.#nsp, { type: MessageType.SERVER_SIDE_EMIT, data: { packet: plainCopy([ event, ...args ]) as unknown[] } });
    return true;
  }

  #with(change: Partial<WireOptions>): AgentOperator<EmitEvents, ServerSideEvents> {
    return new AgentOperator(this.sender, this.#nsp, { ...this.#opts, ...change });
  }
}

/** The type of `agent.io.of()`. */
type SelectNamespace = [NamespaceName] extends [never]
  ? <Emit extends EventsMap = AppTypes['serverToClient'], ServerSide extends EventsMap = AppTypes['interServer']>(
    namespace: string,
  ) => AgentOperator<Emit, ServerSide>
  : <const Name extends NamespaceArgument>(
    namespace: Name,
  ) => AgentOperator<TypesOfNamespace<Name>['serverToClient'], TypesOfNamespace<Name>['interServer']>;

/**
 * Emits from the agent to the clients of all workers, as `agent.io`: by default to those of the namespace `/`.
 *
 * @see docs/rooms-and-broadcasting.md
 */
export class AgentEmitter<EmitEvents extends EventsMap = AppTypes['serverToClient'], ServerSideEvents extends EventsMap = AppTypes['interServer']>
  extends AgentOperator<EmitEvents, ServerSideEvents> {

  /** The clients of another namespace; `'chat'` and `'/chat'` are the same. Where namespaces are declared, it has to be one of them. */
  readonly of: SelectNamespace = (namespace: string) => (
    new AgentOperator(this.sender, namespace.startsWith('/') ? namespace : `/${namespace}`)
  );
}

/** Creates the {@link AgentEmitter} of an agent. */
export function createAgentEmitter(port: AgentPort, { parser, recovery = false, outgoing }: AgentEmitterOptions = {}): AgentEmitter {
  return emitterOf(new Sender(port, refusingUnsendable(parser), recovery), outgoing);
}

/** Creates an {@link AgentEmitter} with this channel. */
export function emitterOf(voice: AgentVoice, outgoing?: AgentEmitterOptions['outgoing']): AgentEmitter {
  return new AgentEmitter(outgoing ? changing(voice, outgoing) : voice, '/');
}

function changing(voice: AgentVoice, outgoing: NonNullable<AgentEmitterOptions['outgoing']>): AgentVoice {
  return {
    emit(nsp, opts, data) {
      const sent = outgoing(nsp, opts, data);
      if (sent) voice.emit(nsp, sent.opts, sent.data);
    },
    tell: (nsp, message) => voice.tell(nsp, message),
  };
}
