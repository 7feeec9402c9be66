import type { Application as EggApplication, Context as EggContext } from 'egg';
import { ERROR_CODES, type ErrorCode, SocketIOError } from 'egg-socketio';
import { type BroadcastEvent, type ClientError, createSocketIOClient, type EmittedEvent, type SocketIOTestClient } from 'egg-socketio/mock';
import { expectType } from './expect';

export const internal: ErrorCode = 'INTERNAL';
// @ts-expect-error: not a code of the plugin's own
export const unknownCode: ErrorCode = 'ROOM_FULL';

expectType<string>()(ERROR_CODES.INTERNAL.message);
expectType<string>()(new SocketIOError('ROOM_FULL', 'full', { details: { limit: 2 }, data: 1, cause: new Error('why'), expose: false }).code);
// @ts-expect-error: a code is a string
export const wrongCode = new SocketIOError(404);
// @ts-expect-error: an option that does not exist
export const wrongOption = new SocketIOError('ROOM_FULL', 'full', { detail: 1 });

export async function connects(app: EggApplication): Promise<void> {
  const client = await createSocketIOClient({ port: 7001, namespace: '/chat', auth: { token: 'x' }, transports: [ 'websocket' ] });
  expectType<SocketIOTestClient>()(client);
  expectType<SocketIOTestClient>()(await app.createSocketIOClient());
  expectType<unknown>()(await client.sendWithAck('sum', 1, 2));
  expectType<number>()(await client.sendWithAck<number>('sum', 1, 2));
  expectType<[ string ]>()(await client.next<[ string ]>('hi'));

  // @ts-expect-error: one of four protocols
  await createSocketIOClient({ protocol: 'ftp' });
  // @ts-expect-error: an option that does not exist
  await app.createSocketIOClient({ nsp: '/chat' });
  // @ts-expect-error: an event's name is a string
  client.send(1);
}

export async function mocksEvents(app: EggApplication & { mockContext(): EggContext }): Promise<void> {
  const result = await app.mockSocketEvent('/chat', 'join', [ 'lobby' ], {
    ctx: { user: { name: 'Ada' }, session: { staff: true } },
    auth: { token: 't' }, query: { a: 1 }, headers: { cookie: 'a=b' }, data: {}, rooms: [ 'hall' ] as const, ack: false, connect: false,
    answers: { 'sure?': true, 'name?': (id: number) => String(id) },
    until: ({ emitted }) => emitted.length > 0,
    timeout: 100,
  });
  expectType<unknown[] | undefined>()(result.ack);
  expectType<EmittedEvent[]>()(result.emitted);
  expectType<BroadcastEvent[]>()(result.broadcast);
  expectType<ClientError | undefined>()(result.error);
  expectType<boolean>()(result.disconnected);
  expectType<unknown>()(result.data);
  expectType<[ string ] | undefined>()((await app.mockSocketEvent<[ string ]>('/chat', 'greet')).ack);
  await app.mockSocketEvent('/chat', 'greet', [], { ctx: app.mockContext() });

  // @ts-expect-error: the arguments are a list
  await app.mockSocketEvent('/chat', 'greet', 'Ada');
  // @ts-expect-error: an option that does not exist
  await app.mockSocketEvent('/chat', 'greet', [], { namespace: '/chat' });
  // @ts-expect-error: the arguments of an ack are a list
  await app.mockSocketEvent<string>('/chat', 'greet');
}
