import path from 'node:path';
import type { Project } from '../source/project';
import { type Binding, importLine, plainExports } from './bindings';
import { decoratedController } from './class_controller';
import { type NamespaceConfig, translateConfig } from './config';
import { correctPaths } from './imports';
import { translateManifest } from './manifest';
import { translateMiddleware } from './middleware';
import { camel, controllerChain, FOLDERS, movedTo, nameIn, wordOf } from './names';
import { hasMember, plainController } from './plain_controller';
import { hasEggSocketIO, translatePlugin } from './plugin';
import { removeRoutes, type Route, routesOf } from './routes';
import { shapeOf } from './shape';
import { translateUsages } from './usages';

function configFiles(project: Project, name: string): string[] {
  return project.codeIn('config').filter(file => path.posix.basename(file).startsWith(`${name}.`));
}

/** Whether an app uses egg-socket.io. */
export function usesEggSocketIO(project: Project): boolean {
  return configFiles(project, 'plugin').some(file => hasEggSocketIO(project.source(file)))
    || (project.has('package.json') && /"egg-socket\.io"\s*:/.test(project.read('package.json')))
    || project.codeIn('app/io').length > 0;
}

/** The controller file and the member that a route names. */
function targetOf(files: ReadonlyMap<string, string>, handler: readonly string[]): { file: string; member: string } | undefined {
  for (const length of [ handler.length, handler.length - 1 ]) {
    const file = files.get(handler.slice(0, length).join('.'));
    if (file) return { file, member: handler[length] ?? '' };
  }
  return undefined;
}

/** Plans the translation of an app of egg-socket.io. */
class EggSocketIOApp {
  private readonly namespaces: NamespaceConfig[] = [];
  private readonly translated: Route[] = [];
  /** The namespaces whose connection middleware has a controller. */
  private readonly served = new Set<string>();
  readonly notes: string[] = [];

  constructor(private readonly project: Project, private readonly version: string) {}

  plan(): void {
    const { project } = this;
    for (const file of configFiles(project, 'plugin')) translatePlugin(project.source(file));
    for (const file of configFiles(project, 'config')) {
      this.namespaces.push(...translateConfig(project.source(file), path.posix.basename(file).startsWith('config.default.')));
    }
    const middleware = this.middlewareNames();
    const routes = [ 'app', 'lib' ].flatMap(folder => project.codeIn(folder)).concat(this.rootFiles())
      .filter(file => !movedTo(file)).flatMap(file => routesOf(project.source(file)));
    this.planControllers(this.firstOf(routes), middleware);
    removeRoutes(this.translated);
    this.planMiddleware(middleware);
    this.planOthers();
  }

  private rootFiles(): string[] {
    return [ 'app', 'agent' ].flatMap(name => this.project.find(name) ?? []);
  }

  /** Names in the config, and those of the files: `fooBar` stands for `foo_bar.js`. */
  private middlewareNames(): Map<string, string> {
    const names = this.project.codeIn(FOLDERS.middleware.from).map(file => nameIn(FOLDERS.middleware, file));
    return new Map(names.map(name => [ camel(name), name ]));
  }

  /** The routes that ran: the first one for an event of a namespace. */
  private firstOf(routes: readonly Route[]): Route[] {
    const seen = new Set<string>();
    return routes.filter(route => {
      const key = JSON.stringify([ route.namespace, route.event ]);
      if (seen.has(key)) route.source.mark(route.call, 'an earlier route for this event won, so this one never ran; remove it.');
      else if (route.event === 'error') route.source.mark(route.call, 'there is no event error in Socket.IO 4; use filters, see docs/errors.md.');
      else if (!seen.has(key)) {
        seen.add(key);
        return true;
      }
      return false;
    });
  }

  private bindingsOf(routes: readonly { route: Route; member: string }[], middleware: ReadonlyMap<string, string>): Binding[] {
    return [ ...new Set(routes.map(({ route }) => route.namespace)) ].map(namespace => {
      const own = routes.filter(({ route }) => route.namespace === namespace);
      return this.bindingOf(namespace, middleware, own.map(({ route: { event, comments }, member }) => ({ event, member, comments })));
    });
  }

  private bindingOf(namespace: string, middleware: ReadonlyMap<string, string>, routes: Binding['routes']): Binding {
    const config = this.namespaces.find(({ name }) => name === namespace);
    const isFirst = !this.served.has(namespace);
    this.served.add(namespace);
    const fileNames = (names: readonly string[] = []) => names.map(name => middleware.get(name) ?? name);
    return {
      namespace, routes,
      connectionMiddleware: isFirst ? fileNames(config?.connectionMiddleware) : [],
      middleware: fileNames(config?.packetMiddleware),
      comments: isFirst ? config?.comments ?? [] : [],
    };
  }

  private planControllers(routes: readonly Route[], middleware: ReadonlyMap<string, string>): void {
    const { project } = this;
    const chain = (file: string) => controllerChain(nameIn(FOLDERS.controller, file)).join('.');
    const files = new Map(project.codeIn(FOLDERS.controller.from).map(file => [ chain(file), file ]));
    const byFile = new Map<string, { route: Route; member: string }[]>([ ...files.values() ].map(file => [ file, []]));
    for (const route of routes) {
      const target = targetOf(files, route.handler);
      if (target) byFile.get(target.file)!.push({ route, member: target.member });
      else route.source.mark(route.call, `there is no file for app.io.controller.${route.handler.join('.')}.`);
    }
    for (const [ file, all ] of byFile) this.planController(file, all, middleware);
    for (const { name, connectionMiddleware, packetMiddleware } of this.namespaces) {
      if (this.served.has(name) || (name === '/' && connectionMiddleware.length + packetMiddleware.length === 0)) continue;
      this.planEmptyNamespace(name, middleware);
    }
  }

  private planController(file: string, all: readonly { route: Route; member: string }[], middleware: ReadonlyMap<string, string>): void {
    const { project } = this;
    const source = project.source(file);
    const [ name, to ] = [ nameIn(FOLDERS.controller, file), movedTo(file)! ];
    const first = source.tree.statements[0] ?? source.tree;
    if (all.length === 0) {
      source.mark(first, 'no route names this file; move what you still need of it.');
      return;
    }
    const shape = shapeOf(source);
    if (typeof shape === 'string') {
      this.leaveController(file, all, shape);
      return;
    }
    const routes = all.filter(({ route, member }) => {
      if (hasMember(shape, member)) return true;
      route.source.mark(route.call, `${file} has no function ${member || 'to export'}.`);
      return false;
    });
    if (routes.length === 0) return;
    const served = new Set(this.served);
    const bindings = this.bindingsOf(routes, middleware);
    correctPaths(source, to);
    translateUsages(source);
    const result = source.isTypeScript && shape.kind === 'class' && !shape.appName
      ? decoratedController(source, shape, bindings) : plainController(source, shape, bindings, camel(path.posix.basename(name)));
    if ('problem' in result) {
      this.served.clear();
      for (const name of served) this.served.add(name);
      this.leaveController(file, all, result.problem);
      return;
    }
    this.translated.push(...routes.map(({ route }) => route));
    project.plan({ from: file, to, content: source.restored(result.text) });
  }

  private leaveController(file: string, all: readonly { route: Route }[], problem: string): void {
    const source = this.project.reread(file);
    source.mark(source.tree.statements[0] ?? source.tree, `this controller could not be translated: ${problem}.`);
    for (const { route } of all) route.source.mark(route.call, `its controller, ${file}, could not be translated.`);
  }

  /** A namespace that has middleware, or that clients only connect to. */
  private planEmptyNamespace(name: string, middleware: ReadonlyMap<string, string>): void {
    const isTypeScript = this.project.codeIn('config').some(file => file.endsWith('.ts'));
    const head = isTypeScript ? '' : "'use strict';\n\n";
    const body = plainExports([ this.bindingOf(name, middleware, []) ], isTypeScript);
    const content = `${head}${importLine([ 'defineSocketController' ], isTypeScript)}\n${body}`;
    this.project.plan({ to: `${FOLDERS.controller.to}/${wordOf(name)}.${isTypeScript ? 'ts' : 'js'}`, content });
  }

  private planMiddleware(names: ReadonlyMap<string, string>): void {
    for (const file of this.project.codeIn(FOLDERS.middleware.from)) {
      const source = this.project.source(file);
      const name = nameIn(FOLDERS.middleware, file);
      const uses = (key: 'connectionMiddleware' | 'packetMiddleware') => this.namespaces
        .filter(namespace => namespace[key].some(given => names.get(given) === name)).map(namespace => namespace.name);
      const to = movedTo(file)!;
      correctPaths(source, to);
      translateUsages(source);
      const controller = `${FOLDERS.controller.to}/${name}_disconnection${path.posix.extname(file)}`;
      const ending = translateMiddleware(source, { connection: uses('connectionMiddleware'), packet: uses('packetMiddleware') }, controller);
      this.project.plan({ from: file, to, content: source.restored(source.render()) });
      if (ending) this.project.plan({ to: controller, content: source.restored(ending) });
    }
  }

  /** Other files that use Socket.IO, and package.json. */
  private planOthers(): void {
    const { project } = this;
    const files = [ 'app', 'lib', 'config', 'test' ].flatMap(folder => project.codeIn(folder)).concat(this.rootFiles());
    for (const file of files.filter(name => !movedTo(name))) {
      if (/\bio\b|egg-socket\.io/.test(project.read(file))) translateUsages(project.source(file));
    }
    if (!project.has('package.json')) return;
    const before = project.read('package.json');
    const { text, notes } = translateManifest(before, this.version);
    if (text !== before) project.plan({ from: 'package.json', to: 'package.json', content: text });
    this.notes.push(...notes);
  }
}

/**
 * Plans the translation of an app of egg-socket.io.
 *
 * @param project - its files
 * @param version - of this package
 * @return what the user should know, besides the marks in the files
 */
export function planEggSocketIO(project: Project, version: string): string[] {
  const app = new EggSocketIOApp(project, version);
  app.plan();
  return app.notes;
}
