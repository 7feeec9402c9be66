import type { EventEmitter } from 'node:events';
import type { Server as Engine, Socket as EngineSocket } from 'engine.io';
import type { EggLogger } from 'egg';
import { cutOff } from './cut_off';

function ownEmit(emitter: EventEmitter): EventEmitter['emit'] {
  return (Object.getPrototypeOf(emitter) as EventEmitter).emit;
}

/**
 * Has errors in the app's own listeners of `io.engine` and its sessions stay where they are. Engine.IO emits to them from events
 * of connections and from timers, where an error ends the worker. A session of which one listener has thrown is closed, because
 * Socket.IO, which may come after that listener, has not heard of the event.
 */
export function guardEngineListeners(engine: Engine, logger: EggLogger): void {
  const log = (thrown: unknown, event: string, outcome: string) => {
    const what = thrown instanceof Error ? thrown.stack : String(thrown);
    logger.error('[egg-socketio] a listener of the app\'s own for Engine.IO\'s event \'%s\' threw an error, %s: %s', event, outcome, what);
  };

  function emitOfSession(this: EventEmitter, event: string): boolean {
    try {
      // eslint-disable-next-line prefer-rest-params
      return ownEmit(this).apply(this, arguments as never);
    } catch (thrown) {
      log(thrown, event, 'and the connection was closed');
      process.nextTick(cutOff, this as unknown as EngineSocket);
      return true;
    }
  }

  function emitOfEngine(this: EventEmitter, event: string, first?: unknown): boolean {
    // Before Socket.IO is given it, which may be later.
    if (event === 'connection') (first as EventEmitter).emit = emitOfSession as EventEmitter['emit'];
    try {
      // eslint-disable-next-line prefer-rest-params
      return ownEmit(this).apply(this, arguments as never);
    } catch (thrown) {
      log(thrown, event, 'which changes nothing for the client');
      return true;
    }
  }

  engine.emit = emitOfEngine as typeof engine.emit;
}
