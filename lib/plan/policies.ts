import { readCatch } from '../decorator/metadata';
import { startupError } from '../errors';
import type { FilterClass, FilterRef, GuardClass, GuardRef, GuardTarget } from '../types';
import type { Factory } from './injection';
import type { FilterPlan, NamedGuard } from './types';

function isClassWith(method: string, value: unknown): boolean {
  return typeof value === 'function' && typeof (value.prototype as Record<string, unknown> | undefined)?.[method] === 'function';
}

/** What stands where a function or a class was expected. */
function describe(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

/**
 * Makes guards of what `@UseGuard()` and `config.socketio.guards` name.
 *
 * @param where - for messages
 * @throws {SocketIOError} `INVALID_GUARD`
 */
export function planGuards(refs: readonly GuardRef[], target: GuardTarget, where: string, factory: Factory): NamedGuard[] {
  return refs.map((ref, index) => {
    if (typeof ref !== 'function') {
      throw startupError('INVALID_GUARD', `${where}: expected a guard to be a function (ctx) => boolean or a class with canActivate(ctx), but got ${describe(ref)}.`);
    }
    const name = ref.name || `${where} [${index}]`;
    if (!isClassWith('canActivate', ref)) return { name, run: ctx => (ref as Exclude<GuardRef, GuardClass>)(ctx, target) };
    const create = factory(ref as GuardClass, where);
    return { name, run: ctx => create(ctx).canActivate(ctx, target) };
  });
}

/**
 * Makes filters of what stands in `filters`.
 *
 * @param where - for messages
 * @throws {SocketIOError} `INVALID_FILTER`
 */
export function planFilters(refs: readonly FilterRef[], where: string, factory: Factory): FilterPlan[] {
  return refs.map(ref => {
    if (typeof ref !== 'function') {
      throw startupError('INVALID_FILTER', `${where}: expected a filter to be a function (error, ctx) or a class with catch(error, ctx), but got ${describe(ref)}.`);
    }
    const classes = readCatch(ref);
    if (!isClassWith('catch', ref)) return { classes, run: ref as Exclude<FilterRef, FilterClass> };
    const create = factory(ref as FilterClass, where);
    return { classes, run: (error, ctx) => create(ctx).catch(error, ctx) };
  });
}
