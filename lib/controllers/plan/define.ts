import {
  OnWSConnection, OnWSDisconnecting, OnWSDisconnection, OnWSExpired, OnWSMessage, RateLimit, SetMetadata, UseGuard, UseInterceptor,
  WSBroadCast, WSController, WSEmit,
} from '../decorator';
import { startupError } from '../../base/errors';
import { show } from '../../base/issues';
import { checkRate } from '../../limits/rate';
import type { Context } from '../../types/context';
import type { AnyContext, MessageOptions } from '../../types/handlers';
import { metadataOf, recordPlain } from '../decorator/metadata';
import type { ArgSchemas } from '../../types/standard_schema';
import type { ControllerDefinition, Given, PlainHandler, PlainMessage, PlainMetadata, PlainPattern, ValidatedMessage } from './define_types';
import { checkOptions, CONTROLLER_OPTIONS, MESSAGE_OPTIONS } from './options';
import { isAsyncGenerator } from './streams';
import type { ControllerClass } from './types';

function toList<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value as readonly T[] : [ value as T ];
}

/** Also those with symbols as their keys. */
function valuesOf(metadata: PlainMetadata = {}): [ string | symbol, unknown ][] {
  return Reflect.ownKeys(metadata).map(key => [ key, metadata[key] ]);
}

type Decorate = (prototype: object, name: string, descriptor: object) => void;
type Emitter = (event: string, rooms?: string | readonly string[]) => Decorate;

// The types of these are for methods in a class.
const onMessage = OnWSMessage as unknown as (event: string | RegExp, options: MessageOptions) => Decorate;
const emit = WSEmit as unknown as Emitter;
const broadcast = WSBroadCast as unknown as Emitter;

const KEYS: readonly string[] = [
  'namespace', 'metadata', 'guards', 'interceptors', 'connectionMiddleware', 'middleware', 'outgoing', 'filters', 'onConnection', 'onDisconnecting', 'onDisconnection', 'onExpired', 'messages', 'patterns',
] satisfies (keyof ControllerDefinition)[];

const MESSAGE_KEYS: readonly string[] = [
  'handler', 'emit', 'broadcast', 'metadata', 'guards', 'interceptors', 'rateLimit', 'middleware', 'filters', 'args', 'returns', 'stream',
  'once',
] satisfies (keyof PlainMessage)[];

const PATTERN_KEYS: readonly string[] = [ 'event', ...MESSAGE_KEYS ];
const TARGET_KEYS: readonly string[] = [ 'event', 'rooms' ];

/** Returns the options of a decorator. */
function pick<T extends object, K extends keyof T>(options: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map(key => [ key, options[key] ])) as Pick<T, K>;
}

/** The loader puts the file before each message. */
function checkFunction(value: unknown, where: string): void {
  if (typeof value === 'function') return;
  throw startupError('INVALID_CONTROLLER', `${where}: expected a function, but got ${show(value)}.`);
}

/** @param where - `messages.join: emit` */
function checkTarget(target: unknown, where: string): void {
  if (typeof target === 'string') return;
  if (typeof target !== 'object' || target === null) {
    throw startupError('INVALID_CONTROLLER', `${where}: expected the event to be a string, or an object with event and rooms, but got ${show(target)}.`);
  }
  checkOptions(target, TARGET_KEYS, where);
}

/** @param where - `messages.join` or `patterns[0]` */
function checkMessage(message: object, keys: readonly string[], where: string): PlainMessage {
  checkOptions(message, keys, where);
  const { handler, rateLimit, emit: emits, broadcast: broadcasts } = message as PlainMessage;
  checkFunction(handler, `${where}: handler`);
  if (rateLimit) checkRate(rateLimit, `${where}: rateLimit`);
  for (const target of toList(emits)) checkTarget(target, `${where}: emit`);
  for (const target of toList(broadcasts)) checkTarget(target, `${where}: broadcast`);
  return message as PlainMessage;
}

function toMessage(message: unknown, where: string): PlainMessage {
  if (typeof message === 'function') return { handler: message as PlainMessage['handler'] };
  if (typeof message === 'object' && message !== null) return checkMessage(message, MESSAGE_KEYS, where);
  throw startupError('INVALID_CONTROLLER', `${where}: expected a function or an object with handler, but got ${show(message)}.`);
}

function toPattern(entry: unknown, where: string): PlainPattern {
  if (typeof entry === 'object' && entry !== null) return checkMessage(entry, PATTERN_KEYS, where) as PlainPattern;
  throw startupError('INVALID_CONTROLLER', `${where}: expected an object with event and handler, but got ${show(entry)}.`);
}

/**
 * Makes a controller from a plain object, for JavaScript without decorators. It behaves like a class with `@WSController`, and uses the
 * same code.
 *
 * @param definition - namespace, handlers and options
 * @return the controller, to be exported from a file in `app/socket`
 * @throws {SocketIOError} `INVALID_CONTROLLER` for an unknown key, and for a handler that is not a function
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

/**
 * Gives the handler of a message of the plain form the types of its schemas: `args: [ z.string() ]` makes the first parameter after `ctx` a
 * string. If namespaces have types of their own, write the type of `ctx`: `(ctx: Context<'/admin'>, id) => …`.
 *
 * @param message - with `args` before `handler`
 * @return the same message, for `messages` of {@link defineSocketController}
 * @see docs/validation.md#types
 *
 * @example
 * messages: {
 *   join: defineSocketMessage({ args: [ z.string() ], handler: (ctx, room) => ctx.join(room.trim()) }),
 * }
 */
export function defineSocketMessage<const Args extends ArgSchemas, Ctx = AnyContext, const Emit extends string = never>(
  message: ValidatedMessage<Args, Ctx, Emit>,
): PlainMessage<PlainHandler<Given<Ctx>>, Given<Emit>> {
  return message as PlainMessage<PlainHandler<Given<Ctx>>, Given<Emit>>;
}

function createController(definition: ControllerDefinition): ControllerClass {
  if (typeof definition !== 'object' || definition === null) {
    throw startupError('INVALID_CONTROLLER', `defineSocketController(): expected an object, but got ${show(definition)}.`);
  }
  checkOptions(definition, KEYS);
  class PlainController {
    constructor(readonly ctx: Context) {}
  }
  // The name in reports.
  Object.defineProperty(PlainController, 'name', { value: 'defineSocketController' });
  const prototype = PlainController.prototype as unknown as Record<string, unknown>;

  function add(name: string, handler: (ctx: Context, ...args: never[]) => unknown, decorators: readonly Decorate[]): void {
    prototype[name] = function(this: PlainController, ...args: never[]) { return handler(this.ctx, ...args); };
    for (const decorate of decorators) decorate(prototype, name, Object.getOwnPropertyDescriptor(prototype, name)!);
  }

  for (const [ name, decorator ] of [
    [ 'onConnection', OnWSConnection ], [ 'onDisconnecting', OnWSDisconnecting ], [ 'onDisconnection', OnWSDisconnection ],
    [ 'onExpired', OnWSExpired ],
  ] as const) {
    const handler = definition[name];
    if (!handler) continue;
    checkFunction(handler, name);
    add(name, handler, [ decorator() ]);
  }
  const messages = Object.entries(definition.messages ?? {}).map(([ event, message ]) => {
    const name = `messages.${event}`;
    return [ name, event, toMessage(message, name) ] as const;
  });
  const patterns = (definition.patterns ?? []).map((entry, index) => {
    const name = `patterns[${index}]`;
    const pattern = toPattern(entry, name);
    return [ name, pattern.event, pattern ] as const;
  });
  for (const [ name, event, options ] of [ ...messages, ...patterns ]) {
    const targets = (list: PlainMessage['emit'], decorator: Emitter) => toList(list).map(target => (
      typeof target === 'string' ? decorator(target) : decorator(target.event, target.rooms)
    ));
    add(name, options.handler, [
      onMessage(event, { ...pick(options, MESSAGE_OPTIONS), stream: options.stream ?? isAsyncGenerator(options.handler) }),
      UseGuard(...options.guards ?? []),
      UseInterceptor(...options.interceptors ?? []),
      ...valuesOf(options.metadata).map(([ key, value ]) => SetMetadata(key, value)),
      ...options.rateLimit ? [ RateLimit(options.rateLimit) ] : [],
      // Decorators are recorded bottom-up.
      ...[ ...targets(options.emit, emit), ...targets(options.broadcast, broadcast) ].reverse(),
    ]);
  }
  WSController<string | RegExp>(definition.namespace, pick(definition, CONTROLLER_OPTIONS))(PlainController);
  recordPlain(metadataOf(PlainController));
  UseGuard(...definition.guards ?? [])(PlainController);
  UseInterceptor(...definition.interceptors ?? [])(PlainController);
  for (const [ key, value ] of valuesOf(definition.metadata)) SetMetadata(key, value)(PlainController);
  return PlainController as unknown as ControllerClass;
}
