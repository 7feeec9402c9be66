import type { DisconnectReason } from 'socket.io';
import type { ConnectMessage, DisconnectMessage } from '../../types/observation';
import type { DisconnectStats, RecoveryOutcomes } from '../../types/stats';
import { keyIn, statsNameOf } from './namespace_names';

/** Socket.IO's reasons. All have a count from the start, because a monitor does not see the first increase of a new series. */
const REASONS: Readonly<Record<DisconnectReason, 0>> = {
  'transport error': 0,
  'transport close': 0,
  'forced close': 0,
  'ping timeout': 0,
  'parse error': 0,
  'server shutting down': 0,
  'forced server close': 0,
  'client namespace disconnect': 0,
  'server namespace disconnect': 0,
};

/** Counts clients that come to namespaces, and leave them. */
export class ConnectionTally {
  readonly recoveries: { -readonly [K in keyof RecoveryOutcomes]: number } = { recovered: 0, lost: 0 };
  readonly disconnects: { -readonly [K in keyof DisconnectStats]: number } = { ...REASONS, other: 0 };
  private readonly connects = new Map<string, number>();

  /** @param recovers - whether clients may recover their sessions */
  constructor(private readonly recovers: boolean) {}

  connect({ socket }: ConnectMessage): void {
    const key = keyIn(this.connects, statsNameOf(socket.nsp));
    this.connects.set(key, (this.connects.get(key) ?? 0) + 1);
    // The client of a session that can be recovered sends the session's private id.
    const { auth } = socket.handshake as { auth?: { pid?: unknown } };
    if (this.recovers && auth?.pid !== undefined) this.recoveries[socket.recovered ? 'recovered' : 'lost'] += 1;
  }

  disconnect({ reason }: Pick<DisconnectMessage, 'reason'>): void {
    this.disconnects[Object.hasOwn(REASONS, reason) ? reason as DisconnectReason : 'other'] += 1;
  }

  /**
   * The connects by namespace.
   *
   * @param namespaces - those that exist, which have a count even if nobody has come
   */
  connectsTo(namespaces: readonly string[]): Record<string, number> {
    return Object.fromEntries([ ...namespaces.map(name => [ name, 0 ] as const), ...this.connects ]);
  }
}
