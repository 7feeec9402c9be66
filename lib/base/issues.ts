import * as v from 'valibot';

/** A value as an error message shows it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `${JSON.stringify(value)} (string)`;
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

/**
 * One line for each option that is wrong.
 *
 * @param where - the key that the options are in
 * @param keys - that may be there
 */
export function describeIssues(issues: readonly v.BaseIssue<unknown>[], where: string, keys: readonly string[]): string {
  return issues.map(issue => {
    const key = v.getDotPath(issue) ?? '';
    if (issue.type === 'strict_object' && issue.expected === 'never') {
      const known = key.includes('.') ? '' : ` Known options: ${[ ...keys ].sort().join(', ')}.`;
      return `${where}.${key}: unknown option.${known}`;
    }
    return `${where}.${key}: expected ${issue.message}, but got ${show(issue.input)}.`;
  }).join('\n[egg-socketio] ');
}
