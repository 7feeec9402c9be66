import { readCatch } from '../decorator/metadata';
import { startupError } from '../../base/errors';
import { didYouMean } from '../../base/similar_names';
import type { FilterClass, FilterRef, GuardClass, GuardRef, HandlerTarget, MiddlewareRef } from '../../types/handlers';
import type { Factory } from './injection';
import type { FilterPlan, LoadedMiddleware, NamedGuard, NamedMiddleware, Place } from './types';

function isClassWith(method: string, value: unknown): boolean {
  return typeof value === 'function' && typeof (value.prototype as Record<string, unknown> | undefined)?.[method] === 'function';
}

/** Describes a value that is neither a function nor a class. */
function describe(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

/** The name of a function without one: its place in messages, a short form in reports. */
function nameOf({ name }: { name: string }, index: number, { level, where }: Place) {
  return { name: name || `${where} [${index}]`, title: name || `${level}[${index}]`, level };
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
    if (typeof ref !== 'function') {
      throw startupError('INVALID_GUARD', `${place.where}: expected a guard to be a function (ctx) => boolean or a class with canActivate(ctx), but got ${describe(ref)}.`);
    }
    const named = nameOf(ref, index, place);
    if (!isClassWith('canActivate', ref)) return { ...named, run: ctx => (ref as Exclude<GuardRef, GuardClass>)(ctx, target) };
    const create = factory(ref as GuardClass, place.where);
    return { ...named, run: ctx => create(ctx).canActivate(ctx, target) };
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
    if (typeof ref !== 'function') {
      throw startupError('INVALID_FILTER', `${where}: expected a filter to be a function (error, ctx) or a class with catch(error, ctx), but got ${describe(ref)}.`);
    }
    const classes = readCatch(ref);
    if (!isClassWith('catch', ref)) return { classes, run: ref as Exclude<FilterRef, FilterClass>, target };
    const create = factory(ref as FilterClass, where);
    return { classes, run: (error, ctx, aimed) => create(ctx).catch(error, ctx, aimed), target };
  });
}
