import assert from 'node:assert/strict';
import { createDefaults, withDefaults } from '../../lib/boot/defaults';

describe('test/boot/defaults.test.ts', () => {
  it('gives each app its own defaults: changing those of one app does not change those of another', () => {
    const [ one, other ] = [ createDefaults(), createDefaults() ];
    assert.deepEqual(one, other);
    for (const key of [ 'drain', 'middleware', 'connectionMiddleware', 'guards', 'interceptors', 'filters', 'outgoing' ] as const) assert.notEqual(one[key], other[key], key);
  });

  it('fills up what an app leaves out, also in `drain`', () => {
    const { drain, path, takeOverWindow, startupTable } = withDefaults({ drain: { batch: 7 }, startupTable: false });
    assert.deepEqual({ drain, path, takeOverWindow, startupTable }, {
      drain: { batch: 7, interval: 50, limit: 4000 }, path: '/socket.io', takeOverWindow: 300, startupTable: false,
    });
  });
});
