/** A version of Egg that an app can be made for. */
export type EggVersion = '3' | '4';

/** Returns the version of Egg that an argument or an answer names; nothing for another one. */
export function asEggVersion(given: string): EggVersion | undefined {
  return given === '3' || given === '4' ? given : undefined;
}

/** The versions of Egg, the same that this package is tested with; test/create compares these, and those below, with its package.json. */
const EGG: Record<EggVersion, string> = { 3: '^3.34.0', 4: '~4.0.10' };

/** The versions of the other packages of a new app. */
export const VERSIONS = {
  'egg-bin': '^6.13.0',
  'egg-mock': '^5.15.2',
  'egg-scripts': '^3.1.0',
  'egg-ts-helper': '^2.1.1',
  '@eggjs/bin': '^7.3.1',
  '@eggjs/mock': '^6.0.7',
  '@eggjs/scripts': '^4.0.0',
  'socket.io-client': '^4.8.4',
  typescript: '^5.9.3',
  '@types/mocha': '^10.0.10',
  '@types/node': '^20.19.43',
  // With later versions, every httpRequest() of the packages for tests returns 404.
  'koa-compose': '4.1.0',
} as const;

type Dependency = keyof typeof VERSIONS;

/** Egg's own tools, by the version of Egg. */
export const TOOLS = {
  3: { bin: 'egg-bin', mock: 'egg-mock', scripts: 'egg-scripts' },
  4: { bin: '@eggjs/bin', mock: '@eggjs/mock', scripts: '@eggjs/scripts' },
} as const satisfies Record<EggVersion, Record<string, Dependency>>;

/** The dependencies of a `package.json`. */
export function pick(...names: Dependency[]): Record<string, string> {
  return Object.fromEntries(names.map(name => [ name, VERSIONS[name] ]));
}

/** The dependency on Egg. */
export function pickEgg(version: EggVersion): Record<string, string> {
  return { egg: EGG[version] };
}

/** Whether an app depends on a package of this name. */
export function isNeeded(name: string): boolean {
  return name === 'egg' || name in VERSIONS;
}
