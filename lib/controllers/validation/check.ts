import type { StandardIssue } from '../../types/standard_schema';

/** One thing that is wrong with what a client has sent; `path` begins with the number of the argument. */
export interface ValidationIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A value, perhaps transformed, or what is wrong with it. */
export type Checked = { readonly value: unknown } | { readonly issues: readonly ValidationIssue[] };

/** Looks at one value. May throw and may reject, if a schema does. */
export type Check = (value: unknown) => Checked | PromiseLike<Checked>;

function toKey(segment: PropertyKey | { readonly key: PropertyKey }): string | number {
  const key = typeof segment === 'object' ? segment.key : segment;
  return typeof key === 'symbol' ? String(key) : key;
}

/** What a schema says is wrong, as clients see it. */
export function toIssues(issues: readonly StandardIssue[]): ValidationIssue[] {
  return issues.map(({ path = [], message }) => ({ path: path.map(toKey), message }));
}
