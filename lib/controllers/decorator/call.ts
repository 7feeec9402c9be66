import { startupError } from '../../base/errors';
import { type Metadata, metadataOf, type Member } from './metadata';

/**
 * The context that a standard decorator gets as its second argument. TypeScript's own types require more than is used here.
 * @see https://github.com/tc39/proposal-decorators
 */
interface StandardContext {
  kind: string;
  name: Member | undefined;
  static?: boolean;
  private?: boolean;
  metadata?: object;
}

/** The arguments of a member's decorator: `(prototype, name, descriptor?)`, or `(value, context)` for a standard one. */
export type MemberCall = readonly [target: unknown, member: Member | StandardContext, descriptor?: unknown];

/** The arguments of a class's decorator: `(target)`, or `(target, context)` for a standard one. */
export type ClassCall = readonly [target: object, context?: StandardContext];

/** Whether a decorator for both was put on a class. */
export function isOfClass(call: ClassCall | MemberCall): call is ClassCall {
  const [ , context ] = call;
  return context === undefined || (typeof context === 'object' && context.kind === 'class');
}

function isStandard(context: unknown): context is StandardContext {
  return typeof context === 'object' && context !== null && 'kind' in context;
}

function metadataIn({ metadata, kind, name }: StandardContext): Metadata {
  if (metadata) return metadata as Metadata;
  throw startupError('INVALID_CONTROLLER', `a decorator on ${kind} '${String(name)}' got no context.metadata. Use a compiler that supports`
    + ' the standard decorators of 2023-05 or later, or set "experimentalDecorators": true.');
}

/**
 * Returns the metadata to which a class's decorators write, in either form.
 *
 * @throws {SocketIOError} `INVALID_CONTROLLER`
 */
export function classOf([ target, context ]: ClassCall): Metadata {
  return isStandard(context) ? metadataIn(context) : metadataOf(target);
}

/**
 * Returns the metadata to which a member's decorators write, in either form, and the member's name.
 *
 * @throws {SocketIOError} `INVALID_CONTROLLER` for a static or private member
 */
export function memberOf([ target, member ]: MemberCall): { metadata: Metadata; name: Member } {
  const standard = isStandard(member);
  const name = standard ? member.name! : member as Member;
  if (standard ? member.static : typeof target === 'function') {
    throw startupError('INVALID_CONTROLLER', `a decorator on '${String(name)}': expected a member of the instance, but it is static.`);
  }
  if (!standard) return { metadata: metadataOf((target as object).constructor), name };
  if (member.private) {
    throw startupError('INVALID_CONTROLLER', `a decorator on '${String(name)}': a name with # is only for the class itself. Use the keyword private.`);
  }
  return { metadata: metadataIn(member), name };
}
