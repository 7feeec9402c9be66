import assert from 'node:assert/strict';
import { normaliseError } from '../../lib/events/reply/payload';
import { useApp } from '../support/app';

describe('test/namespace/admission.test.ts', () => {
  const t = useApp('life');

  async function refusal(refuse: string): Promise<Error & { data?: unknown }> {
    return t.connect({ namespace: '/onion', auth: { refuse } }).then(
      () => { throw new Error('was accepted'); },
      (error: Error) => error,
    );
  }

  it('refuses with the message and data of a deliberate error', async () => {
    const error = await refusal('error');
    assert.equal(error.message, 'you are banned');
    assert.deepEqual(error.data, { code: 'BANNED', details: { until: 'friday' } });
  });

  it('sends the error\'s own data, if it has any', async () => {
    assert.deepEqual((await refusal('data')).data, { anything: [ 1 ] });
  });

  it('treats ctx.throw(401) as a deliberate error', async () => {
    const error = await refusal('status');
    assert.equal(error.message, 'who are you?');
    assert.deepEqual(error.data, { code: 'UNAUTHORIZED' });
  });

  it('logs a bug with its stack, and sends the client only its code', async () => {
    t.app.mockLog();
    assert.deepEqual((await refusal('bug')).data, { code: 'INTERNAL' });
    t.app.expectLog('TypeError: cannot read x of undefined');
    t.app.expectLog(/\[\/onion connection \S+\]/);
  });

  it('hides the message of a bug outside local and unittest', async () => {
    t.app.mockLog();
    assert.deepEqual(normaliseError(new TypeError('secret'), false).payload, { code: 'INTERNAL', message: 'Internal server error' });
  });

  it('refuses the connection if next() is not called', async () => {
    const error = await refusal('silently');
    assert.equal(error.message, 'connection refused');
    assert.deepEqual(error.data, { code: 'CONNECTION_REFUSED' });
  });

  it('leaves no socket behind, and keeps other clients connected', async () => {
    const client = await t.connect({ namespace: '/onion' });
    await refusal('error');
    assert.equal(t.app.io.of('/onion').sockets.size, 1);
    assert.deepEqual(await client.sendWithAck('args'), [ 'args' ]);
  });

  it('refuses a namespace that does not exist', async () => {
    await assert.rejects(t.connect({ namespace: '/nobody' }), { message: 'Invalid namespace' });
  });
});
