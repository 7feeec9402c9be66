import assert from 'node:assert/strict';
import { playHistories } from '../support/histories/run';
import type { Act } from '../support/histories/villain';

/** Always the same, so that a failure belongs to the change that is tested; `npm run histories` does it at random. */
const ACTS: readonly Act[] = [ 'pause', 'cut links', 'kill', 'kill the agent', 'pause and kill', 'roll', 'cut links', 'kill' ];

describe('test/histories/histories.test.ts', function() {
  this.timeout(240_000);

  it('delivers each message once and in order, or gives the client a new session, while workers are killed, paused and restarted, and links break', async () => {
    const acts = [ ...ACTS ];
    const { faults, deeds, log, disconnects, recovered, messages } = await playHistories({
      seed: 1, workers: 3, clients: 36, pace: 1000, longestPause: 3000, next: () => acts.shift(),
    });
    assert.ok(faults.length === 0, `${faults.length} faults\n${faults.slice(0, 3).join('\n')}\n${deeds.join('\n')}\n${log}`);
    assert.ok(recovered > 0 && messages > 0, `${recovered} recovered, ${messages} events, ${JSON.stringify(disconnects)}`);
  });
});
