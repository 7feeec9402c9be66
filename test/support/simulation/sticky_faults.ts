import { PendingSessions } from '../../../lib/routing/pending_sessions';
import { SessionOwner } from '../../../lib/routing/session_owner';
import { SessionTaker } from '../../../lib/routing/session_taker';
import type { TakerMessage } from '../../../lib/routing/session_messages';
import { replace } from './faults';

interface Held { readonly session: object; readonly data: { readonly received: readonly unknown[] }; withdraw: unknown }
type Holder = { held: Map<string, Held> };

/** Mistakes in how sessions move that the simulation has to find. */
export const STICKY_FAULTS: Readonly<Record<string, () => void>> = {
  'a session that was taken stays with its owner': () => {
    replace(PendingSessions, 'take', function(this: Holder, sid: string) { return this.held.get(sid)?.data.received; });
  },
  'Socket.IO gets a session before its owner has given it': () => {
    const { ask } = SessionTaker.prototype as unknown as { ask(attempt: unknown, message: TakerMessage): Promise<unknown> };
    replace(SessionTaker, 'ask', async function(this: SessionTaker, attempt: unknown, message: TakerMessage) {
      const reply = ask.call(this, attempt, message);
      return message.op === 'take' ? { op: 'taken', received: [] } : reply;
    });
  },
  'what a client has sent is not handed over': () => {
    const { take } = PendingSessions.prototype;
    replace(PendingSessions, 'take', function(this: PendingSessions, sid: string) { return take.call(this, sid) && []; });
  },
  'a reservation of a worker that is gone is kept': () => replace(SessionOwner, 'onDown', () => undefined),
};
