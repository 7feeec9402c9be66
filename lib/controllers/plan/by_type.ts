import type { Application as EggApplication } from 'egg';
import type { Constructor } from '../decorator/metadata';
import { type Bag, isClassOf, type Provider, servicesOf, walk } from './by_name';
import { findPrototypesOf } from './tegg';

/** A provider of a class, its place for messages, and the name that finds it. */
export type TypeProvider = { readonly label: string; readonly name: string } & (Provider | { readonly refused: string });

/** Which members of `app` count. Getters may create what nobody uses. */
type Members = 'no members' | 'no getters' | 'all members';

/** Prefers those of exactly the class to those of classes that extend it. */
function closest<T>(all: readonly T[], isExact: (each: T) => boolean): T[] {
  const exact = all.filter(isExact);
  return exact.length > 0 ? exact : [ ...all ];
}

/** The plugins' objects and others on `app` that are instances of a class, each under the first of its names. */
function membersOf(app: EggApplication, type: Constructor, which: Members): TypeProvider[] {
  if (which === 'no members') return [];
  const seen = new Set<unknown>();
  const members = Object.entries(Object.getOwnPropertyDescriptors(app)).flatMap(([ name, descriptor ]) => {
    // Egg's own with this prefix log that they are deprecated.
    if (descriptor.get && (which === 'no getters' || name.startsWith('_'))) return [];
    let value: unknown;
    try {
      value = (app as unknown as Bag)[name];
    } catch {
      // A getter that only works in another state of the app.
      return [];
    }
    if (!(value instanceof type) || seen.has(value)) return [];
    seen.add(value);
    return [{ name, value }];
  });
  return closest(members, ({ value }) => Object.getPrototypeOf(value) === type.prototype)
    .map(({ name }) => ({ name, label: `app.${name}`, resolve: () => (app as unknown as Bag)[name] }));
}

/**
 * Returns the services, tegg prototypes and members of `app` of a class; if there are several kinds, the first of these.
 *
 * @param contextPrototype - of the contexts
 */
export function providersOf(app: EggApplication, contextPrototype: object, type: Constructor, which: Members): TypeProvider[] {
  const services = closest(servicesOf(app).filter(({ value }) => isClassOf(value, type)), ({ value }) => value === type);
  const prototypes = closest(findPrototypesOf(app, contextPrototype, clazz => isClassOf(clazz, type)), ({ clazz }) => clazz === type);
  const classes: TypeProvider[] = [
    ...services.map(({ name }) => ({ name, label: `ctx.service.${name}`, resolve: (ctx: object) => walk((ctx as Bag).service, name.split('.')) })),
    ...prototypes.map(({ name, clazz: _, ...found }) => {
      const label = `the tegg prototype '${name}'`;
      return 'get' in found ? { name, label, resolve: found.get } : { name, label, ...found };
    }),
  ];
  return classes.length > 0 ? classes : membersOf(app, type, which);
}
