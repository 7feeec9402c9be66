import type { Application as EggApplication } from 'egg';
import { RESERVED_EVENTS } from '../base/reserved_events';
import { ACK_TAKEN } from '../context/socket_context';
import { findHandler } from '../controllers/plan/find_handler';
import { isListenedTo, unknownEvent } from '../controllers/report/known_names';
import { isWatched, planOf } from './addressee';
import type { MockSocketEventOptions, SocketEventResult } from './event_types';
import { MockedConnection } from './mocked_connection';
import { showValue } from './format';
import { tapsOf } from './taps';

/** The arguments of one call. */
interface Call {
  readonly app: EggApplication;
  readonly namespace: string;
  readonly event: string;
  readonly args: readonly unknown[];
  readonly options: MockSocketEventOptions;
}

function checkArguments({ namespace, event, args, options }: Call): void {
  const expected = (what: string, value: unknown) => {
    throw new TypeError(`app.mockSocketEvent(namespace, event, args?, options?): expected ${what}, but got ${showValue(value)}.`);
  };
  if (typeof namespace !== 'string') expected('the namespace to be a string', namespace);
  if (typeof event !== 'string') expected('the event to be a string', event);
  if (!Array.isArray(args)) expected('the arguments of the event to be an array', args);
  if (typeof options !== 'object' || options === null) expected('the options to be an object', options);
  if (event !== 'disconnect' && RESERVED_EVENTS.has(event)) expected("an event that a client can send, or 'connection' or 'disconnect' for the handlers of those", event);
}

function resultOf({ watch: { recording: { ack, emitted, broadcast, error } }, socket }: MockedConnection): SocketEventResult {
  return {
    ack,
    emitted: [ ...emitted ],
    broadcast: [ ...broadcast ],
    error,
    disconnected: !socket.connected,
    id: socket.id,
    rooms: [ ...socket.rooms ].filter(room => room !== socket.id),
    data: socket.data as unknown,
  };
}

/** Waits until the option `until` returns true. */
async function waitFor(connection: MockedConnection, { until }: MockSocketEventOptions): Promise<void> {
  if (!until) return;
  connection.step = 'the option until has not returned true';
  await connection.waiting.until(() => until(resultOf(connection)));
}

/** Names what a sent event still waits for. */
function missing({ watch, socket }: MockedConnection, isPlanned: boolean, wantsAck: boolean): string | undefined {
  const { recording, eventContext, isIdle } = watch;
  const isAnswered = recording.ack !== undefined || !socket.connected;
  if (isPlanned && !eventContext) {
    return isAnswered ? undefined : 'the event has not reached its handler (does a socket.use() of the app not call next()?)';
  }
  if (!isIdle) return 'the handler has not finished';
  if (!wantsAck || isAnswered) return undefined;
  if (!isPlanned) return 'no listener of the app has acked the event (with { ack: false } the call does not wait for it)';
  return eventContext?.[ACK_TAKEN] ? 'the handler has read ctx.ack and not called it (with { ack: false } the call does not wait for it)' : undefined;
}

async function sendEvent(connection: MockedConnection, { app, namespace, event, args, options }: Call): Promise<void> {
  const { socket } = connection;
  const wantsAck = options.ack !== false;
  if (!socket.connected) throw connection.error('a connection handler disconnected the client');
  const plan = planOf(app, namespace);
  const isHeard = isListenedTo(socket, event);
  const isPlanned = plan !== undefined && findHandler(plan, event, isHeard) !== undefined;
  const isHandled = isPlanned || isHeard;
  if (!isHandled && !isWatched(socket)) throw connection.error(unknownEvent(plan, socket, event));
  await connection.prepare();
  connection.watch.recordAnew();
  connection.send(event, args, wantsAck);
  await connection.waiting.until(() => {
    const what = missing(connection, isPlanned, wantsAck);
    connection.step = what ?? connection.step;
    return what === undefined;
  });
  await connection.settle();
  if (!isHandled && connection.watch.recording.error?.code === 'EVENT_NOT_FOUND') throw connection.error(unknownEvent(plan, socket, event));
}

async function run(connection: MockedConnection, call: Call): Promise<SocketEventResult> {
  const { app, namespace, event, args, options } = call;
  const isMessage = planOf(app, namespace)?.messages.has(event) ?? false;
  await connection.connect();
  if (event === 'disconnect') {
    await connection.prepare();
    connection.watch.recordAnew();
    await connection.leave(args[0] as string | undefined);
  } else if (event !== 'connection' || isMessage) {
    await sendEvent(connection, call);
  }
  await waitFor(connection, options);
  return resultOf(connection);
}

/** See `app.mockSocketEvent()`. */
export async function mockSocketEvent(
  app: EggApplication, namespace: string, event: string, args: readonly unknown[] = [], options: MockSocketEventOptions = {},
): Promise<SocketEventResult> {
  const call = { app, namespace: typeof namespace === 'string' ? `/${namespace.replace(/^\//, '')}` : namespace, event, args, options };
  checkArguments(call);
  await app.ready();
  const connection = new MockedConnection(app, call.namespace, options, `mockSocketEvent('${call.namespace}', '${event}')`);
  return tapsOf(app).listen(connection.watch, async () => {
    try {
      const result = await run(connection, call);
      await connection.leave();
      return result;
    } catch (error) {
      // Started work is completed, unless it is what took too long.
      await connection.leave().catch(() => undefined);
      throw error;
    } finally {
      connection.close();
    }
  });
}
