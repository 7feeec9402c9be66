import type { InterceptorRef } from '../../types/handlers';
import { type ClassCall, classOf, isOfClass, type MemberCall, memberOf } from './call';
import type { ClassOrMethodDecorator } from './forms';
import { recordMember, recordOnClass } from './metadata';

/**
 * Runs interceptors around the handlers of events: on a class around each of its `@OnWSMessage()` methods, on such a method around that
 * one. They may replace what the handler returns, or return something without calling it. A subclass also has the interceptors of its base
 * classes.
 *
 * @param interceptors - functions `(ctx, next, target)` and classes with `intercept(ctx, next, target)`, the first one outermost
 * @see docs/middleware.md#interceptors
 */
export function UseInterceptor(...interceptors: InterceptorRef[]): ClassOrMethodDecorator {
  return (...call: ClassCall | MemberCall) => {
    if (isOfClass(call)) return recordOnClass('interceptor', classOf(call), interceptors);
    const { metadata, name } = memberOf(call);
    recordMember('interceptor', metadata, name, { interceptors });
  };
}
