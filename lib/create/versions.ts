/** The versions for a new app, the same that this package is tested with; test/create compares them with its package.json. */
export const VERSIONS = {
  egg: '^3.34.0',
  'egg-bin': '^6.13.0',
  'egg-mock': '^5.15.2',
  'egg-scripts': '^3.1.0',
  'egg-ts-helper': '^2.1.1',
  'socket.io-client': '^4.8.4',
  typescript: '^5.9.3',
  '@types/mocha': '^10.0.10',
  '@types/node': '^20.19.43',
  // With later versions, every httpRequest() of egg-mock returns 404.
  'koa-compose': '4.1.0',
} as const;

type Dependency = keyof typeof VERSIONS;

/** The dependencies of a `package.json`. */
export function pick(...names: Dependency[]): Record<string, string> {
  return Object.fromEntries(names.map(name => [ name, VERSIONS[name] ]));
}
