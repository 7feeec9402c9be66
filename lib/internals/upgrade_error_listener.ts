import type { EventEmitter } from 'node:events';
import type { Server as Engine } from 'engine.io';
import { wrapSessionListener } from './session_listener';

/**
 * Lets go of Engine.IO's listener for errors that come before a handshake over WebSocket. Engine.IO takes it away in an upgrade
 * only, and with it every connection would keep what its request was answered with. By now the transport listens itself.
 */
export function dropUpgradeErrorListener(engine: Engine): void {
  wrapSessionListener(engine, listener => session => {
    const { socket } = session.transport as { socket?: EventEmitter };
    const listeners = socket?.listeners?.('error') as ((...args: unknown[]) => void)[] | undefined;
    const leftover = listeners?.find(({ name }) => name === 'onUpgradeError');
    if (leftover && listeners!.length > 1) socket!.removeListener('error', leftover);
    listener(session);
  });
}
