import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SocketIOTestClient } from 'egg-socketio/mock';
import { MODES } from '../support/decorator_modes';
import { type InlineApp, withInlineApp } from '../support/inline_app';

const SOURCE = readFileSync(path.join(__dirname, '../fixtures/decorators/modes.ts'), 'utf8');

const FILES = {
  'app/service/user.js': 'module.exports = app => class extends app.Service { find(id) { return `user ${id}`; } };',
  'config/config.default.js': "module.exports = () => ({ keys: 'test keys', modes: { greeting: 'hello' } });",
};

describe('test/decorator/modes.test.ts', () => {
  for (const { title, compile, sign } of MODES) {
    it(title, async () => {
      const compiled = compile(SOURCE);
      assert.match(compiled, sign);
      await withInlineApp({ ...FILES, 'app/socket/modes.js': compiled }, async (inline, error) => {
        assert.equal(error, undefined);
        await check(inline);
      });
    });
  }
});

async function check({ app, warnings }: InlineApp): Promise<void> {
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /modes\.js: Nobody has handlers that are never called/);
  const connect = () => app.createSocketIOClient({ namespace: '/modes' });
  const [ client, other ] = await Promise.all([ connect(), connect() ]) as [ SocketIOTestClient, SocketIOTestClient ];
  const ask = (event: string, ...args: unknown[]) => client.sendWithAck(event, ...args);
  const codeOf = async (answer: Promise<unknown>) => (await answer as { error: { code: string } }).error.code;

  assert.deepEqual(await ask('inherited'), [ 'inherited', 'base' ]);
  client.send('inherited');
  assert.deepEqual(await client.next('said'), [[ 'inherited', 'base' ]]);
  assert.deepEqual(await ask('overridden'), [ 'overridden', 'subclass' ]);
  assert.deepEqual(await ask('anew'), [ 'anew', 'subclass' ]);
  assert.equal(await codeOf(ask('renamed')), 'EVENT_NOT_FOUND');
  assert.deepEqual(await ask('one'), [ 'one', 'field' ]);
  assert.deepEqual(await ask('two'), [ 'two', 'field' ]);
  assert.deepEqual(await other.next('to others'), [[ 'one', 'field' ]]);
  assert.deepEqual(await ask('injected'), [ 'injected', [ 'user 1', 'hello', true, 'function', 'object' ]]);
  assert.equal(await codeOf(ask('checked', 1)), 'VALIDATION_FAILED');
  assert.equal(await codeOf(ask('guarded')), 'FORBIDDEN');
  assert.deepEqual(await ask('guarded', 'please'), [ 'guarded', 'in' ]);
  assert.deepEqual(await ask('limited'), [ 'limited', 'once' ]);
  assert.equal(await codeOf(ask('limited')), 'RATE_LIMITED');
  assert.deepEqual(await ask('thrown'), { caught: 'far off' });
  await assert.rejects(app.createSocketIOClient({ namespace: '/modes', auth: { asleep: true } }), { data: { code: 'FORBIDDEN' } });
  await other.close();
  assert.deepEqual(await client.next('left'), [ 'field' ]);
  await client.close();
}
