import type { EmitRecord, ListenerRecord } from '../decorator/metadata';
import { startupError } from '../../base/errors';
import { RESERVED_EVENTS } from '../../base/reserved_events';

const INSTEAD: Record<string, string> = {
  connect: '@OnWSConnection()', disconnect: '@OnWSDisconnection()', disconnecting: '@OnWSDisconnecting()',
};

/** Two patterns with one key are one namespace. Stateful flags (`g`, `y`) would make every other connect fail. */
export function namespaceTarget(namespace: unknown, label: string): { key: string; target: string | RegExp } {
  if (namespace instanceof RegExp) {
    const target = new RegExp(namespace.source, namespace.flags.replace(/[gy]/g, ''));
    return { key: `RegExp ${target}`, target };
  }
  if (typeof namespace !== 'string') {
    throw startupError('INVALID_CONTROLLER', `${label}: expected the namespace to be a string or a RegExp, but got ${typeof namespace}.`);
  }
  const target = namespace.startsWith('/') ? namespace : `/${namespace}`;
  return { key: target, target };
}

export function checkEvent(event: unknown, label: string, decorator: string): void {
  if (typeof event !== 'string') {
    throw startupError('INVALID_CONTROLLER', `${label}: expected the event of ${decorator}() to be a string, but got ${typeof event}.`);
  }
  if (!RESERVED_EVENTS.has(event)) return;
  const advice = INSTEAD[event] && decorator === '@OnWSMessage' ? `use ${INSTEAD[event]}` : 'choose another name';
  throw startupError('INVALID_CONTROLLER', `${label}: ${decorator}('${event}'): the name is reserved by Socket.IO; ${advice}.`);
}

export function checkEmit(emit: EmitRecord, label: string): void {
  const decorator = emit.kind === 'emit' ? '@WSEmit' : '@WSBroadCast';
  checkEvent(emit.event, label, decorator);
  if (emit.rooms.every(room => typeof room === 'string')) return;
  throw startupError('INVALID_CONTROLLER', `${label}: expected the rooms of ${decorator}('${emit.event}') to be strings.`);
}

/**
 * Checks that the decorators of a method that need a listening decorator have one.
 *
 * @param listeners - those of the method
 * @throws {SocketIOError} `INVALID_CONTROLLER`
 */
export function checkCompanions(
  label: string, listeners: readonly ListenerRecord[], { emits, guards, rates }: Record<'emits' | 'guards' | 'rates', boolean>,
): void {
  const kinds = new Set(listeners.map(({ kind }) => kind));
  if (emits && kinds.size === 0) {
    throw startupError('INVALID_CONTROLLER', `${label}: @WSEmit and @WSBroadCast need a decorator that listens, such as @OnWSMessage('event').`);
  }
  if (guards && !kinds.has('message') && !kinds.has('connection')) {
    throw startupError('INVALID_CONTROLLER', `${label}: @UseGuard needs @OnWSMessage('event') or @OnWSConnection() on the same method; guards do not apply to disconnects.`);
  }
  if (rates && !kinds.has('message')) {
    throw startupError('INVALID_CONTROLLER', `${label}: @RateLimit needs @OnWSMessage('event') on the same method.`);
  }
}
