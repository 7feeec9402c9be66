import type { Application as EggApplication } from 'egg';
import { designTypeOf } from '../decorator/design_types';
import { type Constructor, type InjectRecord, readMembers } from '../decorator/metadata';
import { startupError } from '../../base/errors';
import type { ContextFactory } from '../../context/socket_context';
import { type Bag, findByName, type Provider, walk } from './by_name';
import { providersOf } from './by_type';
import type { Places } from './places';
import { hasTegg, injectedByTegg, rootPrototype, warnOfOurs } from './tegg';
import type { ControllerClass, Create, HandlerPlan, Scope } from './types';

/** Looks for a value by the property's name. If that finds nothing, the type decides; the two must not stand for different things. */
function findInjected(app: EggApplication, contextPrototype: object, { target, property, name }: {
  readonly target: Constructor; readonly property: string | symbol; readonly name: string | undefined;
}): Provider | { missing: string } {
  const named = findByName(app, contextPrototype, name ?? String(property));
  // A name that is written out is meant, whatever the type.
  const emitted = name === undefined ? designTypeOf(target, property) : undefined;
  const type = emitted?.type;
  if (!type) return 'missing' in named && emitted ? { missing: `${sentence(named.missing)} ${emitted.why}` } : named;
  if ('missing' in named) {
    const [ found, ...more ] = providersOf(app, contextPrototype, type, 'all members');
    if (!found) {
      return { missing: `${sentence(named.missing)} No service, tegg prototype or member of app has the class of its type either, ${type.name}` };
    }
    if (more.length > 0) {
      return { missing: `its name finds nothing, and several have its type ${type.name}: ${listed([ found, ...more ])}. Write ${choices([ found, ...more ])}` };
    }
    return 'refused' in found ? { missing: found.refused } : found;
  }
  const typed = providersOf(app, contextPrototype, type, named.ofContext ? 'no members' : 'no getters');
  if (typed.length === 0 || named.isOf(type) || typed.some(({ label }) => label === named.label)) return named;
  return { missing: `its name finds ${named.label}, but its type ${type.name} is that of ${listed(typed)}. Write`
    + ` ${choices([{ name: String(property) }, ...typed ])} to say which one is meant` };
}

function sentence(text: string): string {
  return /[?.]$/.test(text) ? text : `${text}.`;
}

function listed(providers: readonly { label: string }[]): string {
  return providers.map(({ label }) => label).join(' and ');
}

function choices(providers: readonly { name: string }[]): string {
  return providers.map(({ name }) => `@Inject('${name}')`).join(' or ');
}

function findOne(
  app: EggApplication, contextPrototype: object, target: Constructor, property: string | symbol, record: InjectRecord,
): Provider | { missing: string } {
  const name = record.name ?? String(property);
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
      return findInjected(app, contextPrototype, { target, property, name: record.name });
  }
}

const DECORATOR = { inject: 'Inject', io: 'App', config: 'Config', logger: 'Logger', plugin: 'Plugin' } as const;

interface Injection {
  readonly property: string | symbol;
  readonly found: Provider;
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
    const found = findOne(app, contexts.prototype, target, property, record);
    if ('missing' in found) throw startupError('INVALID_INJECTION', `${label}: ${sentence(found.missing)}`);
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

/** Creates instances of the app's guards, interceptors or filters, which are used in a place. */
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
          + ' but guards, interceptors and filters run outside it. Inject a singleton, or use it in the handler.');
      }
      return createFactory(target, injections);
    },
  };
}
