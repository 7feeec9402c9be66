import assert from 'node:assert/strict';
import { format } from 'node:util';
import type { EggLogger } from 'egg';
import { Refusals } from '../../lib/limits/refusals';

describe('test/security/refusals.test.ts', () => {
  const { setTimeout } = globalThis;
  let pending: (() => void)[];

  /** A second passes. */
  function tick(): void {
    for (const task of pending.splice(0)) task();
  }

  beforeEach(() => {
    pending = [];
    globalThis.setTimeout = ((task: () => void) => {
      pending.push(task);
      return { unref: () => undefined };
    }) as unknown as typeof setTimeout;
  });
  afterEach(() => { globalThis.setTimeout = setTimeout; });

  it('logs each kind at most once a second, with the number since then, and counts all', () => {
    const lines: string[] = [];
    const refusals = new Refusals({ warn: (...args: unknown[]) => lines.push(format(...args)) } as unknown as EggLogger);
    const logged = () => lines.splice(0).map(line => line.replace('[egg-socketio] ', ''));
    let described = 0;
    const add = (kind: 'events' | 'rooms', text: string) => refusals.add(kind, () => {
      described += 1;
      return text;
    });

    for (const text of [ 'a', 'b', 'c', 'd' ]) add('events', text);
    add('rooms', 'other\nkind');
    assert.deepEqual(logged(), [ 'a', 'other\\u000akind' ]);
    tick();
    assert.deepEqual(logged(), [ 'd (and 2 more of this kind within a second)' ]);
    add('events', 'e');
    assert.deepEqual(logged(), []);
    tick();
    assert.deepEqual(logged(), [ 'e' ], 'a single one is no more than itself');
    tick();
    assert.deepEqual([ logged(), pending.length ], [[], 0 ]);
    add('events', 'f');
    assert.deepEqual(logged(), [ 'f' ]);
    assert.deepEqual([ refusals.counts.events, refusals.counts.rooms, refusals.counts.origin ], [ 6, 1, 0 ]);
    assert.equal(described, 5, 'what is not logged is not described');
  });
});
