import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Application as EggApplication } from 'egg';
import { readController, readMembers } from '../decorator/metadata';
import { debugOf } from '../../base/debug';
import { loadModule, loadUnitsOf, takesTypeScript } from '../../base/egg_compat';
import { type ErrorCode, PREFIX, SocketIOError, startupError } from '../../base/errors';
import { loggerOf } from '../../base/logger';
import { shownFile } from '../../base/paths';
import type { Middleware } from '../../types/handlers';
import type { ControllerClass, LoadedController, LoadedMiddleware } from './types';

const debug = debugOf('controllers');

const MIDDLEWARE_FOLDER = 'middleware';

/** The content of the `app/socket` folders of all load units. */
export interface LoadedFiles {
  readonly controllers: readonly LoadedController[];
  readonly middleware: ReadonlyMap<string, LoadedMiddleware>;
}

/** The other exports of a file with controllers. */
interface LoadedExport {
  value: unknown;
  file: string;
}

interface SourceFile {
  fullPath: string;
  /** Relative to the folder, without extension, with `/` on every system. */
  name: string;
}

/** The files that Egg's loader would load: `.js`, and `.ts` if TypeScript is loaded; if both exist, the `.js`, as in Egg. */
function listFiles(directory: string, withTypeScript: boolean): SourceFile[] {
  if (!existsSync(directory)) return [];
  const files = new Map<string, SourceFile>();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith('.d.ts')) continue;
    const extension = path.extname(entry.name);
    if (extension !== '.js' && !(extension === '.ts' && withTypeScript)) continue;
    const fullPath = path.join(entry.parentPath ?? entry.path, entry.name);
    const name = path.relative(directory, fullPath).slice(0, -extension.length).split(path.sep).join('/');
    if (extension === '.js' || !files.has(name)) files.set(name, { fullPath, name });
  }
  return [ ...files.values() ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** An error of the plugin's own, such as that of a decorator, with the file in its message; its stack shows the line. */
function withFile({ code, message, stack = '' }: SocketIOError, shown: string): Error {
  const error = startupError(code as ErrorCode, `${shown}: ${message.slice(PREFIX.length)}`);
  const [ header ] = error.stack!.split('\n');
  error.stack = [ header, ...stack.split('\n').slice(1) ].join('\n');
  return error;
}

/** @param shown - the file, for messages */
async function load(file: string, shown: string): Promise<unknown> {
  try {
    return await loadModule(file);
  } catch (cause) {
    if (cause instanceof SocketIOError && cause.message.startsWith(PREFIX)) throw withFile(cause, shown);
    throw startupError('LOAD_FAILED', `${shown}: ${(cause instanceof Error ? cause.message : String(cause)).replace(PREFIX, '')}`, cause);
  }
}

function exportsOf(module: unknown): unknown[] {
  if (typeof module === 'function') return [ module ];
  return typeof module === 'object' && module !== null ? [ ...new Set(Object.values(module)) ] : [];
}

function isController(value: unknown): value is ControllerClass {
  return typeof value === 'function' && readController(value as ControllerClass) !== undefined;
}

/** Whether a class has handlers that are never called: it is not a controller, and none inherits them. */
function isForgotten(value: unknown, controllers: readonly LoadedController[]): value is ControllerClass {
  if (typeof value !== 'function' || isController(value) || readMembers('listener', value as ControllerClass).size === 0) return false;
  return !controllers.some(({ controller }) => controller.prototype instanceof value);
}

/** `(ctx, next)` is the middleware itself; a function with fewer than two parameters is a factory, called with `app`. */
async function toMiddleware(file: string, app: EggApplication): Promise<Middleware> {
  const shown = shownFile(app.baseDir, file);
  const module = await load(file, shown) as { default?: unknown } | undefined;
  const exported = module?.default ?? module;
  const made: unknown = typeof exported === 'function' && exported.length < 2 ? exported(app) : exported;
  if (typeof made !== 'function') {
    throw startupError('INVALID_MIDDLEWARE',
      `${shown}: expected the default export to be a middleware (ctx, next) or a factory (app) => middleware.`);
  }
  return made as Middleware;
}

/**
 * Loads `app/socket/**` of every load unit: the app, its plugins and the framework.
 *
 * @throws {SocketIOError} with the file: `LOAD_FAILED`, `INVALID_MIDDLEWARE`, or the error of a decorator or a definition in it
 */
export async function loadFiles(app: EggApplication): Promise<LoadedFiles> {
  const controllers: LoadedController[] = [];
  const middleware = new Map<string, LoadedMiddleware>();
  const others: LoadedExport[] = [];
  const withTypeScript = takesTypeScript(app);
  for (const unit of loadUnitsOf(app)) {
    const directory = path.join(unit, 'app', 'socket');
    for (const { fullPath, name } of listFiles(directory, withTypeScript)) {
      const [ folder, ...rest ] = name.split('/');
      if (folder === MIDDLEWARE_FOLDER && rest.length > 0) {
        // Load units come in the order plugins, framework, app, so the app can replace a plugin's middleware.
        middleware.set(rest.join('/'), { run: await toMiddleware(fullPath, app), file: fullPath });
        debug('%j is the middleware %j', shownFile(app.baseDir, fullPath), rest.join('/'));
        continue;
      }
      const shown = shownFile(app.baseDir, fullPath);
      const exported = exportsOf(await load(fullPath, shown));
      const found = exported.filter(isController);
      debug('%j exports %d controller(s)', shown, found.length);
      for (const controller of found) {
        // A file may re-export what another one exports.
        if (!controllers.some(loaded => loaded.controller === controller)) controllers.push({ controller, file: fullPath });
      }
      if (found.length === 0) {
        loggerOf(app).warn('[egg-socketio] %s exports no controller: decorate a class with @WSController() and export it,'
          + ' export defineSocketController({...}), or move the file out of app/socket.', shown);
      } else if (found.length < exported.length) {
        others.push(...exported.map(value => ({ value, file: shown })));
      }
    }
  }
  for (const { value, file } of others) {
    if (!isForgotten(value, controllers)) continue;
    app.logger.warn('[egg-socketio] %s: %s has handlers that are never called: decorate it with @WSController(), or do not export it.',
      file, value.name);
  }
  return { controllers, middleware };
}
