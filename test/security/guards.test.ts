import assert from 'node:assert/strict';
import { asked } from '../fixtures/apps/guards/app/asked';
import { useApp } from '../support/app';

const FORBIDDEN = { message: 'access denied', data: { code: 'FORBIDDEN' } };
const FORBIDDEN_ANSWER = { error: { code: 'FORBIDDEN', message: 'access denied' } };

describe('test/security/guards.test.ts', () => {
  const t = useApp('guards');
  const connect = (auth: object = {}, namespace = '/guarded') => t.connect({ namespace, auth });
  const taken = () => asked.splice(0);

  beforeEach(() => { asked.length = 0; });

  it('calls the guards of app, base class, class and connection handler at a connection, after the middleware', async () => {
    const client = await connect();
    assert.deepEqual(taken(), [
      'middleware', 'app connection', 'base connection GuardedController.undefined', 'first connection GuardedController.undefined',
      'second connection GuardedController.undefined', 'third connection GuardedController.undefined', 'connecting connection GuardedController.connected',
      'connected',
    ]);
    await client.close();
    while (asked.length === 0) await new Promise(setImmediate);
    assert.deepEqual(taken(), [ 'gone' ], 'nobody is asked about leaving');
  });

  for (const name of [ 'base', 'first', 'second', 'third', 'connecting' ]) {
    it(`refuses a connection that ${name} refuses, and calls no later guard`, async () => {
      await assert.rejects(connect({ [name]: false }), FORBIDDEN);
      const calls = taken();
      assert.match(calls.at(-1)!, new RegExp(`^${name} `));
      assert.equal(t.app.io.of('/guarded').sockets.size, 0);
    });
  }

  it('calls the app\'s guards for every namespace, also without a controller', async () => {
    t.app.io.of('/bare');
    for (const namespace of [ '/guarded', '/bare', '/plain' ]) await assert.rejects(connect({ banned: true }, namespace), FORBIDDEN);
    await connect({}, '/bare');
  });

  it('calls the guards of app, base class, class and method at an event, before the handler', async () => {
    const client = await connect({ inherited: true });
    taken();
    assert.equal(await client.sendWithAck('inherited'), 'inherited');
    assert.deepEqual(taken(), [
      'app inherited', 'base inherited GuardedController.inherited', 'first inherited GuardedController.inherited',
      'second inherited GuardedController.inherited', 'third inherited GuardedController.inherited', 'inherited inherited GuardedController.inherited', 'handler',
    ]);
    assert.equal(await client.sendWithAck('open'), 'open');
    assert.deepEqual(taken(), [ 'app open' ], 'a class\'s guards are asked about its own events only');
  });

  it('refuses an event that its guard refuses', async () => {
    const client = await connect({ inherited: false });
    taken();
    assert.deepEqual(await client.sendWithAck('inherited'), FORBIDDEN_ANSWER);
    client.send('inherited');
    assert.deepEqual(await client.next('exception'), [{ event: 'inherited', ...FORBIDDEN_ANSWER.error }]);
    assert.ok(!taken().includes('handler'));
  });

  it('creates a guard class with its injected objects', async () => {
    const nobody = await connect();
    assert.deepEqual(await nobody.sendWithAck('admin'), FORBIDDEN_ANSWER);
    const admin = await connect({ roles: [ 'admin' ] });
    taken();
    assert.equal(await admin.sendWithAck('admin'), 'admin');
    assert.deepEqual(taken().slice(-2), [ 'rights true GuardedController.admin', 'handler' ]);
  });

  it('supports guards and a rate in the plain form', async () => {
    await assert.rejects(connect({ plain: false }, '/plain'), FORBIDDEN);
    const client = await connect({ say: false }, '/plain');
    assert.deepEqual(await client.sendWithAck('say'), FORBIDDEN_ANSWER);
    const other = await connect({}, '/plain');
    for (let i = 0; i < 3; i++) assert.equal(await other.sendWithAck('say'), 'said');
    assert.equal((await other.sendWithAck<{ error: { code: string } }>('say')).error.code, 'RATE_LIMITED');
  });

  describe('errors and odd return values', () => {
    const refusal = (because: string, more: object = {}) => connect({ because, ...more }, '/filtered').then(
      () => assert.fail('it was let in'),
      ({ message, data }: Error & { data: unknown }) => ({ message, data }),
    );

    it('calls the filters for a refused connection: they answer, replace the error or pass it on', async () => {
      assert.deepEqual(await refusal('refused'), { message: 'no at connection', data: { code: 'BY_FILTER', message: 'no at connection' } });
      assert.deepEqual(await refusal('range'), { message: 'too far', data: { code: 'OUT_OF_RANGE' } });
      assert.deepEqual(await refusal('other'), { message: 'secret', data: { code: 'INTERNAL' } }, 'unittest shows the real message');
    });

    it('calls the app\'s filters last', async () => {
      assert.deepEqual(await refusal('other', { softly: true }), { message: 'please go', data: { message: 'please go', why: 'secret' } });
      assert.equal((await refusal('refused', { softly: true })).message, 'no at connection');
      await assert.rejects(connect({ softly: true, first: false }), { message: 'please go', data: { message: 'please go', why: 'access denied' } });
    });

    it('survives errors that cannot be sent or whose members throw', async () => {
      assert.deepEqual(await refusal('circular'), { message: 'cannot be told', data: { code: 'ODD' } });
      assert.deepEqual(await refusal('hostile'), { message: 'Internal server error', data: { code: 'INTERNAL' } });
    });

    it('admits a client only if a guard returns true', async () => {
      for (const [ because, type ] of [[ 'undefined', 'undefined' ], [ 'object', 'object' ]]) {
        const { message, data } = await refusal(because) as { message: string; data: unknown };
        assert.match(message, new RegExp(`^guard .* returned ${type} instead of true or false`));
        assert.deepEqual(data, { code: 'INTERNAL' });
      }
      assert.deepEqual(await (await connect({}, '/filtered')).sendWithAck('denied'), FORBIDDEN_ANSWER);
    });
  });
});
