import type { SocketIOConfig } from './config';

/** How sessions are copied to siblings. */
export interface Replicas {
  /** Whether a sibling has each change before the client sees it. */
  readonly order: 'before' | 'after';
}

/** Returns the settings of replicas; `undefined` if there are none. */
export function replicasOf({ connectionStateRecovery }: SocketIOConfig): Replicas | undefined {
  if (!connectionStateRecovery) return undefined;
  const { replicas = 1 } = connectionStateRecovery === true ? {} : connectionStateRecovery;
  if (replicas === 0) return undefined;
  return { order: (replicas === 1 ? undefined : replicas.order) ?? 'before' };
}
