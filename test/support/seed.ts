/**
 * The seed of a test with random input. It is fixed, so that a failure of `npm test` belongs to the change that is tested; to look for
 * new failures, `npm run test:long` sets it to `random`.
 *
 * @param variable - of the environment, which has `random` or a number
 */
export function seedOf(variable: string, usual = 1): number {
  const given = process.env[variable];
  return given === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(given ?? usual);
}
