import assert from 'node:assert/strict';
import { useApp } from '../support/app';

describe('test/dispatch/middleware.test.ts', () => {
  const t = useApp('life');
  const connect = () => t.connect({ namespace: '/onion' });

  it('runs app, controller and method middleware as an onion', async () => {
    const client = await connect();
    client.send('trail');
    assert.deepEqual(await client.next('trail'), [[
      'app >', 'controller >', 'life >', 'handler', '< life', '< controller', '< app',
    ]]);
  });

  it('runs connection middleware of app and controller before the handler, on one context', async () => {
    const client = await connect();
    assert.deepEqual(await client.sendWithAck('trail at connect'), [ 'app >', 'connect', '< app' ]);
  });

  it('a middleware can replace the return value; without a new value it is kept', async () => {
    const client = await connect();
    assert.deepEqual(await client.sendWithAck('replaced'), { wrapped: 'value' });
    assert.deepEqual(await client.sendWithAck('args', 1), [ 1, 'args' ]);
    assert.equal(await client.sendWithAck('not awaited'), 'kept');
  });

  it('acks exactly once if a middleware skips next(), returns early, throws or catches', async () => {
    const client = await connect();
    const acked = await new Promise<unknown[]>(resolve => { client.send('stopped', (...args: unknown[]) => resolve(args)); });
    assert.deepEqual(acked, []);
    assert.equal(await client.sendWithAck('answered early'), 'cached');
    assert.deepEqual(await client.sendWithAck('thrown in middleware'), { error: { code: 'NO', message: 'not today' } });
    assert.equal(await client.sendWithAck('caught'), 'caught boom');
  });

  it('the client gets the error of next() if a middleware catches it and returns nothing', async () => {
    const client = await connect();
    assert.deepEqual(await client.sendWithAck('caught without a value'), { error: { code: 'NO', message: 'not today' } });
  });

  it('rejects a second call of next() and names the middleware', async () => {
    const client = await connect();
    const { error } = await client.sendWithAck<{ error: { message: string } }>('next twice');
    assert.match(error.message, /app\/socket\/onion\.ts: OnionController\.nextTwice: @OnWSMessage\('next twice'\): middleware \[0\] called next\(\) more than once/);
  });

  it('recognises a factory of Egg\'s HTTP middleware and refuses it as socket middleware', async () => {
    const client = await connect();
    const { error } = await client.sendWithAck<{ error: { message: string } }>('egg factory');
    assert.match(error.message, /OnionController\.eggFactory.* returned a function\. A factory takes one parameter/);
  });
});
