import assert from 'node:assert/strict';
import type { MockApplication } from 'egg-mock';
import type { MockSocketEventOptions } from 'egg-socketio/mock';
import { useApp } from '../support/app';

/** What the handler of 'who' sees. */
interface Who {
  auth: object;
  name?: string;
  header?: string;
  got: string;
  user?: { name: string };
  session: object;
  cookie?: string;
  tenant?: string;
  steps: string[];
  current: boolean;
}

describe('test/mock/socket_event_mocks.test.ts', () => {
  const t = useApp('mocked_event');

  async function who(options?: MockSocketEventOptions): Promise<Who> {
    const { ack } = await t.app.mockSocketEvent<[ Who ]>('/chat', 'who', [], options);
    return ack![0];
  }

  it('without mocks, the context is that of a client without cookies, query or auth', async () => {
    assert.deepEqual(await who(), { auth: {}, got: '', session: {}, steps: [ 'middleware', 'connection' ], current: true });
  });

  it('the context of the test is not that of the socket', async () => {
    await t.app.mockContextScope(async () => {
      assert.deepEqual((await t.app.mockSocketEvent('/own', 'context')).ack, [ true ]);
      assert.equal((await who()).current, true);
    });
  });

  describe("egg-mock's", () => {
    it('mockService() and mockServiceError()', async () => {
      t.app.mockService('user', 'find', async (id: string) => ({ name: `mocked ${id}` }));
      assert.deepEqual((await t.app.mockSocketEvent('/chat', 'greet', [ '7' ])).ack, [ 'hello mocked 7' ]);
      t.app.mockServiceError('user', 'find', new Error('no such user'));
      assert.deepEqual((await t.app.mockSocketEvent('/chat', 'greet', [ '7' ])).error, { code: 'INTERNAL', message: 'no such user' });
    });

    it('mockSession(), in which the test finds what a handler has written', async () => {
      const session: { user: string; room?: string } = { user: 'Ada' };
      t.app.mockSession(session);
      assert.deepEqual((await who()).session, { user: 'Ada' });
      await t.app.mockSocketEvent('/chat', 'join', [ 'lobby' ]);
      assert.equal(session.room, 'lobby');
    });

    it('mockHeaders()', async () => {
      t.app.mockHeaders({ 'X-Test': 'mocked' });
      assert.equal((await who()).got, 'mocked');
    });

    it('mockCookies()', async () => {
      t.app.mockCookies({ flavour: 'bitter' });
      assert.equal((await who()).cookie, 'bitter');
    });

    it('mockContext()', async () => {
      t.app.mockContext({ tenant: 'mocked', user: { name: 'Ada' } });
      const { tenant, user } = await who();
      assert.deepEqual({ tenant, user }, { tenant: 'mocked', user: { name: 'Ada' } });
    });

    it('mockUser() of egg-passport', async () => {
      (t.app as MockApplication & { mockUser(user: object): void }).mockUser({ name: 'Ada' });
      assert.equal((await who()).user?.name, 'Ada');
    });

    it('mocks end with mm.restore()', async () => {
      const { user, cookie, tenant, session } = await who();
      assert.deepEqual([ user, cookie, tenant, session ], [ undefined, undefined, undefined, {}]);
    });
  });

  describe('the option ctx', () => {
    it('sets members on the contexts of connect, event and disconnect', async () => {
      const session: { user: string; room?: string } = { user: 'Ada' };
      const mocked = await who({ ctx: { session, user: { name: 'Ada' }, tenant: 't' } });
      assert.deepEqual([ mocked.session, mocked.user, mocked.tenant, mocked.current ], [{ user: 'Ada' }, { name: 'Ada' }, 't', true ]);
      await t.app.mockSocketEvent('/chat', 'join', [ 'lobby' ], { ctx: { session } });
      assert.equal(session.room, 'lobby');
      const levels: unknown[] = [];
      const logger = Object.fromEntries([ 'debug', 'info', 'warn', 'error' ].map(level => [ level, () => levels.push(level) ]));
      await t.app.mockSocketEvent('/chat', 'fails', [ 'bug' ], { ctx: { logger } });
      assert.deepEqual(levels, [ 'error' ]);
    });

    it('is read by guards', async () => {
      const options = { auth: { password: 'sesame' }, ctx: { session: { role: 'admin' } } };
      assert.deepEqual((await t.app.mockSocketEvent('/guarded', 'shutdown', [], options)).ack, [ 'done' ]);
    });

    it('treats headers, query and data like the options of the same names', async () => {
      const mocked = await who({ ctx: { headers: { 'X-Test': 'h' }, query: { name: 'q' }, data: { tenant: 'd' } } });
      assert.deepEqual([ mocked.header, mocked.got, mocked.name ], [ 'h', 'h', 'q' ]);
      assert.deepEqual((await t.app.mockSocketEvent('/chat', 'reply', [], { ctx: { data: { a: 1 } } })).data,
        { name: 'nobody', steps: [ 'middleware', 'connection' ], a: 1 });
    });

    it('accepts a context of app.mockContext()', async () => {
      const ctx = t.app.mockContext({ tenant: 't', headers: { 'X-Test': 'h' } });
      ctx.session = { user: 'Ada' };
      (ctx as { more?: string }).more = 'm';
      const mocked = await who({ ctx });
      assert.deepEqual([ mocked.session, mocked.tenant, mocked.got ], [{ user: 'Ada' }, 't', 'h' ]);
    });

    for (const [ member, advice ] of Object.entries({
      rooms: 'use the option rooms', ack: 'use the option ack', event: 'give the event', args: 'give the arguments',
      handshake: 'use the options auth, query and headers', socket: 'it belongs to the socket', id: 'it belongs to the socket',
    })) {
      it(`refuses ${member}, and names the right option`, async () => {
        await assert.rejects(t.app.mockSocketEvent('/chat', 'who', [], { ctx: { [member]: 1 } }), error => (
          error instanceof TypeError && error.message.includes(`the member '${member}': ${advice}`)
        ));
      });
    }
  });

  describe('the handshake', () => {
    it('has the auth, query and headers of the options', async () => {
      const mocked = await who({
        auth: { name: 'Ada', token: 't' }, query: { name: 'q' }, headers: { 'X-Test': 'h', Cookie: 'flavour=sweet' },
      });
      assert.deepEqual(mocked.auth, { name: 'Ada', token: 't' });
      assert.deepEqual([ mocked.name, mocked.header, mocked.got, mocked.cookie ], [ 'q', 'h', 'h', 'sweet' ]);
    });

    it('comes from this machine', async () => {
      const { ack } = await t.app.mockSocketEvent<[ string ]>('/chat', 'address');
      assert.deepEqual(ack, [ '127.0.0.1' ]);
    });
  });
});
