import 'reflect-metadata';
import { startupError } from '../errors';
import type { Rate } from '../limits/rate';
import type { FilterRef, GuardRef, MiddlewareRef } from '../types';
import type { ArgSchemas, StandardSchema } from '../validation/standard_schema';

/** Any class; controllers are created by the plugin, so that their parameters do not matter here. */
export type Constructor<T extends object = object> = abstract new (...args: never[]) => T;

export interface ControllerRecord {
  namespace: string | RegExp;
  connectionMiddleware: readonly MiddlewareRef[];
  middleware: readonly MiddlewareRef[];
  filters: readonly FilterRef[];
}

export type Lifecycle = 'connection' | 'disconnecting' | 'disconnect';

/** A method that listens: to an event of the client's, or to a step of the connection's life. */
export type ListenerRecord =
  | MessageRecord
  | { kind: Lifecycle };

/** What `@OnWSMessage()` was given. */
export interface MessageRecord {
  kind: 'message';
  event: string;
  middleware: readonly MiddlewareRef[];
  filters: readonly FilterRef[];
  args?: ArgSchemas;
  returns?: StandardSchema;
}

/** Where a return value goes besides the ack. `rooms` empty: the sender (emit) or everybody else (broadcast). */
export interface EmitRecord {
  kind: 'emit' | 'broadcast';
  event: string;
  rooms: readonly string[];
}

export type InjectKind = 'inject' | 'io' | 'config' | 'logger' | 'plugin';

export interface InjectRecord {
  kind: InjectKind;
  /** What the decorator was given; without it the property's own name counts. */
  name?: string;
}

/** The guards of one `@UseGuard()`. */
export interface GuardRecord {
  guards: readonly GuardRef[];
}

interface RecordKinds {
  listener: ListenerRecord;
  emit: EmitRecord;
  inject: InjectRecord;
  guard: GuardRecord;
  rate: Required<Rate>;
}

type Member = string | symbol;
type OwnRecords<K extends keyof RecordKinds> = Map<Member, RecordKinds[K][]>;

// Symbol.for: an app may hold two copies of this package (a linked plugin, say), and both must read the same marks.
const CONTROLLER = Symbol.for('egg-socketio:controller');
const KEYS: Record<keyof RecordKinds, symbol> = {
  listener: Symbol.for('egg-socketio:listener'),
  emit: Symbol.for('egg-socketio:emit'),
  inject: Symbol.for('egg-socketio:inject'),
  guard: Symbol.for('egg-socketio:guard'),
  rate: Symbol.for('egg-socketio:rate'),
};
const GUARDS = Symbol.for('egg-socketio:guards');

/** Marks a class as a controller. */
export function recordController(target: Constructor, record: ControllerRecord): void {
  Reflect.defineMetadata(CONTROLLER, record, target);
}

/** The mark of the class itself; a subclass does not inherit it. */
export function readController(target: Constructor): ControllerRecord | undefined {
  return Reflect.getOwnMetadata(CONTROLLER, target) as ControllerRecord | undefined;
}

/** Notes the guards of one `@UseGuard()` on a class. */
export function recordGuards(target: Constructor, guards: readonly GuardRef[]): void {
  const own = Reflect.getOwnMetadata(GUARDS, target) as readonly GuardRef[] | undefined;
  // Decorators run bottom-up.
  Reflect.defineMetadata(GUARDS, [ ...guards, ...own ?? [] ], target);
}

/** The base classes of a class and itself, the base first. */
function chainOf(target: Constructor): Constructor[] {
  const chain: Constructor[] = [];
  for (let c: Constructor | null = target; c && c !== Function.prototype; c = Object.getPrototypeOf(c)) chain.unshift(c);
  return chain;
}

/** The guards on a class and on its base classes, the base's first. */
export function readGuards(target: Constructor): readonly GuardRef[] {
  return chainOf(target).flatMap(c => Reflect.getOwnMetadata(GUARDS, c) as readonly GuardRef[] | undefined ?? []);
}

/** Standard decorators are called with (value, context), the older ones with (prototype, name, descriptor). */
function checkKind(member: Member | { name?: unknown }): void {
  if (typeof member !== 'object') return;
  throw startupError('INVALID_CONTROLLER', `a decorator on '${String(member.name)}' was compiled as a standard decorator;`
    + ' set "experimentalDecorators": true in tsconfig.json, or its like in your compiler.');
}

/**
 * Notes one decorator on one member.
 * @param prototype - what a member decorator is given as its target
 */
export function recordMember<K extends keyof RecordKinds>(
  kind: K, prototype: object, member: Member, record: RecordKinds[K],
): void {
  checkKind(member);
  const target = prototype.constructor;
  let own = Reflect.getOwnMetadata(KEYS[kind], target) as OwnRecords<K> | undefined;
  if (!own) Reflect.defineMetadata(KEYS[kind], own = new Map(), target);
  const records = own.get(member);
  // Decorators run bottom-up; in front of the others they stand as they are written.
  if (records) records.unshift(record);
  else own.set(member, [ record ]);
}

/**
 * All members of a class that carry decorators of one kind, inherited ones first. A member that a subclass
 * decorates again has only the subclass's decorators of that kind.
 */
export function readMembers<K extends keyof RecordKinds>(kind: K, target: Constructor): OwnRecords<K> {
  const members: OwnRecords<K> = new Map();
  for (const c of chainOf(target)) {
    const own = Reflect.getOwnMetadata(KEYS[kind], c) as OwnRecords<K> | undefined;
    own?.forEach((records, member) => members.set(member, [ ...records ]));
  }
  return members;
}
