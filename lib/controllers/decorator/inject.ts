import { type MemberCall, memberOf } from './call';
import type { PropertyDecorator } from './forms';
import { type InjectKind, recordMember } from './metadata';

function injector(kind: InjectKind): (name?: string) => PropertyDecorator {
  return name => (...call: MemberCall) => {
    const property = memberOf(call);
    recordMember('inject', property.metadata, property.name, name === undefined ? { kind } : { kind, name });
  };
}

/**
 * Injects a value by name, by default the property's. The order is: `ctx`; a service (`userService` and `user` are `ctx.service.user`,
 * `'admin.user'` is `ctx.service.admin.user`); a member of `ctx`; a member of Egg's `app`; with the tegg plugin, a public tegg prototype.
 * With `emitDecoratorMetadata`, the property's class decides if its name finds nothing. A name that nothing provides stops the start.
 *
 * @param name - default: the property's name
 * @see docs/context-and-injection.md
 */
export const Inject = injector('inject');

/**
 * Injects the Socket.IO server, the same as `app.io`.
 *
 * @see docs/context-and-injection.md#injection
 */
export function App(): PropertyDecorator {
  return injector('io')();
}

/**
 * Injects a value of Egg's config by its dotted path; default: the property's name. An unknown path stops the start.
 *
 * @param name - a dotted path; default: the property's name
 * @see docs/context-and-injection.md#injection
 */
export const Config = injector('config');

/**
 * Injects a logger that adds namespace, event and socket id to each line; default: Egg's `logger`.
 *
 * @param name - of a logger in `config.customLogger`; default: Egg's `logger`
 * @see docs/context-and-injection.md#injection
 */
export const Logger = injector('logger');

/**
 * Injects the member that a plugin has added to Egg's `app` (`@Plugin('mysql')` is `app.mysql`); default: the property's name.
 *
 * @param name - on `app`; default: the property's name
 * @see docs/context-and-injection.md#injection
 */
export const Plugin = injector('plugin');
