import type { Application as EggApplication } from 'egg';
import { type Constructor, type InjectRecord, readMembers } from '../decorator/metadata';
import { startupError } from '../errors';
import type { ContextFactory } from '../handshake/context';
import type { Create } from './types';

type Resolve = (ctx: object) => unknown;
type Bag = Record<string, unknown>;

function walk(start: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (value as Bag | null | undefined)?.[key], start);
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** The services a name may stand for: as it is, without `Service`, and with dots as folders. */
function servicePaths(name: string): string[][] {
  const short = name.replace(/Service$/, '');
  return [ name, short ].filter(Boolean).map(n => n.split('.').map(lowerFirst));
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

function resolveOne(
  app: EggApplication, contextPrototype: object, record: InjectRecord, name: string,
): Resolve | { missing: string } {
  switch (record.kind) {
    case 'io':
      return () => app.io;
    case 'config': {
      const keys = name.split('.');
      return walk(app.config, keys) === undefined
        ? { missing: `config.${name} is not set` }
        : () => walk(app.config, keys);
    }
    case 'logger': {
      const logger = record.name ?? 'logger';
      return app.getLogger(logger)
        ? ctx => (ctx as { getLogger(name: string): unknown }).getLogger(logger)
        : { missing: `there is no logger '${logger}'; add it to config.customLogger` };
    }
    case 'plugin':
      return name in app
        ? () => (app as unknown as Bag)[name]
        : { missing: `app.${name} does not exist; enable the plugin in config/plugin` };
    case 'inject':
      return resolveByName(app, contextPrototype, name)
        ?? { missing: `there is no ctx.service.${servicePaths(name).at(-1)!.join('.')}, no ctx.${name} and no app.${name}` };
  }
}

const DECORATOR = { inject: 'Inject', io: 'App', config: 'Config', logger: 'Logger', plugin: 'Plugin' } as const;

function planInjections(app: EggApplication, contexts: ContextFactory, target: Constructor, file: string) {
  return [ ...readMembers('inject', target) ].map(([ property, records ]) => {
    const record = records[0];
    const resolve = resolveOne(app, contexts.prototype, record, record.name ?? String(property));
    if ('missing' in resolve) {
      throw startupError('INVALID_INJECTION',
        `${file}: @${DECORATOR[record.kind]}(${record.name ? `'${record.name}'` : ''}) ${target.name}.${String(property)}: ${resolve.missing}.`);
    }
    return { property, resolve };
  });
}

/** Makes instances of a class of the app's, see {@link planFactory}. */
export type Factory = <T extends object>(target: new (ctx: never) => T, file: string) => Create<T>;

/**
 * Makes what makes the instances of classes, with each injected property found out at boot.
 *
 * @return takes a class and its file; throws {@link SocketIOError} `INVALID_INJECTION`, naming file, class, property and what
 * was looked for
 */
export function planFactory(app: EggApplication, contexts: ContextFactory): Factory {
  return (target, file) => {
    const injections = planInjections(app, contexts, target, file);
    return ctx => {
      const instance = new target(ctx as never);
      for (const { property, resolve } of injections) (instance as Bag)[property as string] = resolve(ctx);
      return instance;
    };
  };
}
