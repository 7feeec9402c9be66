import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { withInlineApp } from '../support/inline_app';

const config = (socketio: string) => ({ 'config/config.default.js': `module.exports = () => ({ keys: 'k', socketio: ${socketio} });` });

describe('test/cluster/lone_adapter.test.ts', () => {
  it('serverSideEmitWithAck() in an app with one process gets no answers, like in a cluster with one worker', async () => {
    const warn = mock.method(console, 'warn');
    try {
      await withInlineApp(config('{}'), async ({ app }) => {
        app.io.serverSideEmit('told', 1);
        assert.deepEqual(await app.io.serverSideEmitWithAck('asked', 1), []);
        let isLater = false;
        await new Promise<void>(resolve => {
          app.io.of('/chat').serverSideEmit('asked', (error: Error | null, answers: unknown[]) => {
            assert.deepEqual([ error, answers, isLater ], [ null, [], true ]);
            resolve();
          });
          isLater = true;
        });
      });
      assert.deepEqual(warn.mock.calls, []);
    } finally {
      warn.mock.restore();
    }
  });

  it('keeps sessions only if connection state recovery is on', async () => {
    for (const [ option, keeps ] of [[ '{}', true ], [ 'true', true ], [ 'false', false ]] as const) {
      await withInlineApp(config(`{ connectionStateRecovery: ${option} }`), ({ app }) => {
        assert.equal('recovery' in app.io.of('/').adapter.constructor, keeps, option);
      });
    }
  });
});
