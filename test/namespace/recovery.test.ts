import assert from 'node:assert/strict';
import { admissions, connections } from '../fixtures/apps/recovery/app/socket/recovery';
import { useApp } from '../support/app';

describe('test/namespace/recovery.test.ts', () => {
  const t = useApp('recovery');

  beforeEach(() => {
    admissions.length = 0;
    connections.length = 0;
  });

  async function login(): Promise<string> {
    const { headers } = await t.app.httpRequest().get('/login').expect('in');
    return (headers['set-cookie'] as unknown as string[]).map(cookie => cookie.split(';')[0]).join('; ');
  }

  it('restores handlers, rooms, data, session and missed packets of a client that reconnects', async () => {
    const client = await t.connect({ reconnection: true, reconnectionDelay: 10, extraHeaders: { cookie: await login() } });
    await client.next('welcome');
    assert.equal(await client.sendWithAck('note', 'kept'), 'written by an event');
    const { id } = client;

    const gone = new Promise<void>(resolve => { t.app.io.of('/').sockets.get(id!)!.once('disconnect', () => resolve()); });
    const back = new Promise<void>(resolve => { client.once('connect', resolve); });
    client.socket.io.engine.close();
    await gone;
    t.app.io.to('lobby').emit('missed', 1);
    await back;

    // Behind the arguments stands the packet's offset, which Socket.IO adds while recovery is on.
    assert.equal((await client.next('missed'))[0], 1);
    await client.next('welcome');
    assert.equal(client.id, id);
    assert.equal(client.socket.recovered, true);
    const session = { user: 'harry', tags: [ 'a' ], visits: 1 };
    assert.deepEqual(await client.sendWithAck('who'), [ session, true, 'kept' ]);
    assert.deepEqual(connections, [{ id, recovered: false, user: 'harry' }, { id, recovered: true, user: 'harry' }]);
    assert.deepEqual(admissions, [ id ], 'recovery skips connection middleware, as in Socket.IO');
  });

  it('loads a session from its store once per connection, and saves changes of connection middleware', async () => {
    const cookie = await login();
    const client = await t.connect({ extraHeaders: { cookie } });
    const session = { user: 'harry', tags: [ 'a' ], visits: 1 };
    assert.equal(await client.sendWithAck('note', ''), 'written by an event');
    assert.deepEqual((await client.sendWithAck<unknown[]>('who'))[0], session, 'an event sees the session as it was at connect');
    await t.app.httpRequest().get('/session').set('cookie', cookie).expect(session);
  });

  it('gives a client without a session an empty session', async () => {
    const client = await t.connect();
    assert.deepEqual((await client.sendWithAck<unknown[]>('who'))[0], { visits: 1 });
  });
});
