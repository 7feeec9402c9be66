import { existsSync, readFileSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { types } from 'node:util';
import type { Agent, Application as EggApplication } from 'egg';

/**
 * What differs between Egg 3 and Egg 4, or what neither declares. All else is written for both, and knows nothing of versions.
 */

/** Egg's loader, as far as it matters here. */
interface Loader {
  getLoadUnits(): { path: string }[];
  /** Egg 4 may have to import a file, and so does not return what is in it, but a promise. */
  loadFile(file: string): unknown;
}

interface Lifecycle { registerBeforeClose(close: () => unknown): void; close(): Promise<void> }

function loaderOf(app: EggApplication | Agent): Loader {
  return app.loader as unknown as Loader;
}

function isEgg4(app: EggApplication | Agent): boolean {
  return loaderOf(app).loadFile.constructor.name === 'AsyncFunction';
}

/** The folders of the plugins, the framework and the app, in this order. */
export function loadUnitsOf(app: EggApplication | Agent): string[] {
  return loaderOf(app).getLoadUnits().map(unit => unit.path);
}

/** Whether Egg takes `.ts` files. Egg 4 is told by a variable where they are compiled as they are imported. */
export function takesTypeScript(app: EggApplication | Agent): boolean {
  const isCompiled = '.ts' in require.extensions;
  if (isEgg4(app)) return isCompiled || process.env.EGG_TS_ENABLE === 'true' || process.env.VITEST === 'true';
  return isCompiled && process.env.EGG_TYPESCRIPT === 'true';
}

/** Whether Node takes a file for an ECMAScript module: by the package.json that is nearest. */
function isModule(file: string): boolean {
  let folder = path.dirname(file);
  while (!existsSync(path.join(folder, 'package.json'))) {
    const parent = path.dirname(folder);
    if (parent === folder) return false;
    folder = parent;
  }
  const { type } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { type?: string };
  return type === 'module';
}

/**
 * Loads one of an app's files: by `require()`, as Egg 3 does; an ECMAScript module, which apps for Egg 4 may be written as, by `import()`.
 *
 * @return what it exports
 */
export async function loadModule(file: string): Promise<unknown> {
  return isModule(file) ? import(pathToFileURL(file).href) : require(file);
}

/** Calls back with the HTTP server of the worker, once there is one: Egg tells it of some only after the plugins have been started. */
export function onServer(app: EggApplication, use: (server: HttpServer) => void): void {
  const { server } = app as { server?: HttpServer | null };
  if (server) use(server);
  else app.once('server', use);
}

/** Has something done before the app is closed, after all that was asked for later. */
export function beforeClose(app: EggApplication, close: () => unknown): void {
  (app as unknown as { lifecycle: Lifecycle }).lifecycle.registerBeforeClose(close);
}

/**
 * Has something done when the app is closed, before all that anybody has asked for with `beforeClose`. A hook of our own would
 * run after those of the app and of plugins that are loaded later, which close what handlers need.
 *
 * @param close - must not reject: Egg would close nothing else
 */
export function beforeAnythingCloses(app: EggApplication, close: () => Promise<void>): void {
  const { lifecycle } = app as unknown as { lifecycle: Lifecycle };
  const closeAll = lifecycle.close.bind(lifecycle);
  lifecycle.close = async () => {
    await close();
    await closeAll();
  };
}

/**
 * Whether the app wants Egg to format what contexts log. Egg 4 does nothing else, whatever `config.logger.enableFastContextLogger`
 * says; it would tell of each event as of the request of the handshake.
 */
export function wantsFastLogger(app: EggApplication): boolean {
  return !isEgg4(app) && Boolean(app.config.logger.enableFastContextLogger);
}

/**
 * Hides texts from `run/application_config.json` and `run/agent_config.json`. Egg 3 is told by config/config.default.ts of one path;
 * Egg 4 has nothing but names.
 *
 * @param name - of the key whose value is hidden if it is a text
 */
export function hideInDump(app: EggApplication | Agent, name: string): void {
  const { dump } = app.config as { dump?: { ignore: Iterable<string | RegExp> } };
  if (dump && isEgg4(app)) dump.ignore = new Set([ ...dump.ignore, name ]);
}

/** The packages that start apps for tests: Egg 3's and Egg 4's. */
const MOCK_PACKAGES = [ 'egg-mock', '@eggjs/mock' ];

type Mock<T> = { [name in string]: T };
interface MockPackage<T> { default?: Mock<T>; mm?: Mock<T>; mock?: Mock<T> }

function requireMock(name: string): unknown {
  // In a test that is an ECMAScript module, Egg 4's bootstrap has put its app there, and what is loaded here is a second copy
  // of the package, which begins with none: nobody would wait until the app is ready.
  const holder = globalThis as { __eggMockAppInstance?: unknown };
  const { __eggMockAppInstance: app } = holder;
  try {
    return require(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    return undefined;
  } finally {
    if (app) holder.__eggMockAppInstance = app;
  }
}

/**
 * Replaces a method of `mm`, in each of the packages for tests that is installed.
 *
 * @param replace - makes the new method of the old one
 */
export function replaceMockMethod<T>(name: string, replace: (original: T) => T): void {
  for (const each of MOCK_PACKAGES) {
    const exported = requireMock(each) as MockPackage<T> & Mock<T> | undefined;
    if (!exported) continue;
    const mm = exported.default ?? exported;
    const replaced = replace(mm[name]);
    if (!types.isProxy(mm)) {
      mm[name] = replaced;
      continue;
    }
    // Egg 4's takes no new methods; what the package exports can be another one.
    const proxy = new Proxy(mm, { get: (target, key, receiver) => (key === name ? replaced : Reflect.get(target, key, receiver)) });
    Object.assign(exported, { default: proxy, mm: proxy, mock: proxy });
  }
}
