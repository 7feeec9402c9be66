import type { MethodRate } from '../../limits/rate';
import type { GuardRef } from '../../types/handlers';
import { type ClassCall, classOf, isOfClass, type MemberCall, memberOf } from './call';
import type { ClassOrMethodDecorator, MethodDecorator } from './forms';
import { recordMember, recordOnClass } from './metadata';

/**
 * Runs guards before a client may connect or send an event. On a class, they run before every connection to its namespace and before each
 * of its events; on a method with `@OnWSConnection()`, before every connection; on a method with `@OnWSMessage()`, before the event. A
 * subclass also has the guards of its base classes.
 *
 * @param guards - run in this order, until one denies
 * @see docs/security.md#guards
 */
export function UseGuard(...guards: GuardRef[]): ClassOrMethodDecorator {
  return (...call: ClassCall | MemberCall) => {
    if (isOfClass(call)) return recordOnClass('guard', classOf(call), guards);
    const { metadata, name } = memberOf(call);
    recordMember('guard', metadata, name, { guards });
  };
}

/**
 * Limits how often a client may send the events of a method. An event above the rate is rejected with `RATE_LIMITED`, and `details: {
 * retryAfter }` in milliseconds.
 *
 * @param rate - `perSecond`; `burst`, the number at once after a pause (default: `perSecond`, at least 1); and `by`, which events
 * are counted together (default: those of a connection)
 * @see docs/security.md#limits
 */
export function RateLimit(rate: MethodRate): MethodDecorator {
  return (...call: MemberCall) => {
    const { metadata, name } = memberOf(call);
    recordMember('rate', metadata, name, { rate });
  };
}
