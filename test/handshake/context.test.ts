import assert from 'node:assert/strict';
import { seen } from '../fixtures/apps/context/app/socket/context';
import { useApp } from '../support/app';
import { onlyOnEgg3 } from '../support/framework';

describe('test/handshake/context.test.ts', () => {
  const t = useApp('context');
  const connect = (extraHeaders: Record<string, string> = {}) => t.connect({
    namespace: '/context', query: { token: 't1' }, extraHeaders,
  });

  async function login(): Promise<string> {
    const { headers } = await t.app.httpRequest().get('/login').expect('in');
    return (headers['set-cookie'] as unknown as string[]).map(cookie => cookie.split(';')[0]).join('; ');
  }

  beforeEach(() => {
    seen.contexts = [];
    seen.sessions = [];
    seen.ips = [];
  });

  it('is new for each connect, event and disconnect, and is app.currentContext while that runs', async () => {
    const client = await connect();
    const expected = { current: true, inService: true, sameSocket: true, linked: true };
    assert.deepEqual(await client.sendWithAck('contexts'), expected);
    assert.deepEqual(await client.sendWithAck('contexts'), expected);
    const gone = new Promise<void>(resolve => { seen.gone = resolve; });
    client.send('leave');
    await gone;
    assert.equal(new Set(seen.contexts).size, 4);
  });

  it('keeps no member from one event to the next', async () => {
    const client = await connect();
    assert.equal(await client.sendWithAck('state'), 'clean');
    assert.equal(await client.sendWithAck('state'), 'clean');
  });

  it('is made from the handshake request', async () => {
    const client = await connect({ 'x-test': 'yes', 'x-forwarded-for': '9.8.7.6, 10.0.0.1' });
    assert.deepEqual(await client.sendWithAck('request', 1, 'two'), {
      ip: '10.0.0.1', token: 't1', path: '/socket.io/', agent: 'node-XMLHttpRequest', header: 'yes', event: 'request', args: [ 1, 'two' ],
    });
  });

  it('has the client\'s address even after the connection is closed', async () => {
    const client = await connect();
    const gone = new Promise<void>(resolve => { seen.gone = resolve; });
    await client.close();
    await gone;
    assert.deepEqual(seen.ips, [ '127.0.0.1', '127.0.0.1' ]);
  });

  it('has the members of the socket', async () => {
    const client = await connect();
    client.socket.on('question', (n: number, answer: (value: number) => void) => answer(n + 1));
    assert.deepEqual(await client.sendWithAck('members'), {
      same: [], rooms: [ 'a' ], answer: 2, sent: true, operators: Array(5).fill('function'), chained: [ true, true ],
    });
    assert.deepEqual(await client.next('message'), [ 'a message' ]);
  });

  it('reads session and cookies at connect, in events and at disconnect', async () => {
    const client = await connect({ cookie: await login() });
    const expected = { session: { user: { name: 'harry' } }, theme: 'dark' };
    assert.deepEqual(await client.sendWithAck('session'), expected);
    await client.sendWithAck('write session');
    assert.deepEqual(await client.sendWithAck('session'), expected, 'an event cannot write a cookie, and must not seem to');
    const gone = new Promise<void>(resolve => { seen.gone = resolve; });
    await client.close();
    await gone;
    assert.deepEqual(seen.sessions, [{ user: { name: 'harry' } }, { user: { name: 'harry' } }]);
  });

  it('has an empty session for a client without a cookie', async () => {
    assert.deepEqual(await (await connect()).sendWithAck('session'), { session: {} });
  });

  it('uses a mocked session, as in HTTP', async () => {
    const client = await connect();
    t.app.mockSession({ user: 'mocked' });
    assert.deepEqual((await client.sendWithAck<{ session: unknown }>('session')).session, { user: 'mocked' });
  });

  it('logs lines with namespace, event and socket id', async () => {
    const client = await connect();
    t.app.mockLog();
    t.app.mockLog('audit');
    await client.sendWithAck('log');
    t.app.expectLog('[-/127.0.0.1/-/');
    t.app.expectLog(`[/context log ${client.id}] a line of ctx.logger`);
    t.app.expectLog(`[/context log ${client.id}] a line of audit`, 'audit');
  });

  it('logs with a shared logger if enableFastContextLogger is on', async function() {
    onlyOnEgg3(this, 'its lines would tell of the request of the handshake, and it cannot be told to do otherwise');
    const client = await connect();
    Object.assign(t.app.config.logger, { enableFastContextLogger: true });
    try {
      t.app.mockLog();
      await client.sendWithAck('log');
      t.app.expectLog('a line of ctx.logger');
      t.app.notExpectLog(`${client.id}] a line of ctx.logger`);
    } finally {
      Object.assign(t.app.config.logger, { enableFastContextLogger: false });
    }
  });
});
