import type { EventEmitter } from 'node:events';
import type { Socket as EngineSocket } from 'engine.io';

/**
 * Removes Engine.IO's listener for errors before a WebSocket handshake. Engine.IO only removes it in an upgrade, so every other
 * connection would keep the response to its request. By now the transport has a listener itself.
 */
export function dropUpgradeErrorListener(session: EngineSocket): void {
  const { socket } = session.transport as { socket?: EventEmitter };
  const listeners = socket?.listeners?.('error') as ((...args: unknown[]) => void)[] | undefined;
  const leftover = listeners?.find(({ name }) => name === 'onUpgradeError');
  if (leftover && listeners!.length > 1) socket!.removeListener('error', leftover);
}
