/** Whether a value has to be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return value instanceof Promise
    || (typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function');
}
