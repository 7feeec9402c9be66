import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pick } from './versions';

/** What an app is written in. */
export type Language = 'js' | 'ts';

/** The root of this package. */
export const ROOT = path.join(__dirname, '../..');

/** This package, as its package.json has it. */
export function ownManifest(): { name: string; version: string; engines: { node: string } } {
  return JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
}

/** A `.js` wins over the `.ts` of its name, so none may be left. `ets` tells the compiler of services and the like. */
const TS_SCRIPTS = {
  clean: 'tsc --build --clean',
  dev: 'npm run -s clean && egg-bin dev',
  typecheck: 'ets && tsc --noEmit',
  test: 'npm run -s clean && egg-bin test',
  build: 'ets && tsc',
};
const JS_SCRIPTS = { dev: 'egg-bin dev', test: 'egg-bin test' };

/**
 * The `package.json` of a new app.
 *
 * @param name - the app's
 * @param language - what it is written in
 */
export function appManifest(name: string, language: Language): object {
  const isTypeScript = language === 'ts';
  const self = ownManifest();
  return {
    name,
    version: '1.0.0',
    private: true,
    engines: self.engines,
    ...isTypeScript ? { egg: { typescript: true, tscompiler: 'ts-node/register/transpile-only' } } : {},
    scripts: {
      ...isTypeScript ? TS_SCRIPTS : JS_SCRIPTS,
      start: `egg-scripts start --daemon --title=egg-server-${name}`,
      stop: `egg-scripts stop --title=egg-server-${name}`,
    },
    dependencies: { ...pick('egg', 'egg-scripts'), [self.name]: `^${self.version}` },
    devDependencies: {
      ...isTypeScript ? pick('@types/mocha', '@types/node') : {},
      ...pick('egg-bin', 'egg-mock', 'socket.io-client'),
      ...isTypeScript ? pick('egg-ts-helper', 'typescript') : {},
    },
    overrides: pick('koa-compose'),
    // Neither is needed; npm warns of scripts that nobody has decided about.
    allowScripts: { 'egg-bin': false, 'msgpackr-extract': false },
  };
}
