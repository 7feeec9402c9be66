import type { Socket } from 'socket.io';
import { SocketIOError } from '../../base/errors';
import { abortSignal, outliveClient } from '../../context/abort_signal';
import { emitOwn } from '../../context/own_emit';
import { MATCH, RAW_ACK, type RawAck, STREAM, type SocketContext } from '../../context/socket_context';
import type { EventMatch } from '../../types/context';
import type { HandlerPlan, NamespacePlan } from '../../controllers/plan/types';
import { type Pipeline, whenOver } from '../dispatch/pipeline';
import { Channel } from '../streams/channel';
import { KeptOpening } from '../streams/kept_opening';
import { CANCELLED } from '../streams/pump';
import type { Reading, Sink } from '../streams/reader';
import { type Control, flawOf, type Opening, readMessage, type Resumption, STREAM_EVENT } from '../streams/wire';
import type { Environment } from './environment';
import { isUploadDue, openUploads, receiveUpload } from './client_uploads';

const OPEN = Symbol('Socket#streams');
const LEAVES = Symbol('Socket#leavesStreams');

/** The open streams of a socket, by the ids that its client has chosen. */
function streamsOf(socket: Socket): Map<string, Reading> {
  return (socket as { [OPEN]?: Map<string, Reading> })[OPEN] ??= new Map();
}

/** A stream that ends with its client. */
function readingOf(channel: Channel, ctx: SocketContext): Reading {
  return {
    isDue: items => channel.isDue(items),
    take: items => channel.take(items),
    cancel: () => abortSignal(ctx, new SocketIOError(CANCELLED)),
    leave: () => undefined,
  };
}

/** The way of a kept stream to a client of this worker. */
function sinkOf(socket: Socket, id: string, ack: RawAck): Sink & { isOver: boolean } {
  return {
    isOver: false,
    begin: (window, key, resume) => emitOwn(socket, STREAM_EVENT, 'window', id, window, key, resume),
    items: (first, items) => emitOwn(socket, STREAM_EVENT, 'items', id, first, items),
    end(answer) {
      this.isOver = true;
      streamsOf(socket).delete(id);
      ack(answer);
    },
  };
}

/** The streams of a socket that go on without it lose it as a reader when it leaves. */
function leaveWith(socket: Socket): void {
  const holder = socket as { [LEAVES]?: boolean };
  if (holder[LEAVES]) return;
  holder[LEAVES] = true;
  socket.once('disconnect', () => {
    const streams = streamsOf(socket);
    for (const stream of streams.values()) stream.leave();
    streams.clear();
  });
}

/** The handler of an event, by its name or by a pattern. */
export interface FoundRoute {
  readonly handler: HandlerPlan;
  readonly route: Pipeline;
  readonly match: EventMatch | undefined;
}

/** The end of a handler that has not finished. */
type Ending = PromiseLike<void> | undefined;

/** The messages of a namespace's clients about streams. */
export interface ClientStreams {
  /**
   * Handles a message.
   *
   * @param given - a context that the event has already, if any
   * @return the end of the handler, if it opens a stream
   */
  receive(socket: Socket, message: readonly unknown[], ack: RawAck | undefined, given: SocketContext | undefined): Ending;
  /** Whether a packet takes or uploads items when it should, which is not counted as an event: the handler decides how many there are. */
  isDue(socket: Socket, packet: readonly unknown[]): boolean;
}

function handleControl(socket: Socket, message: Control): void {
  // A late one is normal: the stream has ended in the meantime.
  const stream = streamsOf(socket).get(message.id);
  if (message.op === 'taken') stream?.take(message.items);
  else if (message.op === 'cancel') stream?.cancel();
  else receiveUpload(socket, message);
}

/**
 * Returns the part of a namespace that opens and controls streams; `undefined` if no handler has one.
 *
 * @param find - returns the handler of an event
 */
export function createClientStreams(
  { messages, patterns, connectionFilters }: NamespacePlan, environment: Environment, find: (event: string) => FoundRoute | undefined,
): ClientStreams | undefined {
  const { Context, storage, fail, maxStreams, uploadBytes, sharedStreams } = environment;
  const handlers = [ ...messages.values(), ...patterns ];
  if (!handlers.some(({ stream }) => stream)) return undefined;
  // Other workers may ask this one for a stream before it has any.
  if (handlers.some(({ stream }) => stream?.resume)) sharedStreams();

  type Obstacle = SocketIOError | undefined;

  function obstacleOf(socket: Socket, id: string, ack: RawAck | undefined): Obstacle {
    const streams = streamsOf(socket);
    if (!ack) return new SocketIOError('NOT_A_STREAM', 'a stream needs an ack, which ends it');
    if (streams.has(id)) return new SocketIOError('NOT_A_STREAM', 'a stream of this id is open');
    return streams.size < maxStreams ? undefined : new SocketIOError('TOO_MANY_STREAMS', undefined, { details: { limit: maxStreams } });
  }

  function handlerObstacle(event: string, found: FoundRoute | undefined): Obstacle {
    if (found?.handler.stream) return undefined;
    return new SocketIOError(found ? 'NOT_A_STREAM' : 'EVENT_NOT_FOUND', undefined, { details: { event } });
  }

  /** A stream that ends with its client. */
  function openOwn(socket: Socket, { id, event, args }: Opening, ack: RawAck | undefined, given: SocketContext | undefined): SocketContext {
    const ctx = given ? Object.assign(given, { event, args }) : new Context(socket, event, args, ack);
    const channel = new Channel(socket, id);
    ctx[STREAM] = channel;
    streamsOf(socket).set(id, readingOf(channel, ctx));
    return ctx;
  }

  /** A stream that goes on without it: its event belongs to no client, and its ack to all who read it. */
  function openKept(
    socket: Socket, { id, event, args }: Opening, ack: RawAck, resume: number, given: SocketContext | undefined,
  ): SocketContext {
    const answer: RawAck = value => stream.finish(value);
    const sink = sinkOf(socket, id, given?.[RAW_ACK] ?? ack);
    const ctx = given ? Object.assign(given, { event, args, [RAW_ACK]: answer }) : new Context(socket, event, args, answer);
    const abort = (reason: unknown) => abortSignal(ctx, reason);
    const stream = new KeptOpening(sharedStreams().kept, socket.nsp.name, resume, sink, abort, () => socket.connected);
    ctx[STREAM] = stream;
    outliveClient(ctx);
    streamsOf(socket).set(id, stream);
    leaveWith(socket);
    return ctx;
  }

  function open(socket: Socket, message: Opening, ack: RawAck | undefined, given: SocketContext | undefined): Ending {
    const { id, event, args } = message;
    const found = find(event);
    const obstacle = obstacleOf(socket, id, ack) ?? handlerObstacle(event, found);
    if (obstacle) {
      const refused = given ? Object.assign(given, { event, args }) : new Context(socket, event, args, ack);
      return storage.run(refused, fail, refused, obstacle, found?.handler.filters ?? connectionFilters);
    }
    const { handler, route, match } = found!;
    const { resume } = handler.stream!;
    const ctx = resume ? openKept(socket, message, ack!, resume, given) : openOwn(socket, message, ack, given);
    if (match) ctx[MATCH] = match;
    const uploading = message.uploads.length > 0 ? openUploads(socket, message, ctx, uploadBytes) : undefined;
    const close = () => {
      uploading?.end();
      if (!ctx[STREAM]!.outlivesClient) streamsOf(socket).delete(id);
    };
    const ending = storage.run(ctx, route, ctx);
    if (uploading) uploading.event = ending;
    if (ending) whenOver(ending, close);
    else close();
    return ending;
  }

  function resumeOne(socket: Socket, { id, key, from }: Resumption, ack: RawAck | undefined): void {
    const obstacle = obstacleOf(socket, id, ack);
    if (obstacle) {
      const { code, message, details } = obstacle;
      ack?.({ error: { code, message, details } });
      return;
    }
    const sink = sinkOf(socket, id, ack!);
    const reading = sharedStreams().read(key, socket.nsp.name, from, sink);
    if (sink.isOver) return;
    streamsOf(socket).set(id, reading);
    leaveWith(socket);
  }

  return {
    receive(socket, args, ack, given) {
      const message = readMessage(args);
      if (message?.op === 'open') return open(socket, message, ack, given);
      if (message?.op === 'resume') resumeOne(socket, message, ack);
      else if (message) handleControl(socket, message);
      else ack?.({ error: { code: 'NOT_A_STREAM', message: flawOf(args) } });
      return undefined;
    },
    isDue(socket, packet) {
      if (packet[0] !== STREAM_EVENT) return false;
      const message = readMessage(packet.slice(1));
      if (message?.op === 'items') return isUploadDue(socket, message);
      return message?.op === 'taken' && (streamsOf(socket).get(message.id)?.isDue(message.items) ?? false);
    },
  };
}
