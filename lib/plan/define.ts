import { OnWSConnection, OnWSDisconnecting, OnWSDisconnection, OnWSMessage, WSBroadCast, WSController, WSEmit } from '../decorator';
import { startupError } from '../errors';
import type { Context, ControllerOptions, MessageOptions } from '../types';
import type { ControllerClass } from './types';

/** Where a return value is emitted: an event name, or one with rooms. */
export type EmitTarget = string | { event: string; rooms?: string | readonly string[] };

/** A handler of the plain form: the context, then the client's arguments. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type PlainHandler = (ctx: Context, ...args: any[]) => unknown;

/** A message of the plain form with more than a handler. */
export interface PlainMessage extends MessageOptions {
  handler: PlainHandler;
  /** As `@WSEmit`. @default [] */
  emit?: EmitTarget | readonly EmitTarget[];
  /** As `@WSBroadCast`. @default [] */
  broadcast?: EmitTarget | readonly EmitTarget[];
}

/** A controller without decorators. */
export interface ControllerDefinition extends ControllerOptions {
  /** As in `@WSController`. @default '/' */
  namespace?: string | RegExp;
  /** Called with `(ctx)` once a client is connected; its messages wait for it. */
  onConnection?: (ctx: Context) => unknown;
  /** Called with `(ctx, reason, details)` when a client goes, its rooms still in `ctx.rooms`. */
  onDisconnecting?: (ctx: Context, reason: string, details?: unknown) => unknown;
  /** Called with `(ctx, reason, details)` when a client is gone. */
  onDisconnection?: (ctx: Context, reason: string, details?: unknown) => unknown;
  /** One entry an event. @default {} */
  messages?: Record<string, PlainHandler | PlainMessage>;
}

function toList<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value as readonly T[] : [ value as T ];
}

const KEYS: readonly string[] = [
  'namespace', 'connectionMiddleware', 'middleware', 'filters', 'onConnection', 'onDisconnecting', 'onDisconnection', 'messages',
] satisfies (keyof ControllerDefinition)[];

/**
 * Makes a controller from a plain object, for JavaScript without decorators. It does what a class with
 * `@WSController` does, and goes through the same code.
 *
 * @param definition - namespace, handlers and options
 * @return the controller, to be exported from a file in `app/socket`
 * @throws {SocketIOError} `INVALID_CONTROLLER` for a key it does not know
 * @see docs/controllers.md
 *
 * @example
 * module.exports = defineSocketController({
 *   namespace: '/chat',
 *   messages: {
 *     async join(ctx, room) {
 *       await ctx.join(room);
 *       return { ok: true };
 *     },
 *   },
 * });
 */
export function defineSocketController(definition: ControllerDefinition): ControllerClass {
  for (const key of Object.keys(definition)) {
    if (KEYS.includes(key)) continue;
    throw startupError('INVALID_CONTROLLER', `defineSocketController: unknown key '${key}'; expected one of ${KEYS.join(', ')}.`);
  }
  class PlainController {
    constructor(readonly ctx: Context) {}
  }
  // The name in every message about this controller.
  Object.defineProperty(PlainController, 'name', { value: 'defineSocketController' });
  const prototype = PlainController.prototype as unknown as Record<string, unknown>;

  function add(name: string, handler: unknown, decorators: readonly ((target: object, method: string) => void)[]): void {
    prototype[name] = typeof handler === 'function'
      ? function(this: PlainController, ...args: unknown[]) { return handler(this.ctx, ...args); }
      : undefined;
    for (const decorate of decorators) decorate(prototype, name);
  }

  const { onConnection, onDisconnecting, onDisconnection } = definition;
  if (onConnection) add('onConnection', onConnection, [ OnWSConnection() ]);
  if (onDisconnecting) add('onDisconnecting', onDisconnecting, [ OnWSDisconnecting() ]);
  if (onDisconnection) add('onDisconnection', onDisconnection, [ OnWSDisconnection() ]);
  for (const [ event, message ] of Object.entries(definition.messages ?? {})) {
    const options: Partial<PlainMessage> = typeof message === 'function' ? { handler: message } : message;
    const targets = (list: PlainMessage['emit'], decorator: typeof WSEmit) => toList(list).map(target => (
      typeof target === 'string' ? decorator(target) : decorator(target.event, target.rooms)
    ));
    add(`messages.${event}`, options.handler, [
      OnWSMessage(event, options),
      // Decorators are noted bottom-up.
      ...[ ...targets(options.emit, WSEmit), ...targets(options.broadcast, WSBroadCast) ].reverse(),
    ]);
  }
  WSController(definition.namespace, definition)(PlainController);
  return PlainController as unknown as ControllerClass;
}
