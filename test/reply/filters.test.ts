import assert from 'node:assert/strict';
import { Catch } from 'egg-socketio';
import { trail } from '../fixtures/apps/filters/app/socket/filters';
import { useApp } from '../support/app';

describe('test/reply/filters.test.ts', () => {
  const t = useApp('filters');

  /** What is answered, and who was asked. */
  async function ask(event: string, ...args: unknown[]): Promise<[answer: unknown, asked: string]> {
    trail.length = 0;
    const client = await t.connect();
    return [ await client.sendWithAck(event, ...args), trail.join() ];
  }

  it('asks the filter of the closest class first, and those for everything last, as they stand', async () => {
    assert.deepEqual(await ask('throw', 'TypeError', 'x'), [ 'class at throw: x', 'class' ]);
    assert.deepEqual(await ask('throw', 'RangeError', 'x'), [ 'class at throw: x', 'class' ]);
    assert.deepEqual(await ask('throw', 'Special', 'x'), [ 'class at throw: x', 'Special,class' ]);
    assert.deepEqual(await ask('throw', 'Special', 'pass on'), [ 'app: pass on', 'Special,class,Error,everything,any' ]);
    assert.deepEqual(await ask('throw', 'Error', 'x'), [{ error: { code: 'INTERNAL', message: 'x' } }, 'Error,everything,any' ]);
  });

  it('goes on with what a filter throws, and does not ask the same one again', async () => {
    assert.deepEqual(await ask('throw', 'TypeError', 'rethrow'), [ 'app: from a filter', 'class,Special,Error,everything,any' ]);
  });

  it('asks those for everything about what is no error', async () => {
    assert.deepEqual(await ask('throw', 'null'), [ 'null', 'everything' ]);
    assert.deepEqual((await ask('throw', 'string', 'x'))[1], 'everything,any');
  });

  it('asks those of the method before those of the controller, however close they are', async () => {
    assert.deepEqual(await ask('method', 'SyntaxError'), [ 'method', '' ]);
    assert.deepEqual(await ask('method', 'TypeError'), [ 'class at method: y', 'method,class' ]);
  });

  it('refuses to catch what is no class, as a class is that was not loaded yet', () => {
    assert.throws(() => Catch(TypeError, undefined as never), /@Catch\(\): expected argument 2 to be a class, but got undefined\. .*import each other/);
  });
});
