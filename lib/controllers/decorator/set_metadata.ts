import { startupError } from '../../base/errors';
import { show } from '../../base/issues';
import { type ClassCall, classOf, isOfClass, type MemberCall, memberOf } from './call';
import type { ClassOrMethodDecorator } from './forms';
import { recordMember, recordValue } from './metadata';

/**
 * Sets a value of a class or of one of its methods, which guards, middleware and filters read with `target.metadata(key)`. A value on a
 * method is used instead of one on the class, and one on a subclass instead of one on its base class.
 *
 * @param key - a string or a symbol
 * @param value - anything
 * @throws {SocketIOError} `INVALID_CONTROLLER` for another key
 * @see docs/controllers.md#metadata
 */
export function SetMetadata(key: string | symbol, value: unknown): ClassOrMethodDecorator {
  if (typeof key !== 'string' && typeof key !== 'symbol') {
    throw startupError('INVALID_CONTROLLER', `@SetMetadata(): expected the key to be a string or a symbol, but got ${show(key)}.`);
  }
  return (...call: ClassCall | MemberCall) => {
    if (isOfClass(call)) return recordValue(classOf(call), { key, value });
    const { metadata, name } = memberOf(call);
    recordMember('value', metadata, name, { key, value });
  };
}
