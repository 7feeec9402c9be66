import type { Application as EggApplication } from 'egg';
import type { Constructor } from '../decorator/metadata';
import { didYouMean } from '../../base/similar_names';
import { findPrototype, hasTegg, type TeggInjection } from './tegg';

type Resolve = (ctx: object) => unknown;
/** Provides the injected values: at once, or created for each event first. */
export type Provider = { readonly resolve: Resolve } | Extract<TeggInjection, { make: unknown }>;
/** A provider, and its place for messages. */
export type Found = Provider & {
  readonly label: string;
  /** Whether it is a member of ctx, whose value is not known at start-up. */
  readonly ofContext?: true;
  /** Whether its value is of a class, as far as it is known. */
  isOf(type: Constructor): boolean;
};
export type Bag = Record<string, unknown>;

export function walk(start: unknown, keys: readonly string[]): unknown {
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

/** All services: their names, those in folders with dots, and their classes. */
export function servicesOf(app: EggApplication): { name: string; value: unknown }[] {
  const list = (classes: Bag, prefix: string): { name: string; value: unknown }[] => Object.entries(classes).flatMap(([ name, value ]) => (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
      ? list(value as Bag, `${prefix}${name}.`)
      : [{ name: `${prefix}${name}`, value }]
  ));
  return list((app as unknown as { serviceClasses?: Bag }).serviceClasses ?? {}, '');
}

/** Whether a value is this class, or a class that extends it. */
export function isClassOf(value: unknown, type: Constructor): boolean {
  return value === type || (typeof value === 'function' && value.prototype instanceof type);
}

function resolveInEgg(app: EggApplication, contextPrototype: object, name: string): Found | undefined {
  if (name === 'ctx') return { label: 'ctx', resolve: ctx => ctx, isOf: () => true };
  const { serviceClasses } = app as unknown as { serviceClasses?: Bag };
  const service = servicePaths(name).find(keys => walk(serviceClasses, keys) !== undefined);
  if (service) {
    return {
      label: `ctx.service.${service.join('.')}`,
      resolve: ctx => walk((ctx as Bag).service, service),
      isOf: type => isClassOf(walk(serviceClasses, service), type),
    };
  }
  if (name in contextPrototype) return { label: `ctx.${name}`, resolve: ctx => (ctx as Bag)[name], ofContext: true, isOf: () => false };
  if (!(name in app)) return undefined;
  const resolve = () => (app as unknown as Bag)[name];
  return { label: `app.${name}`, resolve, isOf: type => resolve() instanceof type };
}

/** Looks a name up in Egg, then in tegg. */
export function findByName(app: EggApplication, contextPrototype: object, name: string): Found | { missing: string } {
  const inEgg = resolveInEgg(app, contextPrototype, name);
  if (inEgg) return inEgg;
  const service = servicePaths(name).at(-1)!.join('.');
  const nearest = didYouMean(service, servicesOf(app).map(each => each.name), known => `ctx.service.${known}`);
  const end = nearest && `.${nearest}`;
  if (!hasTegg(app)) return { missing: `there is no ctx.service.${service}, no ctx.${name} and no app.${name}${end}` };
  const found = findPrototype(app, contextPrototype, name);
  if (!found) return { missing: `there is no ctx.service.${service}, no ctx.${name}, no app.${name} and no tegg prototype '${name}'${end}` };
  if ('refused' in found) return { missing: found.refused };
  const { clazz } = found.prototype;
  const named = { label: `the tegg prototype '${name}'`, isOf: (type: Constructor) => isClassOf(clazz, type) };
  return 'get' in found ? { ...named, resolve: found.get } : { ...named, make: found.make };
}
