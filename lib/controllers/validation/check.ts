import type { StandardIssue } from '../../types/standard_schema';

/** One issue with a client's arguments; `path` begins with the index of the argument. */
export interface ValidationIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A value, perhaps transformed, or its issues. */
export type Checked = { readonly value: unknown } | { readonly issues: readonly ValidationIssue[] };

/** Checks one value. Throws or rejects if a schema does. */
export type Check = (value: unknown) => Checked | PromiseLike<Checked>;

function toKey(segment: PropertyKey | { readonly key: PropertyKey }): string | number {
  const key = typeof segment === 'object' ? segment.key : segment;
  return typeof key === 'symbol' ? String(key) : key;
}

/** Formats the issues of a schema for clients. */
export function toIssues(issues: readonly StandardIssue[]): ValidationIssue[] {
  return issues.map(({ path = [], message }) => ({ path: path.map(toKey), message }));
}
