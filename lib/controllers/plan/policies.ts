import { readCatch } from '../decorator/metadata';
import { startupError } from '../../base/errors';
import { didYouMean } from '../../base/similar_names';
import type {
  FilterClass, FilterRef, GuardClass, GuardRef, HandlerTarget, InterceptorClass, InterceptorRef, MiddlewareRef,
} from '../../types/handlers';
import type { OutgoingMiddleware } from '../../types/outgoing';
import type { Factory } from './injection';
import type { FilterPlan, Level, LoadedMiddleware, NamedGuard, NamedInterceptor, NamedMiddleware, NamedOutgoing, Place, Unrepeated } from './types';

function isClassWith(method: string, value: unknown): boolean {
  return typeof value === 'function' && typeof (value.prototype as Record<string, unknown> | undefined)?.[method] === 'function';
}

function isClass(value: unknown): value is { name: string } {
  return typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false;
}

/** Whether a value is a function, or a class with the method; a class without it would be called as a function, and throw at each event. */
function isPolicy(value: unknown, method: string): boolean {
  return typeof value === 'function' && (!isClass(value) || isClassWith(method, value));
}

/** Describes a value that is not a policy. */
function describe(value: unknown): string {
  if (isClass(value)) return `the class ${value.name || 'without a name'}, which has no such method`;
  return value === null ? 'null' : typeof value;
}

/** In the config as in its other messages. */
function placeOfEntry(where: string, level: Level, index: number): string {
  return level === 'app' ? `${where}.${index}` : `${where} [${index}]`;
}

/** The name of a function without one: its place in messages, a short form in reports. */
function nameOf({ name }: { name: string }, index: number, { level, where }: Place) {
  return { name: name || placeOfEntry(where, level, index), title: name || `${level}[${index}]`, level };
}

/**
 * Turns the entries of `middleware` and `connectionMiddleware` into functions.
 *
 * @param known - the files of `app/socket/middleware`, by name
 * @throws {SocketIOError} `INVALID_MIDDLEWARE`
 */
export function planMiddleware(
  refs: readonly MiddlewareRef[], target: HandlerTarget, place: Place, known: ReadonlyMap<string, LoadedMiddleware>,
): NamedMiddleware[] {
  return refs.map((ref, index) => {
    if (typeof ref === 'function') return { ...nameOf(ref, index, place), run: ref, target };
    const loaded = known.get(String(ref));
    if (loaded && typeof ref === 'string') return { name: loaded.file, title: ref, level: place.level, run: loaded.run, target };
    const names = [ ...known.keys() ].map(name => `'${name}'`).join(', ') || 'none';
    const nearest = typeof ref === 'string' ? didYouMean(ref, known.keys()) : '';
    throw startupError('INVALID_MIDDLEWARE',
      `${place.where}: expected a function or the name of a file in app/socket/middleware (there: ${names}), but got ${typeof ref === 'string' ? `'${ref}'` : typeof ref}.${nearest}`);
  });
}

/**
 * Turns the arguments of `@UseGuard()` and `config.socketio.guards` into functions.
 *
 * @throws {SocketIOError} `INVALID_GUARD`
 */
export function planGuards(refs: readonly GuardRef[], target: HandlerTarget, place: Place, factory: Factory): NamedGuard[] {
  return refs.map((ref, index) => {
    if (!isPolicy(ref, 'canActivate')) {
      throw startupError('INVALID_GUARD', `${place.where}: expected a guard to be a function (ctx) => boolean or a class with canActivate(ctx), but got ${describe(ref)}.`);
    }
    const named = nameOf(ref, index, place);
    if (!isClassWith('canActivate', ref)) return { ...named, run: ctx => (ref as Exclude<GuardRef, GuardClass>)(ctx, target) };
    const create = factory(ref as GuardClass, place.where);
    return { ...named, run: ctx => create(ctx).canActivate(ctx, target) };
  });
}

/**
 * Turns the arguments of `@UseInterceptor()` and `config.socketio.interceptors` into functions.
 *
 * @throws {SocketIOError} `INVALID_INTERCEPTOR`
 */
export function planInterceptors(
  refs: readonly InterceptorRef[], target: HandlerTarget, place: Place, factory: Factory,
): NamedInterceptor[] {
  return refs.map((ref, index) => {
    const { where } = place;
    if (!isPolicy(ref, 'intercept')) {
      throw startupError('INVALID_INTERCEPTOR', `${where}: expected an interceptor to be a function (ctx, next) or a class with intercept(ctx, next), but got ${describe(ref)}.`);
    }
    const named = { ...nameOf(ref, index, place), target, ref, where };
    if (!isClassWith('intercept', ref)) return { ...named, run: ref as Exclude<InterceptorRef, InterceptorClass> };
    const create = factory(ref as InterceptorClass, where);
    return { ...named, run: (ctx, next, aimed) => create(ctx).intercept(ctx, next, aimed) };
  });
}

/** Without a name, its place is in the message. */
function kindAndName(kind: string, { name }: { readonly name?: string }): string {
  return name ? `${kind} ${name}` : kind;
}

const KINDS = { INVALID_INTERCEPTOR: 'interceptor', INVALID_MIDDLEWARE: 'outgoing middleware' } as const;

/**
 * Checks that nothing runs twice for an event, which is hard to notice: a cache would work, and a value be mapped twice.
 *
 * @param label - the handler or the namespace, for messages
 * @throws {SocketIOError} with this code
 */
export function checkRepeated(list: readonly Unrepeated[], label: string, code: keyof typeof KINDS): void {
  list.forEach(({ ref, where }, index) => {
    const first = list.findIndex(other => other.ref === ref);
    if (first === index) return;
    throw startupError(code, `${label}: the ${kindAndName(KINDS[code], ref)} would run twice: it is in ${list[first].where}, and in ${where}. Remove one of them.`);
  });
}

/**
 * Checks the entries of `outgoing`, and names them.
 *
 * @throws {SocketIOError} `INVALID_MIDDLEWARE`
 */
export function planOutgoing(refs: readonly OutgoingMiddleware[], place: Place): NamedOutgoing[] {
  const { where } = place;
  return refs.map((ref, index) => {
    if (typeof ref !== 'function' || isClass(ref)) {
      throw startupError('INVALID_MIDDLEWARE', `${where}: expected outgoing middleware to be a function (packet), but got ${isClass(ref) ? 'a class' : describe(ref)}.`);
    }
    if (Object.prototype.toString.call(ref) === '[object AsyncFunction]') {
      const { name }: { name: string } = ref;
      const at = name ? where : placeOfEntry(where, place.level, index);
      throw startupError('INVALID_MIDDLEWARE', `${at}: the ${kindAndName(KINDS.INVALID_MIDDLEWARE, ref)} is asynchronous, but emit() does not wait for it. Make it synchronous, and do the rest before the emit.`);
    }
    return { ...nameOf(ref, index, place), run: ref, ref, where };
  });
}

/**
 * Turns the entries of `filters` into functions.
 *
 * @param where - for messages
 * @throws {SocketIOError} `INVALID_FILTER`
 */
export function planFilters(refs: readonly FilterRef[], target: HandlerTarget, where: string, factory: Factory): FilterPlan[] {
  return refs.map(ref => {
    if (!isPolicy(ref, 'catch')) {
      throw startupError('INVALID_FILTER', `${where}: expected a filter to be a function (error, ctx) or a class with catch(error, ctx), but got ${describe(ref)}.`);
    }
    const classes = readCatch(ref);
    if (!isClassWith('catch', ref)) return { classes, run: ref as Exclude<FilterRef, FilterClass>, target };
    const create = factory(ref as FilterClass, where);
    return { classes, run: (error, ctx, aimed) => create(ctx).catch(error, ctx, aimed), target };
  });
}
