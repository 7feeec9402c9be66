import path from 'node:path';
import type { Application as EggApplication } from 'egg';
import { loadFolders, loadUnitsOf } from '../base/egg_compat';
import { startupError } from '../base/errors';
import { show } from '../base/issues';
import { shownFile } from '../base/paths';
import { isGeneratorFunction, toAsyncFunction } from './generators';
import type { OldMiddleware, RouteHandler } from './types';

/** The handlers or middleware of an app, by their names; those of a folder are in an object. */
export type Loaded = Record<string, unknown>;

type Fn = (this: unknown, ...args: unknown[]) => unknown;
type ControllerClass = new (ctx: unknown) => Record<string, Fn>;

const LABEL = Symbol('handler#label');
const FILE = Symbol('middleware#file');

/** Where a handler is: in which file, class and method. */
export interface HandlerPlace { readonly file: string; readonly controller: string; readonly method: string }

/** The file and the name of a loaded handler, for messages; `undefined` for a function from elsewhere. */
export function placeOfHandler(handler: RouteHandler): HandlerPlace | undefined {
  return (handler as { [LABEL]?: HandlerPlace })[LABEL];
}

/** The file of a loaded middleware. */
export function fileOfMiddleware(middleware: OldMiddleware): string | undefined {
  return (middleware as { [FILE]?: string })[FILE];
}

function isClass(value: unknown): value is ControllerClass {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

/** A class as an older TypeScript target has it: a function whose prototype has methods. */
function isCompiledClass(value: unknown): value is ControllerClass {
  return typeof value === 'function' && typeof value.prototype === 'object' && value.prototype !== null
    && !isGeneratorFunction(value) && Object.getOwnPropertyNames(value.prototype).length > 1;
}

/** The methods of a class and of those that it extends. */
function methodsOf(controller: ControllerClass): string[] {
  const names = new Set<string>();
  for (let proto = controller.prototype as object; proto && proto !== Object.prototype; proto = Object.getPrototypeOf(proto) as object) {
    for (const [ name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(proto))) {
      if (name !== 'constructor' && typeof value === 'function') names.add(name);
    }
  }
  return [ ...names ];
}

/** Turns the exports of `app/io/controller` into handlers that take a context as their `this`. */
class Wrapper {
  constructor(private readonly app: EggApplication) {}

  wrap(exported: unknown, file: string): unknown {
    const isFactory = typeof exported === 'function' && !isClass(exported) && !isCompiledClass(exported) && !isGeneratorFunction(exported)
      && exported.constructor.name !== 'AsyncFunction';
    const value: unknown = isFactory ? exported(this.app) : exported;
    if (isClass(value) || isCompiledClass(value)) return this.ofClass(value, file);
    if (typeof value === 'function') return this.ofFunction(value as Fn, file, 'module.exports', value.name);
    if (typeof value === 'object' && value !== null) return this.ofObject(value as Loaded, file, '');
    throw startupError('INVALID_CONTROLLER', `${shownFile(this.app.baseDir, file)}: expected a class, an object of functions, a function, or app => one of them, but got ${show(value)}.`);
  }

  private ofClass(controller: ControllerClass, file: string): Loaded {
    // Egg's own loader sets them too.
    Object.assign(controller.prototype, { pathName: `controller.${path.basename(file, path.extname(file))}`, fullPath: file });
    return Object.fromEntries(methodsOf(controller).map(method => {
      const { app } = this;
      const handler: RouteHandler = function(this: unknown) {
        const instance = new controller(this);
        return (toAsyncFunction(app, instance[method]) as Fn).call(instance, this);
      };
      return [ method, Object.assign(handler, { [LABEL]: { file, controller: controller.name, method } }) ];
    }));
  }

  private ofObject(object: Loaded, file: string, prefix: string): Loaded {
    const handlers: Loaded = {};
    for (const [ name, value ] of Object.entries(object)) {
      if (typeof value === 'function') handlers[name] = this.ofFunction(value as Fn, file, 'exports', `${prefix}${name}`);
      else if (typeof value === 'object' && value !== null) handlers[name] = this.ofObject(value as Loaded, file, `${prefix}${name}.`);
    }
    return handlers;
  }

  private ofFunction(fn: Fn, file: string, controller: string, method: string): RouteHandler {
    const run = toAsyncFunction(this.app, fn) as Fn;
    return Object.assign(function(this: unknown) { return run.call(this, this); }, { [LABEL]: { file, controller, method } });
  }
}

/** Turns what a file of `app/io/middleware` exports into a middleware. */
function toMiddleware(app: EggApplication, exported: unknown, file: string): OldMiddleware {
  const isMiddleware = typeof exported === 'function'
    && (isGeneratorFunction(exported) || exported.constructor.name === 'AsyncFunction' || exported.length > 1);
  const middleware: unknown = typeof exported === 'function' && !isMiddleware ? exported(app) : exported;
  if (typeof middleware === 'function') return Object.assign(middleware as OldMiddleware, { [FILE]: file });
  throw startupError('INVALID_MIDDLEWARE', `${shownFile(app.baseDir, file)}: expected app => async (ctx, next) => { … }, but got ${show(middleware)}.`);
}

function foldersOf(app: EggApplication, name: string): string[] {
  return loadUnitsOf(app).map(unit => path.join(unit, 'app', 'io', name));
}

/**
 * Loads `app/io/middleware` and `app/io/controller` of the app, its framework and its plugins.
 *
 * @return a promise if Egg's loader has to import the files
 * @throws {SocketIOError} `INVALID_CONTROLLER`, `INVALID_MIDDLEWARE`
 */
export function loadIO(app: EggApplication, target: { middleware: Loaded; controller: Loaded }): void | Promise<void> {
  const wrapper = new Wrapper(app);
  const loadControllers = () => loadFolders(app, {
    directory: foldersOf(app, 'controller'), target: target.controller, caseStyle: 'lower',
    initializer: (exported, { path: file }) => wrapper.wrap(exported, file),
  });
  const loading = loadFolders(app, {
    directory: foldersOf(app, 'middleware'), target: target.middleware,
    initializer: (exported, { path: file }) => toMiddleware(app, exported, file),
  });
  return loading ? loading.then(loadControllers) : loadControllers();
}

/** The names of all functions in loaded files, with dots for folders and classes. */
export function namesIn(loaded: Loaded, prefix = ''): string[] {
  return Object.entries(loaded).flatMap(([ name, value ]) => {
    if (typeof value === 'function') return [ `${prefix}${name}` ];
    return typeof value === 'object' && value !== null ? namesIn(value as Loaded, `${prefix}${name}.`) : [];
  });
}
