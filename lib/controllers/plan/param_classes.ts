import { startupError } from '../../base/errors';
import { ordinal } from '../../base/ordinal';
import { paramTypesOf } from '../decorator/design_types';
import type { ParamType } from '../validation/param_classes';
import type { ControllerClass, HandlerPlan } from './types';

/**
 * Returns the parameters that get arguments of the client and whose types the compiler has emitted as classes.
 *
 * @param label - the method, for messages; `undefined` if the event has schemas
 * @throws {SocketIOError} `INVALID_CONTROLLER` for a class that is not defined yet, whose rules would be lost
 */
export function paramClassesOf(
  controller: ControllerClass, method: string | symbol, plan: HandlerPlan['params'], label: string | undefined,
): ParamType[] {
  const { sources = [], rest = plan ? undefined : 0 } = plan ?? {};
  const types = paramTypesOf(controller, method);
  const { length } = controller.prototype[method] as { length: number };
  return types.flatMap(({ type, isUndefined, why }, index) => {
    if (isUndefined && label !== undefined) throw startupError('INVALID_CONTROLLER', `${label}: the ${ordinal(index)} parameter: ${why}`);
    const source = sources[index] ?? (rest === undefined ? undefined : rest + index - sources.length);
    if (!type || typeof source !== 'number') return [];
    // The length counts neither parameters with a default nor `...rest`, and nothing else tells them apart.
    const hasDefault = index >= length;
    return [{ type, index, arg: source, hasDefault, isRest: hasDefault && index >= sources.length && index === types.length - 1 }];
  });
}
