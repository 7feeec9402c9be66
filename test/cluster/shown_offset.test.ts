import assert from 'node:assert/strict';
import { Budget } from '../../lib/adapter/recovery/budget';
import { offsetOf } from '../../lib/adapter/recovery/packet_log';
import { Recovery } from '../../lib/adapter/recovery/recovery';

/** A client whose new session begins while a packet of its earlier one has not arrived at the new worker yet. */
describe('test/cluster/shown_offset.test.ts', () => {
  const [ killed, own ] = [ 'killed--', 'own-----' ];
  let recovery: Recovery;

  beforeEach(() => {
    recovery = new Recovery({ duration: 120_000, heartbeat: () => 65_000 }, new Budget(1e6));
    recovery.connected('sid', 'pid', new Set([ 'sid' ]), offsetOf(killed, 5));
    for (const [ origin, seq ] of [[ own, 7 ], [ killed, 5 ], [ own, 8 ]] as const) {
      recovery.record({ offset: offsetOf(origin, seq), origin, seq, shared: true, rooms: [], except: [], chunks: [ `${seq}` ] });
    }
    recovery.keep({ sid: 'sid', pid: 'pid', rooms: [ 'sid' ], data: {} }, 0);
    recovery.gone('sid');
  });

  it('is not recovered if it still shows the offset of that packet, because it may have missed those before it', () => {
    assert.equal(recovery.claim('pid', offsetOf(killed, 5)), undefined);
  });

  it('is recovered if it shows another one, and gets what follows', () => {
    assert.ok(recovery.claim('pid', offsetOf(own, 7)));
    const missed = recovery.connected('sid', 'pid', new Set([ 'sid' ]));
    assert.deepEqual(missed.map(({ offset }) => offset), [ offsetOf(killed, 5), offsetOf(own, 8) ]);
  });
});
