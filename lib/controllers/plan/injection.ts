import type { Application as EggApplication } from 'egg';
import { type Constructor, type InjectRecord, readMembers } from '../decorator/metadata';
import { startupError } from '../../base/errors';
import { didYouMean } from '../../base/similar_names';
import type { ContextFactory } from '../../context/socket_context';
import type { Places } from './places';
import { findPrototype, hasTegg, injectedByTegg, rootPrototype, type TeggInjection, warnOfOurs } from './tegg';
import type { ControllerClass, Create, HandlerPlan, Scope } from './types';

type Resolve = (ctx: object) => unknown;
/** Provides the injected values: at once, or created for each event first. */
type Found = { readonly resolve: Resolve } | Extract<TeggInjection, { make: unknown }>;
type Bag = Record<string, unknown>;

function walk(start: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (value as Bag | null | undefined)?.[key], start);
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** The services that a name may mean: as it is, without `Service`, and with dots as folders. */
function servicePaths(name: string): string[][] {
  const short = name.replace(/Service$/, '');
  return [ name, short ].filter(Boolean).map(n => n.split('.').map(lowerFirst));
}

/** The names of all services, those in folders with dots. */
function serviceNames(classes: Bag = {}, prefix = ''): string[] {
  return Object.entries(classes).flatMap(([ name, value ]) => (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
      ? serviceNames(value as Bag, `${prefix}${name}.`)
      : [ `${prefix}${name}` ]
  ));
}

function resolveByName(app: EggApplication, contextPrototype: object, name: string): Resolve | undefined {
  if (name === 'ctx') return ctx => ctx;
  const { serviceClasses } = app as unknown as { serviceClasses?: Bag };
  const service = servicePaths(name).find(keys => walk(serviceClasses, keys) !== undefined);
  if (service) return ctx => walk((ctx as Bag).service, service);
  if (name in contextPrototype) return ctx => (ctx as Bag)[name];
  if (name in app) return () => (app as unknown as Bag)[name];
  return undefined;
}

/** Looks a name up in Egg, then in tegg. */
function findByName(app: EggApplication, contextPrototype: object, name: string): Found | { missing: string } {
  const resolve = resolveByName(app, contextPrototype, name);
  if (resolve) return { resolve };
  const service = servicePaths(name).at(-1)!.join('.');
  const nearest = didYouMean(service, serviceNames((app as unknown as { serviceClasses?: Bag }).serviceClasses), known => `ctx.service.${known}`);
  const end = nearest && `.${nearest}`;
  if (!hasTegg(app)) return { missing: `there is no ctx.service.${service}, no ctx.${name} and no app.${name}${end}` };
  const found = findPrototype(app, contextPrototype, name);
  if (!found) return { missing: `there is no ctx.service.${service}, no ctx.${name}, no app.${name} and no tegg prototype '${name}'${end}` };
  if ('refused' in found) return { missing: found.refused };
  return 'get' in found ? { resolve: found.get } : found;
}

function findOne(
  app: EggApplication, contextPrototype: object, record: InjectRecord, name: string,
): Found | { missing: string } {
  switch (record.kind) {
    case 'io':
      return { resolve: () => app.io };
    case 'config': {
      const keys = name.split('.');
      return walk(app.config, keys) === undefined
        ? { missing: `config.${name} is not set` }
        : { resolve: () => walk(app.config, keys) };
    }
    case 'logger': {
      const logger = record.name ?? 'logger';
      return app.getLogger(logger)
        ? { resolve: ctx => (ctx as { getLogger(name: string): unknown }).getLogger(logger) }
        : { missing: `there is no logger '${logger}'; add it to config.customLogger` };
    }
    case 'plugin':
      return name in app
        ? { resolve: () => (app as unknown as Bag)[name] }
        : { missing: `app.${name} does not exist; enable the plugin in config/plugin` };
    case 'inject':
      return findByName(app, contextPrototype, name);
  }
}

const DECORATOR = { inject: 'Inject', io: 'App', config: 'Config', logger: 'Logger', plugin: 'Plugin' } as const;

interface Injection {
  readonly property: string | symbol;
  readonly found: Found;
  /** The decorator and the property, for messages. */
  readonly label: string;
}

/** @param where - the class */
function findAll(app: EggApplication, contexts: ContextFactory, target: Constructor, where: string): Injection[] {
  const foreign = injectedByTegg(target);
  if (foreign) {
    throw startupError('INVALID_INJECTION', `${where}.${foreign} has the @Inject() of tegg, which does nothing here:`
      + ' import { Inject } from \'egg-socketio\'.');
  }
  return [ ...readMembers('inject', target) ].map(([ property, records ]) => {
    const record = records[0];
    const label = `${where}.${String(property)}: @${DECORATOR[record.kind]}(${record.name ? `'${record.name}'` : ''})`;
    const found = findOne(app, contexts.prototype, record, record.name ?? String(property));
    if ('missing' in found) throw startupError('INVALID_INJECTION', `${label}: ${found.missing}${/[?.]$/.test(found.missing) ? '' : '.'}`);
    return { property, found, label };
  });
}

/** Returns a function that sets the properties of an instance. */
function createFactory<T extends object>(target: new (ctx: never) => T, injections: readonly Injection[]): Create<T> {
  let made = 0;
  const setters = injections.map(({ property, found }) => {
    if ('resolve' in found) return { property, resolve: found.resolve };
    const index = made++;
    return { property, resolve: (_ctx: object, objects?: readonly unknown[]) => objects![index] };
  });
  return (ctx, objects) => {
    const instance = new target(ctx as never);
    for (const { property, resolve } of setters) (instance as Bag)[property as string] = resolve(ctx, objects);
    return instance;
  };
}

function scopeOf(app: EggApplication, injections: readonly Injection[]): Scope | undefined {
  const makers = injections.flatMap(({ found }) => ('make' in found ? [ found.make ] : []));
  if (makers.length === 0) return undefined;
  const make = async () => {
    const made: unknown[] = [];
    // One after the other: if one failed, objects created concurrently would not be destroyed.
    for (const each of makers) made.push(await each());
    return made;
  };
  return { make, root: rootPrototype(app) };
}

/** Creates instances of the app's guards or filters, which are used in a place. */
export type Factory = <T extends object>(target: new (ctx: never) => T, where: string) => Create<T>;

/** Factories for the instances of classes, with each injected property resolved at start-up; see {@link planFactories}. */
export interface Factories {
  readonly controller: (target: ControllerClass, places: Places) => Pick<HandlerPlan, 'create' | 'scope'>;
  readonly policy: Factory;
}

/**
 * Returns factories for the instances of classes, with each injected property resolved at start-up.
 *
 * @return functions of a class and its file; they throw {@link SocketIOError} `INVALID_INJECTION` with file, class, property and
 * the names that were tried
 */
export function planFactories(app: EggApplication, contexts: ContextFactory): Factories {
  if (hasTegg(app)) warnOfOurs(app);
  return {
    controller(target, { controller }) {
      const injections = findAll(app, contexts, target, controller);
      return { create: createFactory(target, injections), scope: scopeOf(app, injections) };
    },
    policy(target, where) {
      const injections = findAll(app, contexts, target, `${where}: ${target.name}`);
      const scoped = injections.find(({ found }) => 'make' in found);
      if (scoped) {
        throw startupError('INVALID_INJECTION', `${scoped.label}: the tegg prototype lives for one handler call, or depends on one that does,`
          + ' but guards and filters run outside it. Inject a singleton, or use it in the handler.');
      }
      return createFactory(target, injections);
    },
  };
}
