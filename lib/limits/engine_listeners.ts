import type { EventEmitter } from 'node:events';
import type { Server as Engine, Socket as EngineSocket } from 'engine.io';
import { wrapSessionListener } from '../internals/session_listener';
import { callApp, type LogThrown } from '../base/app_code';
import { terminate } from '../internals/terminate';

type Listener = (...args: unknown[]) => unknown;
type Add = (this: EventEmitter, event: string, listener: Listener) => EventEmitter;

/**
 * Contains errors in the app's own listeners of `io.engine` and its sessions. Engine.IO emits to them from connection events and timers,
 * where an error ends the worker. If a listener of a session has thrown, the session is closed: the listener's work for its client was
 * not done, and the client reconnects.
 *
 * The listeners of a session are wrapped when they are added, not its `emit()`, which would cost each event more.
 */
export function guardEngineListeners(engine: Engine, logThrown: LogThrown): void {
  let isSocketIO = false;

  const log = (thrown: unknown, event: string, outcome: string) => {
    logThrown(thrown, `a listener of the app's own for Engine.IO's event '${event}' threw an error, ${outcome}`);
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

  engine.emit = function(this: EventEmitter, event: string, ...args: unknown[]): boolean {
    // Before the app gets the session; Socket.IO may get it later.
    if (event === 'connection') Object.assign(args[0] as EventEmitter, methods);
    const listeners = this.rawListeners(event) as Listener[];
    for (const listener of listeners) callApp(listener, this, args, thrown => log(thrown, event, 'which changes nothing for the client'));
    return listeners.length > 0;
  } as typeof engine.emit;

  wrapSessionListener(engine, listener => session => {
    isSocketIO = true;
    try {
      listener(session);
    } finally {
      isSocketIO = false;
    }
  });
}
