import type { Application as EggApplication } from 'egg';
import { reflectMetadata } from '../decorator/design_types';
import { type Constructor, readController, readMembers } from '../decorator/metadata';
import { loggerOf } from '../../base/logger';

/** The parts of a tegg prototype that are used here. */
export interface Prototype {
  readonly name: string | symbol;
  readonly initType: string;
  readonly accessLevel: string;
  readonly injectObjects?: readonly { readonly proto: Prototype }[];
  /** The class, which tegg does not expose. */
  readonly clazz?: unknown;
}

interface LoadUnit {
  readonly name: string;
  getEggPrototype(name: string, qualifiers: readonly unknown[]): Prototype[];
  iterateEggPrototype?(): Iterable<Prototype>;
}

/** A prototype, and the name of its module. */
interface Located { readonly prototype: Prototype; readonly module: string }

interface EggObject { readonly obj: unknown }

/** The members that tegg's plugin adds to `app`. No tegg package is required, so an app without tegg loads none. */
interface Tegg {
  readonly moduleHandler: { readonly loadUnits: readonly LoadUnit[] };
  readonly eggContainerFactory: {
    getEggObject(prototype: Prototype): EggObject;
    getOrCreateEggObject(prototype: Prototype): Promise<EggObject>;
  };
}

/** Injects a prototype: at once, or after it was created in a tegg context. */
export type TeggInjection =
  | { readonly get: () => unknown }
  | { readonly make: () => Promise<unknown> };

/** The reason why a prototype cannot be injected; `undefined` if no prototype has this name. */
export type Refused = { readonly refused: string } | undefined;

/** A prototype that was found by its class. */
export type ClassPrototype = { readonly clazz: unknown; readonly name: string } & (TeggInjection | NonNullable<Refused>);

/** Whether tegg's plugin is enabled. */
export function hasTegg(app: EggApplication): boolean {
  return 'moduleHandler' in app;
}

/** Checks that everything used of tegg exists; other versions may lack some of it. */
function missingMembers(app: EggApplication, context: object): string[] {
  const { moduleHandler, eggContainerFactory: factory } = app as unknown as Partial<Tegg>;
  const loadUnits: unknown = moduleHandler?.loadUnits;
  const members: Record<string, boolean> = {
    'app.moduleHandler.loadUnits': Array.isArray(loadUnits),
    'loadUnit.getEggPrototype()': !Array.isArray(loadUnits) || loadUnits.every(unit => typeof unit.getEggPrototype === 'function'),
    'app.eggContainerFactory.getEggObject()': typeof factory?.getEggObject === 'function',
    'app.eggContainerFactory.getOrCreateEggObject()': typeof factory?.getOrCreateEggObject === 'function',
    'ctx.beginModuleScope()': 'beginModuleScope' in context,
  };
  return Object.keys(members).filter(name => !members[name]);
}

/** Whether a prototype, or one that it depends on, is created for each context: then it can only be used in one. */
function needsContext({ initType, injectObjects = [] }: Prototype): boolean {
  return initType !== 'SINGLETON' || injectObjects.some(({ proto }) => needsContext(proto));
}

/** Returns why none of the prototypes of a name can be injected into a class that belongs to no module. */
function refusal(name: string, found: readonly Located[], usable: readonly Located[]): Refused {
  const modules = (list: readonly Located[]) => list.map(({ module }) => `'${module}'`).join(' and ');
  if (usable.length > 1) {
    return { refused: `there are several public tegg prototypes '${name}', in the modules ${modules(usable)}. Rename one:`
      + ' @SingletonProto({ name: \'…\' })' };
  }
  return found.length === 0 ? undefined : { refused: `the tegg prototype '${name}' of the module ${modules(found)} is private`
    + ' (AccessLevel.PRIVATE): expected AccessLevel.PUBLIC, because a socket controller belongs to no module' };
}

/** Injects a prototype that any class may use. */
function injectionOf(prototype: Prototype, { eggContainerFactory: factory }: Tegg): TeggInjection {
  if (needsContext(prototype)) return { make: async () => (await factory.getOrCreateEggObject(prototype)).obj };
  // It exists since tegg's didLoad. Members of `ctx` are singletons too, whose `obj` is read again each time.
  const singleton = factory.getEggObject(prototype);
  return { get: () => singleton.obj };
}

/**
 * Looks for a tegg prototype that a class without a module can use: a public one.
 *
 * @param context - `app.context`, or an object that inherits from it
 */
export function findPrototype(
  app: EggApplication, context: object, name: string,
): TeggInjection & { readonly prototype: Prototype } | Refused {
  const missing = missingMembers(app, context);
  if (missing.length > 0) {
    return { refused: `this version of the tegg plugin has no ${missing.join(', no ')}; expected @eggjs/tegg-plugin 3` };
  }
  const tegg = app as unknown as Tegg;
  const found = tegg.moduleHandler.loadUnits
    .flatMap(unit => unit.getEggPrototype(name, []).map(prototype => ({ prototype, module: unit.name })));
  const usable = found.filter(({ prototype }) => prototype.accessLevel === 'PUBLIC');
  if (usable.length !== 1) return refusal(name, found, usable);
  const { prototype } = usable[0];
  return { prototype, ...injectionOf(prototype, tegg) };
}

/**
 * Looks for the tegg prototypes whose class is the given one, or extends it.
 *
 * @param context - `app.context`, or an object that inherits from it
 */
export function findPrototypesOf(app: EggApplication, context: object, isMeant: (clazz: unknown) => boolean): ClassPrototype[] {
  if (!hasTegg(app) || missingMembers(app, context).length > 0) return [];
  const tegg = app as unknown as Tegg;
  return tegg.moduleHandler.loadUnits.flatMap(unit => [ ...unit.iterateEggPrototype?.() ?? [] ]
    .filter(({ clazz }) => isMeant(clazz))
    .map(prototype => {
      const { clazz } = prototype;
      const name = String(prototype.name);
      if (prototype.accessLevel === 'PUBLIC') return { clazz, name, ...injectionOf(prototype, tegg) };
      return { clazz, name, ...refusal(name, [{ prototype, module: unit.name }], [])! };
    }));
}

/**
 * The first object of a tegg context, so that nothing else is created for it: its helper for background tasks, which every context has.
 * Without a first object, tegg creates everything of context scope in the app.
 */
export function rootPrototype(app: EggApplication): object | undefined {
  const { moduleHandler } = app as unknown as Tegg;
  return moduleHandler.loadUnits.flatMap(unit => unit.getEggPrototype('backgroundTaskHelper', []))[0];
}

const INJECTED = [ Symbol.for('EggPrototype.injectObjectNames'), Symbol.for('EggPrototype.injectConstructorNames') ];

/** Returns the first property or parameter of a class that has tegg's `@Inject()` instead of this plugin's. */
export function injectedByTegg(target: object): string | undefined {
  // tegg's decorators load it.
  const reflect = reflectMetadata();
  const read = (key: symbol) => reflect?.getMetadata(key, target) as { refName: unknown }[] | undefined;
  const records = INJECTED.flatMap(key => read(key) ?? []);
  return records.length > 0 ? String(records[0].refName) : undefined;
}

/** Warns of classes in tegg's modules that have this plugin's `@Inject()` instead of tegg's. */
export function warnOfOurs(app: EggApplication): void {
  const { moduleHandler } = app as unknown as Partial<Tegg>;
  if (!Array.isArray(moduleHandler?.loadUnits)) return;
  for (const unit of moduleHandler.loadUnits) {
    for (const { clazz } of unit.iterateEggPrototype?.() ?? []) {
      if (typeof clazz !== 'function' || readController(clazz as Constructor)) continue;
      for (const property of readMembers('inject', clazz as Constructor).keys()) {
        loggerOf(app).warn('[egg-socketio] tegg module \'%s\': %s.%s has the @Inject() of egg-socketio, which tegg does not use:'
          + ' import { Inject } from \'@eggjs/tegg\'.', unit.name, clazz.name, String(property));
      }
    }
  }
}
