import type { Application as EggApplication } from 'egg';
import type { AppStats, Context, Middleware } from 'egg-socketio';
import { createSocketIOClient, invalid, SocketIOTestClient } from 'egg-socketio/mock';
import type { DefaultEventsMap, Server } from 'socket.io';
import type { Socket } from 'socket.io-client';
import { describe, expect, test } from 'tstyche';
import type { AdminToServer, ClientToServer, ServerToAdmin, ServerToClient } from './declaration';

declare const ctx: Context;
declare const admin: Context<'/admin'>;
declare const app: EggApplication;
declare const room: string;
declare const page: Socket<ServerToClient, ClientToServer>;

describe('ctx', () => {
  test('emits what is declared', () => {
    expect(ctx.emit).type.toBeCallableWith('welcome', 'id', 1);
    expect(ctx.emit).type.not.toBeCallableWith('welcome', 'id');
    expect(ctx.emit).type.not.toBeCallableWith('say', 'text');
    expect(ctx.to('room').emit).type.not.toBeCallableWith('kicked', 1);
    expect(admin.emit).type.toBeCallableWith('kicked', 1);
    expect(admin.emit).type.not.toBeCallableWith('said', 'text');
  });

  test('has the data that is declared', () => {
    expect(ctx.data.name).type.toBe<string>();
    expect(admin.data.level).type.toBe<number>();
    expect(ctx.data).type.not.toHaveProperty('level');
  });

  test('is known by the namespaces that are declared', () => {
    // @ts-expect-error Type '"/admn"' does not satisfy the constraint
    expect<Context<'/admn'>>();
    expect<Context<'/'>>().type.toBe<Context>();
    expect<Middleware<Context<'/admin'>>>().type.toBeAssignableTo<Middleware>();
  });
});

test('app.io', () => {
  expect(app.io.emit).type.toBeCallableWith('said', 'text');
  expect(app.io.emit).type.not.toBeCallableWith('sayd', 'text');
  expect(app.io.to('room').emit).type.not.toBeCallableWith('said', 1);
  for (const io of [ app.io.of('/admin'), app.io.of('admin') ]) {
    expect(io.emit).type.toBeCallableWith('kicked', 1);
    expect(io.to('room').emit).type.not.toBeCallableWith('said', 'text');
  }
  expect(app.io.of(`/rooms/${room}`).emit).type.toBeCallableWith('said', 'text');
  expect(app.io.of('/').emit).type.toBeCallableWith('said', 'text');
  expect(app.io.of).type.not.toBeCallableWith('/other');
  expect(app.io).type.toBeAssignableTo<Server<ClientToServer, ServerToClient, DefaultEventsMap, { name: string }>>();
  expect(app.io.of(/^\/d-/).emit).type.not.toBeCallableWith('kicked', 1);
  expect(app.io.stats()).type.toBe<Promise<AppStats>>();
});

test("the page's socket", () => {
  expect(page.emit).type.toBeCallableWith('say', 'text');
  expect(page.emit).type.not.toBeCallableWith('say', 1);
});

test('the test client', async () => {
  const client = await app.createSocketIOClient();
  expect(client.send).type.not.toBeCallableWith('say', 1);
  expect(client.emit).type.not.toBeCallableWith('sayy', 'text');
  expect(await client.sendWithAck('sum', 1, 2)).type.toBe<number>();
  expect(client.sendWithAck).type.not.toBeCallableWith('sum', 1);
  expect(await client.next('welcome')).type.toBe<[id: string, visits: number]>();
  expect(client.next).type.not.toBeCallableWith('wellcome');
  expect(client.id).type.toBe<string | undefined>();
  for (const other of [ await createSocketIOClient({ namespace: '/admin' }), await app.createSocketIOClient({ namespace: 'admin' }) ]) {
    expect(await other.sendWithAck('kick', 1)).type.toBe<boolean>();
    expect(other.send).type.not.toBeCallableWith('say', 'text');
  }
  expect(await new SocketIOTestClient<ServerToAdmin, AdminToServer>().connect())
    .type.toBe<SocketIOTestClient<ServerToAdmin, AdminToServer>>();
});

test('app.mockSocketEvent()', async () => {
  expect((await app.mockSocketEvent('/', 'sum', [ 1, 2 ])).ack).type.toBe<[result: number] | undefined>();
  expect((await app.mockSocketEvent('/admin', 'kick', [ 1 ])).ack).type.toBe<[kicked: boolean] | undefined>();
  expect(app.mockSocketEvent).type.toBeCallableWith('/', 'connection');
  expect(app.mockSocketEvent).type.not.toBeCallableWith('/', 'sum', [ 1, '2' ]);
  expect(app.mockSocketEvent).type.not.toBeCallableWith('/', 'kick', [ 1 ]);
});

test('invalid() stands for any argument, and for a list of arguments', async () => {
  const client = await app.createSocketIOClient();
  expect(client.sendWithAck).type.toBeCallableWith('sum', invalid('one'), 2);
  expect(app.mockSocketEvent).type.toBeCallableWith('/', 'sum', [ 1, invalid('2') ]);
  expect(app.mockSocketEvent).type.toBeCallableWith('/', 'sum', invalid([]));
});
