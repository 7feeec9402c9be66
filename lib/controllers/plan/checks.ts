import type { ControllerRecord, EmitRecord } from '../decorator/metadata';
import { startupError } from '../../base/errors';
import { RESERVED_EVENTS, STREAM_EVENT } from '../../base/reserved_events';
import type { MethodRecords } from './method_records';

/** Two patterns with one key are one namespace. Stateful flags (`g`, `y`) would make every other connect fail. */
export function namespaceTarget(namespace: unknown, where: string): { key: string; target: string | RegExp } {
  if (namespace instanceof RegExp) {
    const target = new RegExp(namespace.source, namespace.flags.replace(/[gy]/g, ''));
    return { key: `RegExp ${target}`, target };
  }
  if (typeof namespace !== 'string') {
    throw startupError('INVALID_CONTROLLER', `${where}: expected the namespace to be a string or a RegExp, but got ${typeof namespace}.`);
  }
  const target = namespace.startsWith('/') ? namespace : `/${namespace}`;
  return { key: target, target };
}

/** Without this, all but the first decorator of a class would be lost. */
export function checkController({ isRepeated }: ControllerRecord, where: string): void {
  if (!isRepeated) return;
  throw startupError('INVALID_CONTROLLER', `${where}: the class has two of these, but it can only serve one namespace. Keep one, and extend the class for the other namespace.`);
}

/** A handler of this event would get the messages of all streams of its namespace instead of the plugin. */
export function checkNotOfStreams(event: string, where: string): void {
  if (event !== STREAM_EVENT) return;
  throw startupError('INVALID_CONTROLLER', `${where}: the name is reserved for streams; choose another name.`);
}

/** @param hook - what to use in place of a reserved event, if there is something */
export function checkEvent(event: unknown, where: string, hook?: string): void {
  if (typeof event !== 'string') {
    throw startupError('INVALID_CONTROLLER', `${where}: expected the event to be a string, but got ${typeof event}.`);
  }
  checkNotOfStreams(event, where);
  if (!RESERVED_EVENTS.has(event)) return;
  throw startupError('INVALID_CONTROLLER', `${where}: the name is reserved by Socket.IO; ${hook ? `use ${hook}` : 'choose another name'}.`);
}

export function checkEmit({ event, rooms }: EmitRecord, where: string): void {
  checkEvent(event, where);
  if (rooms.every(room => typeof room === 'string')) return;
  throw startupError('INVALID_CONTROLLER', `${where}: expected the rooms to be strings.`);
}

/**
 * Checks that the decorators of a method that need a listening decorator have one.
 *
 * @throws {SocketIOError} `INVALID_CONTROLLER`
 */
export function checkCompanions(label: string, { listeners, emits, guards, interceptors, rates, hasValues, params }: MethodRecords): void {
  const kinds = new Set(listeners.map(({ kind }) => kind));
  if (emits.length > 0 && kinds.size === 0) {
    throw startupError('INVALID_CONTROLLER', `${label}: @WSEmit and @WSBroadCast need a decorator that listens, such as @OnWSMessage('event').`);
  }
  if (hasValues && kinds.size === 0) {
    throw startupError('INVALID_CONTROLLER', `${label}: @SetMetadata on a method needs a decorator that listens, such as @OnWSMessage('event').`);
  }
  if (params.length > 0 && kinds.size === 0) {
    throw startupError('INVALID_CONTROLLER', `${label}: @Arg, @Ctx and @Ack need a decorator that listens on the method, such as @OnWSMessage('event').`);
  }
  if (params.some(({ source }) => source === 'ack') && !kinds.has('message')) {
    throw startupError('INVALID_CONTROLLER', `${label}: @Ack needs @OnWSMessage('event') on the method: only events have an ack.`);
  }
  if (guards.length > 0 && !kinds.has('message') && !kinds.has('connection')) {
    throw startupError('INVALID_CONTROLLER', `${label}: @UseGuard needs @OnWSMessage('event') or @OnWSConnection() on the same method; guards do not apply to disconnects.`);
  }
  if (interceptors.length > 0 && !kinds.has('message')) {
    throw startupError('INVALID_CONTROLLER', `${label}: @UseInterceptor needs @OnWSMessage('event') on the same method: only events have a value that could be replaced.`);
  }
  if (rates.length > 0 && !kinds.has('message')) {
    throw startupError('INVALID_CONTROLLER', `${label}: @RateLimit needs @OnWSMessage('event') on the same method.`);
  }
}
