import {
  OnWSConnection, OnWSDisconnecting, OnWSDisconnection, OnWSMessage, RateLimit, UseGuard, WSBroadCast, WSController, WSEmit,
} from '../decorator';
import { startupError } from '../../base/errors';
import type { Context } from '../../types/context';
import type { MessageOptions } from '../../types/handlers';
import type { ControllerDefinition, PlainMessage } from './define_types';
import type { ControllerClass } from './types';

function toList<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value as readonly T[] : [ value as T ];
}

type Decorate = (prototype: object, name: string, descriptor: object) => void;
type Emitter = (event: string, rooms?: string | readonly string[]) => Decorate;

// The types of these are for methods in a class.
const onMessage = OnWSMessage as unknown as (event: string, options: MessageOptions) => Decorate;
const emit = WSEmit as unknown as Emitter;
const broadcast = WSBroadCast as unknown as Emitter;

const KEYS: readonly string[] = [
  'namespace', 'guards', 'connectionMiddleware', 'middleware', 'filters', 'onConnection', 'onDisconnecting', 'onDisconnection', 'messages',
] satisfies (keyof ControllerDefinition)[];

const MESSAGE_KEYS: readonly string[] = [
  'handler', 'emit', 'broadcast', 'guards', 'rateLimit', 'middleware', 'filters', 'args', 'returns',
] satisfies (keyof PlainMessage)[];

/** A misspelt key for a guard would leave the controller unprotected. */
function checkKeys(definition: object, keys: readonly string[], where: string): void {
  for (const key of Object.keys(definition)) {
    if (keys.includes(key)) continue;
    throw startupError('INVALID_CONTROLLER', `defineSocketController: ${where}unknown key '${key}'; expected one of ${keys.join(', ')}.`);
  }
}

/**
 * Makes a controller from a plain object, for JavaScript without decorators. It behaves like a class with `@WSController`, and uses the
 * same code.
 *
 * @param definition - namespace, handlers and options
 * @return the controller, to be exported from a file in `app/socket`
 * @throws {SocketIOError} `INVALID_CONTROLLER` for an unknown key
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
export function defineSocketController<const Name extends string | RegExp = '/'>(definition: ControllerDefinition<Name>): ControllerClass {
  return createController(definition as ControllerDefinition);
}

function createController(definition: ControllerDefinition): ControllerClass {
  checkKeys(definition, KEYS, '');
  class PlainController {
    constructor(readonly ctx: Context) {}
  }
  // The name in every message about this controller.
  Object.defineProperty(PlainController, 'name', { value: 'defineSocketController' });
  const prototype = PlainController.prototype as unknown as Record<string, unknown>;

  function add(name: string, handler: unknown, decorators: readonly Decorate[]): void {
    prototype[name] = typeof handler === 'function'
      ? function(this: PlainController, ...args: unknown[]) { return handler(this.ctx, ...args); }
      : undefined;
    for (const decorate of decorators) decorate(prototype, name, Object.getOwnPropertyDescriptor(prototype, name)!);
  }

  const { onConnection, onDisconnecting, onDisconnection } = definition;
  if (onConnection) add('onConnection', onConnection, [ OnWSConnection() ]);
  if (onDisconnecting) add('onDisconnecting', onDisconnecting, [ OnWSDisconnecting() ]);
  if (onDisconnection) add('onDisconnection', onDisconnection, [ OnWSDisconnection() ]);
  for (const [ event, message ] of Object.entries(definition.messages ?? {})) {
    const options: Partial<PlainMessage> = typeof message === 'function' ? { handler: message } : message;
    checkKeys(options, MESSAGE_KEYS, `messages['${event}']: `);
    const targets = (list: PlainMessage['emit'], decorator: Emitter) => toList(list).map(target => (
      typeof target === 'string' ? decorator(target) : decorator(target.event, target.rooms)
    ));
    add(`messages.${event}`, options.handler, [
      onMessage(event, options),
      UseGuard(...options.guards ?? []),
      ...options.rateLimit ? [ RateLimit(options.rateLimit) ] : [],
      // Decorators are recorded bottom-up.
      ...[ ...targets(options.emit, emit), ...targets(options.broadcast, broadcast) ].reverse(),
    ]);
  }
  WSController(definition.namespace, definition)(PlainController);
  UseGuard(...definition.guards ?? [])(PlainController);
  return PlainController as unknown as ControllerClass;
}
