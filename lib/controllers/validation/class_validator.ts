import { createRequire } from 'node:module';
import path from 'node:path';
import { startupError } from '../../base/errors';
import type { Check, ValidationIssue } from './check';

/** A class whose instances a handler gets. */
export type ParamClass = abstract new (...args: never[]) => object;

/** The parts of class-validator and class-transformer that are used here. */
interface Rules {
  getTargetValidationMetadatas(type: ParamClass, schema: string, always: boolean, strictGroups: boolean): readonly unknown[];
}
interface Failed {
  readonly property?: string;
  readonly target?: object;
  readonly constraints?: Readonly<Record<string, string>>;
  readonly children?: readonly Failed[];
}
interface Validator { validate(value: object, options: { whitelist: boolean }): Promise<Failed[]> }
interface Transformer { plainToInstance(type: ParamClass, value: object): object }

/** Whether a class, or one that it extends, has decorators of class-validator, which keeps them here, in each of its copies. */
export function hasRules(type: ParamClass): boolean {
  const { classValidatorMetadataStorage: rules } = globalThis as { classValidatorMetadataStorage?: Rules };
  return rules !== undefined && rules.getTargetValidationMetadatas(type, '', false, false).length > 0;
}

/** Loads the app's own copy: class-transformer keeps the decorators of classes in the copy that they come from. */
function load(name: string, baseDir: string, where: string): unknown {
  const inApp = createRequire(path.join(baseDir, 'package.json'));
  try {
    return inApp(inApp.resolve(name, { paths: [ baseDir, __dirname ] }));
  } catch (cause) {
    throw startupError('PACKAGE_MISSING', `${where} has rules of class-validator, for which ${name} is needed: run 'npm install ${name}'.`, cause);
  }
}

function issuesOf({ property, target, constraints = {}, children = [] }: Failed, above: ValidationIssue['path']): ValidationIssue[] {
  const path = property === undefined ? above : [ ...above, Array.isArray(target) ? Number(property) : property ];
  return [ ...Object.values(constraints).map(message => ({ path, message })), ...children.flatMap(child => issuesOf(child, path)) ];
}

/** Whether a value that was sent is an object with properties: neither a list nor bytes. */
export function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null);
}

/** class-transformer takes it for the class of the object that has it, and throws. */
function hasConstructor(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (Object.hasOwn(value, 'constructor') || Object.values(value).some(hasConstructor));
}

/**
 * Returns a check that makes an instance of a class and validates it. Properties without a rule are removed.
 *
 * @param where - the parameter, for messages
 * @throws {SocketIOError} `PACKAGE_MISSING`
 */
export function compileRules(type: ParamClass, baseDir: string, where: string): Check {
  const { plainToInstance } = load('class-transformer', baseDir, where) as Transformer;
  const { validate } = load('class-validator', baseDir, where) as Validator;

  function instanceOf(value: object): object | undefined {
    try {
      return plainToInstance(type, value);
    } catch (error) {
      if (hasConstructor(value)) return undefined;
      throw error;
    }
  }

  return async value => {
    if (!isPlainObject(value)) return { issues: [{ path: [], message: 'expected an object' }] };
    const instance = instanceOf(value);
    if (!instance) return { issues: [{ path: [], message: 'no property may have the name constructor' }] };
    const failed = await validate(instance, { whitelist: true });
    return failed.length > 0 ? { issues: failed.flatMap(each => issuesOf(each, [])) } : { value: instance };
  };
}
