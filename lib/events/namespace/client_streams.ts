import type { Socket } from 'socket.io';
import { SocketIOError } from '../../base/errors';
import { abortSignal } from '../../context/abort_signal';
import { MATCH, type RawAck, STREAM, type SocketContext } from '../../context/socket_context';
import type { EventMatch } from '../../types/context';
import type { HandlerPlan, NamespacePlan } from '../../controllers/plan/types';
import { type Pipeline, whenOver } from '../dispatch/pipeline';
import { Channel } from '../streams/channel';
import { CANCELLED } from '../streams/pump';
import { type Control, type Opening, readMessage, STREAM_EVENT } from '../streams/wire';
import type { Environment } from './environment';

const OPEN = Symbol('Socket#streams');

/** An open stream, and the context of its event. */
interface OpenStream {
  readonly channel: Channel;
  readonly ctx: SocketContext;
}

function streamsOf(socket: Socket): Map<string, OpenStream> {
  return (socket as { [OPEN]?: Map<string, OpenStream> })[OPEN] ??= new Map();
}

/** The handler of an event, by its name or by a pattern. */
export interface FoundRoute {
  readonly handler: HandlerPlan;
  readonly route: Pipeline;
  readonly match: EventMatch | undefined;
}

/** The messages of a namespace's clients about streams. */
export interface ClientStreams {
  /**
   * Handles an event that has no handler.
   *
   * @param args - of the event
   * @param given - a context that the event has already, if any
   * @return whether it is about streams
   */
  receive(socket: Socket, event: string, args: readonly unknown[], ack: RawAck | undefined, given: SocketContext | undefined): boolean;
  /** Whether a packet takes items when it should, which is not counted as an event: the handler decides how many there are. */
  isDue(socket: Socket, packet: readonly unknown[]): boolean;
}

function handleControl(socket: Socket, message: Control): void {
  // A late one is normal: the stream has ended in the meantime.
  const stream = streamsOf(socket).get(message.id);
  if (message.op === 'taken') stream?.channel.take(message.items);
  else if (stream) abortSignal(stream.ctx, new SocketIOError(CANCELLED));
}

/**
 * Returns the part of a namespace that opens and controls streams; `undefined` if no handler has one.
 *
 * @param find - returns the handler of an event
 */
export function createClientStreams(
  { messages, patterns, connectionFilters }: NamespacePlan, environment: Environment, find: (event: string) => FoundRoute | undefined,
): ClientStreams | undefined {
  const { Context, storage, fail, maxStreams } = environment;
  if (![ ...messages.values(), ...patterns ].some(({ stream }) => stream)) return undefined;

  type Obstacle = SocketIOError | undefined;

  function obstacleOf(socket: Socket, { id, event }: Opening, found: FoundRoute | undefined, ack: RawAck | undefined): Obstacle {
    const streams = streamsOf(socket);
    if (!ack) return new SocketIOError('NOT_A_STREAM', `a stream of '${event}' needs an ack, which ends it`);
    if (!found) return new SocketIOError('EVENT_NOT_FOUND');
    if (!found.handler.stream) return new SocketIOError('NOT_A_STREAM');
    if (streams.has(id)) return new SocketIOError('NOT_A_STREAM', 'a stream of this id is open');
    return streams.size < maxStreams ? undefined : new SocketIOError('TOO_MANY_STREAMS', undefined, { details: { limit: maxStreams } });
  }

  function open(socket: Socket, message: Opening, ack: RawAck | undefined, given: SocketContext | undefined): void {
    const { id, event, args } = message;
    const ctx = given ? Object.assign(given, { event, args }) : new Context(socket, event, args, ack);
    const found = find(event);
    if (found?.match) ctx[MATCH] = found.match;
    const obstacle = obstacleOf(socket, message, found, ack);
    if (obstacle) {
      void storage.run(ctx, fail, ctx, obstacle, found?.handler.filters ?? connectionFilters);
      return;
    }
    const streams = streamsOf(socket);
    const channel = new Channel(socket, id);
    ctx[STREAM] = channel;
    streams.set(id, { channel, ctx });
    const close = () => streams.delete(id);
    const ending = storage.run(ctx, found!.route, ctx);
    if (ending) whenOver(ending, close);
    else close();
  }

  return {
    receive(socket, event, args, ack, given) {
      if (event !== STREAM_EVENT) return false;
      const message = readMessage(args);
      if (message?.op === 'open') open(socket, message, ack, given);
      else if (message) handleControl(socket, message);
      else ack?.({ error: { code: 'NOT_A_STREAM', message: 'not a message of a stream' } });
      return true;
    },
    isDue(socket, packet) {
      if (packet[0] !== STREAM_EVENT) return false;
      const message = readMessage(packet.slice(1));
      return message?.op === 'taken' && (streamsOf(socket).get(message.id)?.channel.isDue(message.items) ?? false);
    },
  };
}
