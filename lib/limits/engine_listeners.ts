import type { EventEmitter } from 'node:events';
import type { Socket as EngineSocket } from 'engine.io';
import { callApp, type LogThrown } from '../base/app_code';
import { terminate } from '../internals/terminate';

type Listener = (...args: unknown[]) => unknown;
type Add = (this: EventEmitter, event: string, listener: Listener) => EventEmitter;

/** Creates the Socket.IO client of an Engine.IO session. */
export type HandOver = (session: EngineSocket) => void;

/** Calls the listeners of Engine.IO's server, and guards those of its sessions. */
export interface EngineListeners {
  /** Emits an event of the engine. */
  emit(engine: EventEmitter, event: string | symbol, args: unknown[]): boolean;
  /** Contains errors of the listeners that are added to a session from now on. */
  guard(session: EngineSocket): void;
  /** Exempts the listeners that Socket.IO adds. */
  around(handOver: HandOver): HandOver;
}

/**
 * Contains errors in the app's own listeners of `io.engine` and its sessions. Engine.IO emits to them from connection events and timers,
 * where an error ends the worker. If a listener of a session has thrown, the session is closed: the listener's work for its client was
 * not done, and the client reconnects.
 *
 * The listeners of a session are wrapped when they are added, not its `emit()`, which would cost each event more.
 */
export function guardEngineListeners(logThrown: LogThrown): EngineListeners {
  let isSocketIO = false;

  const log = (thrown: unknown, event: string | symbol, outcome: string) => {
    logThrown(thrown, `a listener of the app's own for Engine.IO's event '${String(event)}' threw an error, ${outcome}`);
  };

  function guarded(session: EventEmitter, event: string, listener: Listener): Listener {
    const caught = (thrown: unknown) => {
      log(thrown, event, 'and the connection was closed');
      process.nextTick(terminate, session as unknown as EngineSocket);
    };
    const call = (...args: unknown[]): void => callApp(listener, session, args, caught);
    // removeListener() finds it by this property, as it does for once().
    return Object.assign(call, { listener });
  }

  function adding(method: 'addListener' | 'prependListener'): Add {
    return function(event, listener) {
      const own = Object.getPrototypeOf(this) as Record<typeof method, Add>;
      return own[method].call(this, event, isSocketIO ? listener : guarded(this, event, listener));
    };
  }

  function addingOnce(method: 'addListener' | 'prependListener'): Add {
    return function(event, listener) {
      const own = Object.getPrototypeOf(this) as Record<typeof method, Add>;
      const call = guarded(this, event, (...args) => {
        this.removeListener(event, call);
        return Reflect.apply(listener, this, args);
      });
      return own[method].call(this, event, Object.assign(call, { listener }));
    };
  }

  const methods = {
    on: adding('addListener'), addListener: adding('addListener'), prependListener: adding('prependListener'),
    once: addingOnce('addListener'), prependOnceListener: addingOnce('prependListener'),
  };

  return {
    emit(engine, event, args) {
      const listeners = engine.rawListeners(event) as Listener[];
      for (const listener of listeners) callApp(listener, engine, args, thrown => log(thrown, event, 'which changes nothing for the client'));
      return listeners.length > 0;
    },
    guard: session => { Object.assign(session, methods); },
    around: handOver => session => {
      isSocketIO = true;
      try {
        handOver(session);
      } finally {
        isSocketIO = false;
      }
    },
  };
}
