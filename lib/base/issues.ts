import type * as v from 'valibot';
import { didYouMeanOr } from './similar_names';

/** Formats a value for an error message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `${JSON.stringify(value)} (string)`;
  if (value === null || typeof value === 'number' || typeof value === 'boolean' || value === undefined) return `${value}`;
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

/** The parts of valibot's schemas that lead to the keys of an object. */
interface Schema {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Schema>>;
  /** Of `optional()`. */
  readonly wrapped?: Schema;
  /** Of `union()`. */
  readonly options?: readonly Schema[];
  /** Of `lazy()`. */
  readonly getter?: (input: unknown) => Schema;
}

type Entries = Readonly<Record<string, Schema>>;

/** The entries of the object that a schema accepts; without any if it accepts none. */
function entriesOf({ entries, wrapped, options = [], getter }: Schema): Entries {
  if (entries) return entries;
  // One that chooses by the value has a schema for objects.
  const inner = wrapped ?? getter?.({});
  if (inner) return entriesOf(inner);
  return Object.assign({}, ...options.map(entriesOf)) as Entries;
}

/** The keys that the object at a path may have. */
function keysAt(schema: Schema, path: readonly string[]): string[] {
  const entries = entriesOf(schema);
  const [ key, ...rest ] = path;
  if (key === undefined) return Object.keys(entries).sort();
  return Object.hasOwn(entries, key) ? keysAt(entries[key], rest) : [];
}

function pathOf(issue: v.BaseIssue<unknown>): string[] {
  return (issue.path ?? []).map(({ key }) => String(key));
}

function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never';
}

function describeIssue(issue: v.BaseIssue<unknown>, where: string, schema: Schema, above: readonly string[] = []): string[] {
  const path = [ ...above, ...pathOf(issue) ];
  // A value that may be of several types: an object with an unknown key, or a wrong value for a key, is meant to be the object.
  const isInside = ({ path: key, input, type }: v.BaseIssue<unknown>) => key && input !== undefined && type !== 'union';
  const inside = issue.type === 'union' ? issue.issues?.filter(isInside) ?? [] : [];
  if (inside.length > 0) return inside.flatMap(inner => describeIssue(inner, where, schema, path));
  const key = path.join('.');
  if (!isUnknownKey(issue)) return [ `${where}.${key}: expected ${issue.message}, but got ${show(issue.input)}.` ];
  const known = keysAt(schema, path.slice(0, -1));
  return [ `${where}.${key}: unknown option.${didYouMeanOr('Known options:', path.at(-1)!, known)}` ];
}

/**
 * Returns one line for each invalid option.
 *
 * @param where - the key that has the options
 * @param schema - the one that found the issues
 */
export function describeIssues(issues: readonly v.BaseIssue<unknown>[], where: string, schema: v.GenericSchema): string {
  return issues.flatMap(issue => describeIssue(issue, where, schema as Schema)).join('\n[egg-socketio] ');
}
