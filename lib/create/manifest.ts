import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pick } from './versions';

/** The language of an app. */
export type Language = 'js' | 'ts';

/** The root of this package. */
export const ROOT = path.join(__dirname, '../..');

/** This package's package.json. */
export function ownManifest(): { name: string; version: string; engines: { node: string } } {
  return JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
}

/** A `.js` file is preferred to the `.ts` of its name, so none may be left. `ets` generates types for services and so on. */
const TS_SCRIPTS = {
  clean: 'tsc --build --clean',
  dev: 'npm run -s clean && egg-bin dev',
  typecheck: 'ets && tsc --noEmit',
  test: 'npm run -s clean && egg-bin test',
  build: 'ets && tsc',
};
const JS_SCRIPTS = { dev: 'egg-bin dev', test: 'egg-bin test' };

/**
 * Returns the `package.json` of a new app.
 *
 * @param name - the app's
 * @param language - of the app
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
    // Neither is needed; npm warns about scripts without a decision.
    allowScripts: { 'egg-bin': false },
  };
}
