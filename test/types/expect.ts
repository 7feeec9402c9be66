type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only if the value is of exactly the type: `any`, a wider type and a narrower one are refused. */
export function expectType<Expected>() {
  return <Actual>(_value: Actual, ..._refused: Same<Actual, Expected> extends true ? [] : [ 'is not of the expected type' ]): void => undefined;
}
