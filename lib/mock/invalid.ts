/**
 * Passes a value as it is where the declared types do not allow it, for tests of invalid input:
 * `client.sendWithAck('sum', invalid('one'), 2)`. It may also stand for the whole list of `app.mockSocketEvent()`.
 *
 * @param value - the value to send
 * @return the same value, with a type that fits anywhere
 * @see docs/testing.md#invalid-input
 */
export function invalid(value: unknown): never {
  return value as never;
}
