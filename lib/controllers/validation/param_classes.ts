import { startupError } from '../../base/errors';
import { ordinal } from '../../base/ordinal';
import { isThenable } from '../../base/thenable';
import { isStandardSchema, type StandardSchema } from '../../types/standard_schema';
import { type ArgsCheck, compileList, compileSchema } from './args';
import type { Check, Checked } from './check';
import { compileRules, hasRules, isPlainObject, type ParamClass } from './class_validator';

/** A parameter that gets one of the client's arguments. */
export interface ParamType {
  readonly type: ParamClass;
  /** Of the parameter. */
  readonly index: number;
  /** Of the argument. */
  readonly arg: number;
  /** Whether the argument may be missing. */
  readonly hasDefault: boolean;
  /** Whether all further arguments may go to this parameter. */
  readonly isRest: boolean;
}

const PASS: Check = value => ({ value });

/** The schema of a class: the class itself, or its static `schema`. */
function schemaOf(type: ParamClass): StandardSchema | undefined {
  const { schema } = type as { schema?: unknown };
  return [ type, schema ].find(isStandardSchema);
}

function instanceOf(type: ParamClass, value: unknown, where: string): object {
  if (value instanceof type) return value;
  if (!isPlainObject(value)) {
    throw startupError('INVALID_SCHEMA', `${where}: expected the schema of the class to return an object, but it returned ${value === null ? 'null' : typeof value}.`);
  }
  const instance = Reflect.construct(type, []) as object;
  // Defined, because a client's `__proto__` would be assigned to the prototype.
  for (const [ key, each ] of Object.entries(value)) {
    Object.defineProperty(instance, key, { value: each, configurable: true, enumerable: true, writable: true });
  }
  return instance;
}

function compileSchemaOfClass(schema: StandardSchema, type: ParamClass, where: string): Check {
  const check = compileSchema(schema);
  const settle = (result: Checked) => ('issues' in result ? result : { value: instanceOf(type, result.value, where) });
  return value => {
    const result = check(value);
    return isThenable(result) ? result.then(settle) : settle(result);
  };
}

/**
 * Combines the checks of parameters whose classes have rules into one check of an event's arguments; `undefined` if none has. Other
 * arguments stay as they are.
 *
 * @param baseDir - of the app
 * @param label - the method, for messages
 * @throws {SocketIOError} `PACKAGE_MISSING`, or `INVALID_SCHEMA` for two classes for one argument
 */
export function compileParamClasses(params: readonly ParamType[], baseDir: string, label: string): ArgsCheck | undefined {
  const checks = new Map<number, Check>();
  let rest: Check | undefined;
  for (const { type, index, arg, hasDefault, isRest } of params) {
    const schema = schemaOf(type);
    if (!schema && !hasRules(type)) continue;
    const where = `${label}: the class ${type.name} of the ${ordinal(index)} parameter`;
    if (checks.has(arg)) throw startupError('INVALID_SCHEMA', `${where}: another parameter with @Arg(${arg}) has a class with rules too. Use one class.`);
    const check = schema ? compileSchemaOfClass(schema, type, where) : compileRules(type, baseDir, where);
    checks.set(arg, hasDefault ? value => (value === undefined ? PASS(value) : check(value)) : check);
    if (isRest) rest = checks.get(arg);
  }
  if (checks.size === 0) return undefined;
  const length = Math.max(...checks.keys()) + (rest ? 0 : 1);
  return compileList(Array.from({ length }, (_, arg) => checks.get(arg) ?? PASS), rest ?? 'keep');
}
