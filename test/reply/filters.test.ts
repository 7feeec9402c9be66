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

  it('calls the filter for the closest error class first, and those for every error last, in their order', async () => {
    assert.deepEqual(await ask('throw', 'TypeError', 'x'), [ 'class at throw: x', 'class' ]);
    assert.deepEqual(await ask('throw', 'RangeError', 'x'), [ 'class at throw: x', 'class' ]);
    assert.deepEqual(await ask('throw', 'Special', 'x'), [ 'class at throw: x', 'Special,class' ]);
    assert.deepEqual(await ask('throw', 'Special', 'pass on'), [ 'app: pass on', 'Special,class,Error,everything,any' ]);
    assert.deepEqual(await ask('throw', 'Error', 'x'), [{ error: { code: 'INTERNAL', message: 'x' } }, 'Error,everything,any' ]);
  });

  it('continues with the error that a filter throws, and does not call the same filter again', async () => {
    assert.deepEqual(await ask('throw', 'TypeError', 'rethrow'), [ 'app: from a filter', 'class,Special,Error,everything,any' ]);
  });

  it('calls only the filters for every error if the thrown value is not an Error', async () => {
    assert.deepEqual(await ask('throw', 'null'), [ 'null', 'everything' ]);
    assert.deepEqual((await ask('throw', 'string', 'x'))[1], 'everything,any');
  });

  it('calls those of the method before those of the controller, however close their error class is', async () => {
    assert.deepEqual(await ask('method', 'SyntaxError'), [ 'method', '' ]);
    assert.deepEqual(await ask('method', 'TypeError'), [ 'class at method: y', 'method,class' ]);
  });

  it('refuses a filter for something that is not a class, such as a class that is not loaded yet', () => {
    assert.throws(() => Catch(TypeError, undefined as never), /@Catch\(\): expected argument 2 to be a class, but got undefined\. .*import each other/);
  });
});
