import * as v from 'valibot';

/** Formats a value for an error message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `${JSON.stringify(value)} (string)`;
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

/**
 * Returns one line for each invalid option.
 *
 * @param where - the key that has the options
 * @param keys - the known keys
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
