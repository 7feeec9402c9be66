import { checkRate, type MethodRate } from '../../limits/rate';
import type { GuardRef } from '../../types/handlers';
import { type ClassCall, classOf, type MemberCall, memberOf } from './call';
import type { ClassOrMethodDecorator, MethodDecorator } from './forms';
import { recordGuards, recordMember } from './metadata';

function isOfClass(call: ClassCall | MemberCall): call is ClassCall {
  const [ , context ] = call;
  return context === undefined || (typeof context === 'object' && context.kind === 'class');
}

/**
 * Asks guards before a client may connect or be heard. On a class, they are asked before every connection to its namespace and
 * before each of its events; on a method with `@OnWSConnection()`, before every connection; on one with `@OnWSMessage()`, before
 * the event. A subclass has the guards of its base classes too.
 *
 * @param guards - asked in this order, until one refuses
 * @see docs/security.md#guards
 */
export function UseGuard(...guards: GuardRef[]): ClassOrMethodDecorator {
  return (...call: ClassCall | MemberCall) => {
    if (isOfClass(call)) return recordGuards(classOf(call), guards);
    const { metadata, name } = memberOf(call);
    recordMember('guard', metadata, name, { guards });
  };
}

/**
 * Limits how often a client may send the events of a method. What comes too early is refused with `RATE_LIMITED`, and
 * `details: { retryAfter }` in milliseconds.
 *
 * @param rate - `perSecond`; how many at once after a pause (`burst`, default: `perSecond`, 1 at least); and whose events are
 * counted together (`by`, default: those of a connection)
 * @throws {SocketIOError} `INVALID_CONTROLLER` for a rate that is none
 * @see docs/security.md#limits
 */
export function RateLimit(rate: MethodRate): MethodDecorator {
  return (...call: MemberCall) => {
    const { metadata, name } = memberOf(call);
    recordMember('rate', metadata, name, checkRate(rate));
  };
}
