import assert from 'node:assert/strict';
import { atMost } from '../../lib/base/at_most';
import { isGone } from '../../lib/base/gone_errors';
import { Once } from '../../lib/base/once';

const never = new Promise<never>(() => undefined);

/** Runs something, and returns how many of the timers that it has set are left. */
async function timersLeftBy(run: () => Promise<unknown>): Promise<number> {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const left = new Set<unknown>();
  globalThis.setTimeout = ((callback: () => void, delay: number) => {
    const timer = set(callback, delay);
    left.add(timer);
    return timer;
  }) as typeof setTimeout;
  globalThis.clearTimeout = timer => {
    left.delete(timer);
    clear(timer);
  };
  try {
    await run();
    return left.size;
  } finally {
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  }
}

describe('test/base/helpers.test.ts', () => {
  describe('atMost()', () => {
    it('resolves to what the promise resolves to, and leaves no timer', async () => {
      assert.equal(await timersLeftBy(async () => assert.equal(await atMost(60_000, Promise.resolve('value')), 'value')), 0);
    });

    it('rejects with what the promise rejects with, and leaves no timer', async () => {
      assert.equal(await timersLeftBy(() => assert.rejects(atMost(60_000, Promise.reject(new Error('refused'))), /^Error: refused$/)), 0);
    });

    it('resolves to undefined, or to what `late` returns, when the time is over', async () => {
      assert.equal(await atMost(1, never), undefined);
      assert.equal(await atMost(1, never, () => 'late'), 'late');
    });

    it('rejects with what `late` throws', async () => {
      await assert.rejects(atMost(1, never, () => { throw new Error('no answer'); }), /^Error: no answer$/);
    });

    it('does not leave the rejection of a promise unhandled that comes too late', async () => {
      let reject: (error: Error) => void = () => undefined;
      const promise = new Promise<void>((_resolve, fail) => { reject = fail; });
      await atMost(1, promise);
      const unhandled: unknown[] = [];
      const note = (reason: unknown) => unhandled.push(reason);
      process.on('unhandledRejection', note);
      reject(new Error('late'));
      await new Promise(resolve => { setImmediate(resolve); });
      process.off('unhandledRejection', note);
      assert.deepEqual(unhandled, []);
    });
  });

  it('Once tells the first time from later ones, for each text and each object', () => {
    const once = new Once();
    const object = {};
    assert.deepEqual([ 'a', 'a', 'b', object, object, {}].map(kind => once.isFirst(kind)), [ true, false, true, true, false, true ]);
  });

  for (const code of [ 'ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ECONNRESET', 'EPIPE' ]) {
    it(`${code} says that a worker is gone`, () => assert.ok(isGone(Object.assign(new Error(code), { code }))));
  }

  for (const code of [ 'EAGAIN', 'EMFILE', undefined ]) {
    it(`${code} does not say that a worker is gone`, () => assert.ok(!isGone(Object.assign(new Error('no'), { code }))));
  }
});
