import assert from 'node:assert/strict';
import { useApp } from './support/app';

describe('test/basic.test.ts', () => {
  const t = useApp('basic');

  it('answers an ack with the return value', async () => {
    const client = await t.connect();
    assert.deepEqual(await client.sendWithAck('myEvent', 1, 2, 3), { name: 'harry', result: 6 });
  });

  it('works next to the routes of Egg, which reach the clients through app.io', async () => {
    const client = await t.connect();
    await t.app.httpRequest().get('/').expect('egg');
    await t.app.httpRequest().get('/broadcast').expect('done');
    assert.deepEqual(await client.next('hi'), [ 'everyone' ]);
  });
});
