import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type EggVersion, pick, pickEgg, TOOLS } from './versions';

/** The language of an app. */
export type Language = 'js' | 'ts';

/** The choices for a new app. */
export interface AppKind {
  language: Language;
  egg: EggVersion;
}

/** The root of this package. */
export const ROOT = path.join(__dirname, '../../..');

/** This package's package.json. */
export function ownManifest(): { name: string; version: string; engines: { node: string } } {
  return JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
}

/** A `.js` file is preferred to the `.ts` of its name, so none may be left. */
const TS_SCRIPTS = {
  clean: 'tsc --build --clean',
  dev: 'npm run -s clean && egg-bin dev',
  typecheck: 'tsc --noEmit',
  test: 'npm run -s clean && egg-bin test',
  build: 'tsc',
};
const JS_SCRIPTS = { dev: 'egg-bin dev', test: 'egg-bin test' };

/** The compiler options for each version of Egg. Only Egg 4 can load ES modules, and only on Node.js 20 or newer. */
const TYPESCRIPT = {
  3: {
    egg: { typescript: true, tscompiler: 'ts-node/register/transpile-only' },
    // `ets` generates the types of services and so on; Egg 4 does not use those.
    scripts: { ...TS_SCRIPTS, typecheck: `ets && ${TS_SCRIPTS.typecheck}`, build: `ets && ${TS_SCRIPTS.build}` },
    packages: pick('egg-ts-helper', 'typescript'),
  },
  4: { type: 'module', engines: { node: '>=20' }, egg: { typescript: true }, scripts: TS_SCRIPTS, packages: pick('typescript') },
};

/**
 * Returns the `package.json` of a new app.
 *
 * @param name - the app's
 * @param kind - its language, and its version of Egg
 */
export function appManifest(name: string, { egg, language }: AppKind): object {
  const self = ownManifest();
  const { bin, mock, scripts: starter } = TOOLS[egg];
  const { scripts, packages, ...typescript } = language === 'ts' ? TYPESCRIPT[egg] : { scripts: JS_SCRIPTS, packages: {} };
  return {
    name,
    version: '1.0.0',
    private: true,
    engines: self.engines,
    ...typescript,
    scripts: {
      ...scripts,
      start: `egg-scripts start --daemon --title=egg-server-${name}`,
      stop: `egg-scripts stop --title=egg-server-${name}`,
    },
    dependencies: { ...pickEgg(egg), ...pick(starter), [self.name]: `^${self.version}` },
    devDependencies: {
      ...language === 'ts' ? pick('@types/mocha', '@types/node') : {},
      ...pick(bin, mock, 'socket.io-client'),
      ...packages,
    },
    overrides: pick('koa-compose'),
    // Neither is needed; npm warns about scripts without a decision.
    allowScripts: { [bin]: false },
  };
}
