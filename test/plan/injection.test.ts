import assert from 'node:assert/strict';
import { useApp } from '../support/app';

describe('test/plan/injection.test.ts', () => {
  const t = useApp('context');

  it('injects by decorator and by name', async () => {
    const client = await t.connect({ namespace: '/injected' });
    t.app.mockLog();
    t.app.mockLog('audit');
    assert.deepEqual(await client.sendWithAck('everything'), {
      userService: 'hello a, from /injected everything',
      user: true,
      roles: 'role of b',
      shout: 'C 127.0.0.1',
      clock: 'now',
      plugged: 'now',
      egg: true,
      io: true,
      limit: 200,
      chat: { limits: { text: 200 } },
    });
    t.app.expectLog(`[/injected everything ${client.id}] said by @Logger`);
    t.app.expectLog(`[/injected everything ${client.id}] said by audit`, 'audit');
  });

  it('creates a controller for each event; only ctx.data lasts', async () => {
    const client = await t.connect({ namespace: '/injected' });
    assert.deepEqual(await client.sendWithAck('count'), [ 1, 1 ]);
    assert.deepEqual(await client.sendWithAck('count'), [ 1, 2 ]);
  });

  it('gives a class that extends Egg\'s Controller the same members as Egg', async () => {
    const client = await t.connect({ namespace: '/egg' });
    assert.deepEqual(await client.sendWithAck('egg', 'harry'), {
      service: 'hello harry, from /egg egg', config: { limits: { text: 200 } }, io: true, id: true,
    });
  });

  it('injects mocked services', async () => {
    const client = await t.connect({ namespace: '/egg' });
    t.app.mockService('user', 'greet', () => 'mocked');
    assert.equal((await client.sendWithAck<{ service: string }>('egg', 'harry')).service, 'mocked');
  });
});
