import { existsSync, readFileSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { types } from 'node:util';
import type { Agent, Application as EggApplication } from 'egg';

/** All differences between Egg 3 and Egg 4, and everything that neither declares. All other code works with both. */

/** The parts of Egg's loader that are used here. */
interface Loader {
  getLoadUnits(): { path: string }[];
  /** Egg 4 may have to import a file, and then returns a promise instead of its content. */
  loadFile(file: string): unknown;
  loadRouter(): unknown;
  readonly FileLoader: new (options: FolderOptions & { readonly call: false }) => { load(): unknown };
  /** The file of each value in the config. */
  readonly configMeta?: unknown;
}

/** The files that {@link loadFolders} loads, and how. */
interface FolderOptions {
  readonly directory: readonly string[];
  /** Gets the exports of each file, by the file's name. */
  readonly target: object;
  readonly caseStyle?: 'lower';
  readonly initializer: (exported: unknown, file: { readonly path: string }) => unknown;
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

/**
 * Loads all files of some folders, as Egg loads `app/controller`.
 *
 * @return a promise in Egg 4, which may have to import them
 */
export function loadFolders(app: EggApplication, options: FolderOptions): Promise<void> | undefined {
  const loading = new (loaderOf(app).FileLoader)({ ...options, call: false }).load();
  return loading instanceof Promise ? loading.then(() => undefined) : undefined;
}

/** Runs a function before `app/router` is loaded: now in Egg 3, which waits for nothing; in Egg 4, it may return a promise. */
export function beforeRouter(app: EggApplication, run: () => void | Promise<void>): void {
  if (!isEgg4(app)) {
    void run();
    return;
  }
  const loader = loaderOf(app);
  const loadRouter = loader.loadRouter.bind(loader);
  loader.loadRouter = async () => {
    await run();
    return loadRouter();
  };
}

/** The file that has set a value of the config, by its keys; `undefined` if Egg does not know. */
export function configFileOf(app: EggApplication | Agent, keys: readonly string[]): string | undefined {
  const file = keys.reduce<unknown>((meta, key) => (meta as Record<string, unknown> | undefined)?.[key], loaderOf(app).configMeta);
  return typeof file === 'string' ? file : undefined;
}

/** The parts of Egg's loggers that write to the console. */
interface ConsoleTransport { readonly enabled: boolean; enable(): void; disable(): void }
interface Loggers { values(): Iterable<{ get(transport: string): ConsoleTransport | undefined }> }

/**
 * Runs a part of the start whose errors Egg's cluster prints when it ends the process. Egg logs them as well, and with both, each error
 * would be on the console twice; in the files it is once.
 *
 * @param isClustered - whether Egg's cluster has started the process
 */
export async function printingErrorsOnce(app: EggApplication | Agent, isClustered: boolean, start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    if (isClustered) keepOffConsole((app as unknown as { loggers: Loggers }).loggers);
    throw error;
  }
}

/** Keeps off the console what Egg logs until it has handled an error of the start: that takes one turn of the event loop. */
function keepOffConsole(loggers: Loggers): void {
  const consoles = [ ...loggers.values() ].flatMap(logger => logger.get('console') ?? []).filter(({ enabled }) => enabled);
  for (const each of consoles) each.disable();
  setImmediate(() => setImmediate(() => { for (const each of consoles) each.enable(); }));
}

/** Whether Egg loads `.ts` files. Egg 4 uses a variable for this, if files are compiled on import. */
export function takesTypeScript(app: EggApplication | Agent): boolean {
  const isCompiled = '.ts' in require.extensions;
  if (isEgg4(app)) return isCompiled || process.env.EGG_TS_ENABLE === 'true' || process.env.VITEST === 'true';
  return isCompiled && process.env.EGG_TYPESCRIPT === 'true';
}

/** Whether Node.js treats a file as an ES module, by the nearest package.json. */
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
 * Loads one of an app's files: by `require()`, as Egg 3 does, or by `import()` for an ES module, which Egg 4 apps may use.
 *
 * @return its exports
 */
export async function loadModule(file: string): Promise<unknown> {
  return isModule(file) ? import(pathToFileURL(file).href) : require(file);
}

/** Calls back with the HTTP server of the worker once it exists: Egg announces some servers only after the plugins have started. */
export function onServer(app: EggApplication, use: (server: HttpServer) => void): void {
  const { server } = app as { server?: HttpServer | null };
  if (server) use(server);
  else app.once('server', use);
}

/** Runs a function before the app is closed, after all functions that are registered later. */
export function beforeClose(app: EggApplication, close: () => unknown): void {
  (app as unknown as { lifecycle: Lifecycle }).lifecycle.registerBeforeClose(close);
}

/**
 * Runs a function when the app is closed, before all `beforeClose` hooks. Our own hook would run after those of the app and of plugins
 * that are loaded later, which close what handlers need.
 *
 * @param close - must not reject, or Egg would close nothing else
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
 * Whether the app wants Egg to format the lines of contexts. Egg 4 always does, whatever `config.logger.enableFastContextLogger` says; it
 * would log each event as if it were the handshake request.
 */
export function wantsFastLogger(app: EggApplication): boolean {
  return !isEgg4(app) && Boolean(app.config.logger.enableFastContextLogger);
}

/**
 * Hides texts in `run/application_config.json` and `run/agent_config.json`. For Egg 3, config/config.default.ts lists a path; Egg 4 only
 * supports names.
 *
 * @param name - the key whose value is hidden if it is a text
 */
export function hideInDump(app: EggApplication | Agent, name: string): void {
  const { dump } = app.config as { dump?: { ignore: Iterable<string | RegExp> } };
  if (dump && isEgg4(app)) dump.ignore = new Set([ ...dump.ignore, name ]);
}

/** The packages that start apps for tests, of Egg 3 and Egg 4. */
const MOCK_PACKAGES = [ 'egg-mock', '@eggjs/mock' ];

type Mock<T> = { [name in string]: T };
interface MockPackage<T> { default?: Mock<T>; mm?: Mock<T>; mock?: Mock<T> }

function requireMock(name: string): unknown {
  // In a test that is an ES module, Egg 4's bootstrap has stored its app there. The package loaded here is a second copy, without that
  // app, so nothing would wait until the app is ready.
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
 * Replaces a method of `mm`, in each of the installed test packages.
 *
 * @param replace - returns the new method for the old one
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
    // Egg 4's object cannot be extended; the package's export can be replaced.
    const proxy = new Proxy(mm, { get: (target, key, receiver) => (key === name ? replaced : Reflect.get(target, key, receiver)) });
    Object.assign(exported, { default: proxy, mm: proxy, mock: proxy });
  }
}
