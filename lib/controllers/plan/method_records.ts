import type { GuardRef, InterceptorRef } from '../../types/handlers';
import { type EmitRecord, type ListenerRecord, type ParamRecord, type RateRecord, readMembers } from '../decorator/metadata';
import type { ControllerClass } from './types';

/** The decorators of one method. */
export interface MethodRecords {
  listeners: readonly ListenerRecord[];
  emits: readonly EmitRecord[];
  guards: readonly GuardRef[];
  interceptors: readonly InterceptorRef[];
  rates: readonly RateRecord[];
  /** Whether it has `@SetMetadata()`. */
  hasValues: boolean;
  params: readonly ParamRecord[];
}

/** The decorators of each method of a controller. */
export function readMethods(controller: ControllerClass): Map<string | symbol, MethodRecords> {
  const listeners = readMembers('listener', controller);
  const emits = readMembers('emit', controller);
  const guards = readMembers('guard', controller);
  const interceptors = readMembers('interceptor', controller);
  const rates = readMembers('rate', controller);
  const values = readMembers('value', controller);
  const params = readMembers('param', controller);
  const names = new Set([ listeners, emits, guards, interceptors, rates, values, params ].flatMap(members => [ ...members.keys() ]));
  return new Map([ ...names ].map(name => [ name, {
    listeners: listeners.get(name) ?? [],
    emits: emits.get(name) ?? [],
    guards: (guards.get(name) ?? []).flatMap(record => record.guards),
    interceptors: (interceptors.get(name) ?? []).flatMap(record => record.interceptors),
    rates: rates.get(name) ?? [],
    hasValues: values.has(name),
    params: params.get(name) ?? [],
  }]));
}
