import { isThenable } from '../../base/thenable';
import { SocketIOError, startupError } from '../../base/errors';
import { type Check, type Checked, toIssues, type ValidationIssue } from './check';
import { compileEggRule, type EggValidator } from './egg_rules';
import { type ArgSchema, type ArgSchemas, isStandardSchema, type StandardSchema } from '../../types/standard_schema';

/**
 * Returns the arguments for the method, or a promise of them.
 * @throws {SocketIOError} `VALIDATION_FAILED`, or rejects with it
 */
export type ArgsCheck = (args: readonly unknown[]) => unknown[] | PromiseLike<unknown[]>;

function isRule(schema: ArgSchema): boolean {
  if (typeof schema === 'string') return true;
  const prototype: unknown = typeof schema === 'object' && schema !== null ? Object.getPrototypeOf(schema) : undefined;
  return prototype === null || prototype === Object.prototype;
}

/** Returns the check of one schema. */
export function compileSchema(schema: StandardSchema): Check {
  const { '~standard': standard } = schema;
  const toChecked = (result: Awaited<ReturnType<typeof standard.validate>>): Checked => (
    result.issues ? { issues: toIssues(result.issues) } : { value: result.value }
  );
  return value => {
    const result = standard.validate(value);
    return isThenable(result) ? result.then(toChecked) : toChecked(result);
  };
}

function compileOne(schema: ArgSchema, validator: EggValidator | undefined, where: string): Check {
  if (isStandardSchema(schema)) return compileSchema(schema);
  if (!isRule(schema)) {
    throw startupError('INVALID_SCHEMA', `${where}: expected a schema of a library that supports Standard Schema (zod, valibot, arktype), or a rule of`
      + ` egg-validate, but got ${schema === null ? 'null' : typeof schema}.`);
  }
  if (validator) return compileEggRule(schema as Exclude<ArgSchema, StandardSchema>, validator);
  throw startupError('INVALID_SCHEMA', `${where} is a rule of egg-validate, but that plugin is not enabled. Enable it in config/plugin, or use a schema of`
    + ' a library that supports Standard Schema (zod, valibot, arktype).');
}

/** A throw of a check becomes a rejection like the others, so none of the concurrent checks is left unhandled. */
function run(check: Check, value: unknown): Checked | PromiseLike<Checked> {
  try {
    return check(value);
  } catch (error) {
    return Promise.reject(error);
  }
}

function fail(details: readonly ValidationIssue[]): never {
  throw new SocketIOError('VALIDATION_FAILED', undefined, { details });
}

function isSettled(results: readonly (Checked | PromiseLike<Checked>)[]): results is readonly Checked[] {
  return !results.some(isThenable);
}

/**
 * Combines the checks of arguments.
 *
 * @param rest - whether further arguments are rejected or kept, or the check of each of them
 */
export function compileList(checks: readonly Check[], rest: 'reject' | 'keep' | Check): ArgsCheck {
  function settle(results: readonly Checked[], more: readonly unknown[]): unknown[] {
    const issues: ValidationIssue[] = results.flatMap((result, index) => (
      'issues' in result ? result.issues.map(({ path, message }) => ({ path: [ index, ...path ], message })) : []
    ));
    if (rest === 'reject' && more.length > 0) issues.push({ path: [ checks.length ], message: `expected ${checks.length} arguments at most` });
    if (issues.length > 0) fail(issues);
    return [ ...(results as readonly { value: unknown }[]).map(({ value }) => value), ...more ];
  }
  return args => {
    const all = typeof rest === 'function' ? [ ...checks, ...args.slice(checks.length).map(() => rest) ] : checks;
    const results = all.map((check, index) => run(check, args[index]));
    const more = args.slice(all.length);
    return isSettled(results) ? settle(results, more) : Promise.all(results).then(settled => settle(settled, more));
  };
}

function compileWhole(check: Check, where: string): ArgsCheck {
  function settle(result: Checked): unknown[] {
    if ('issues' in result) fail(result.issues);
    const { value } = result;
    if (!Array.isArray(value)) throw startupError('INVALID_SCHEMA', `${where}: expected the schema to return an array of arguments, but it returned ${typeof value}.`);
    return value;
  }
  return args => {
    const result = check(args);
    return isThenable(result) ? result.then(settle) : settle(result);
  };
}

/**
 * Combines the schemas of an event's arguments into one check, once, at start-up.
 *
 * @param schemas - one per argument, or one for the array of all
 * @param validator - `app.validator`, if egg-validate is enabled
 * @param where - the decorator, for messages
 * @param keepsMore - whether arguments without a schema are kept; otherwise they are rejected
 * @throws {SocketIOError} `INVALID_SCHEMA`
 */
export function compileArgs(schemas: ArgSchemas, validator: EggValidator | undefined, where: string, keepsMore = false): ArgsCheck {
  if (isStandardSchema(schemas)) return compileWhole(compileSchema(schemas), where);
  if (!Array.isArray(schemas)) {
    throw startupError('INVALID_SCHEMA', `${where}: expected an array of schemas, one per argument, or a schema for the array of all arguments, but got ${typeof schemas}.`);
  }
  return compileList(schemas.map((schema, index) => compileOne(schema, validator, `${where}[${index}]`)), keepsMore ? 'keep' : 'reject');
}

/**
 * Returns a check of a method's return value; a value that its schema rejects is an internal error, because the app itself is wrong.
 *
 * @throws {SocketIOError} `INVALID_SCHEMA`
 */
export function compileReturns(schema: StandardSchema, where: string): (value: unknown) => unknown {
  if (!isStandardSchema(schema)) {
    throw startupError('INVALID_SCHEMA', `${where}: expected a schema of a library that supports Standard Schema (zod, valibot, arktype), but got ${typeof schema}.`);
  }
  const check = compileSchema(schema);
  function settle(result: Checked): unknown {
    if (!('issues' in result)) return result.value;
    const issues = result.issues.map(({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`);
    throw new SocketIOError('INTERNAL', `${where} rejects the return value: ${issues.join('; ')}`);
  }
  return value => {
    const result = check(value);
    return isThenable(result) ? result.then(settle) : settle(result);
  };
}
