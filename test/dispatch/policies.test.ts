import assert from 'node:assert/strict';
import { type Kind, KINDS, LEVELS, type Mode, MODES, namespaceOf } from '../fixtures/apps/policies/app/policies';
import { useApp } from '../support/app';

const error = (code: string, message: string, details?: unknown) => ({ code, message, ...details === undefined ? {} : { details } });
const BROKEN = (mode: Mode) => error('BROKEN', mode);
const INVALID = error('VALIDATION_FAILED', 'invalid arguments', [{ path: [ 0, 'at', 0 ], message: 'not a number' }]);

interface Case {
  arg: unknown;
  /** Whether the handler is called. */
  called: boolean;
  /** The answer, or the error. */
  value?: unknown;
  error?: object;
  /** What comes of an error without an ack, if a filter has answered. */
  filtered?: unknown;
}

/** What comes of an event, by the kind of the policy before it and whether that works or fails. */
const EXPECTED: Record<Kind, { works: Case[]; fails: (mode: Mode) => Case[] }> = {
  middleware: {
    works: [{ arg: 1, called: true, value: { wrapped: { args: [ 1 ] } } }],
    // It fails on the way out.
    fails: mode => [{ arg: 1, called: true, error: BROKEN(mode) }],
  },
  guard: {
    works: [
      { arg: 1, called: true, value: { args: [ 1 ] } },
      { arg: 'denied', called: false, error: error('FORBIDDEN', 'access denied') },
    ],
    fails: mode => [{ arg: 1, called: false, error: BROKEN(mode) }],
  },
  validation: {
    works: [
      { arg: 2, called: true, value: { args: [ 4 ] } },
      { arg: 'two', called: false, error: INVALID },
    ],
    fails: mode => [{ arg: 2, called: false, error: BROKEN(mode) }],
  },
  filter: {
    works: [
      { arg: 1, called: true, value: { args: [ 1 ] } },
      { arg: 'boom', called: true, filtered: { filtered: 'boom' } },
    ],
    fails: mode => [{ arg: 'boom', called: true, error: BROKEN(mode) }],
  },
};

describe('test/dispatch/policies.test.ts', () => {
  const t = useApp('policies');
  // Egg's loader may have loaded it under another name.
  const calls = () => (require('../fixtures/apps/policies/app/socket/table') as { calls: Map<string, number> }).calls;

  for (const level of LEVELS) {
    for (const kind of KINDS) {
      for (const mode of MODES) {
        const { works, fails } = EXPECTED[kind];
        it(`${level} ${kind}, ${mode}`, async () => {
          const namespace = namespaceOf(level, kind, mode);
          const client = await t.connect({ namespace });
          for (const expected of mode === 'sync' || mode === 'async' ? works : fails(mode)) {
            const before = calls().get(namespace) ?? 0;
            const answer = await client.sendWithAck('ask', expected.arg);
            assert.deepEqual(answer, expected.filtered ?? (expected.error ? { error: expected.error } : expected.value));
            assert.equal((calls().get(namespace) ?? 0) - before, expected.called ? 1 : 0, 'calls of the handler');
            if (!expected.error && !expected.filtered) continue;
            client.send('ask', expected.arg);
            assert.deepEqual(await client.next('exception'), [ expected.filtered ?? { event: 'ask', ...expected.error } ]);
          }
          assert.deepEqual(client.pending, []);
        });
      }
    }
  }
});
