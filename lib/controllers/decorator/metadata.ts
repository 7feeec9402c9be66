import type { MethodRate } from '../../limits/rate';
import type { ControllerOptions, GuardRef, InterceptorRef, MessageOptions } from '../../types/handlers';

/** Any class; the plugin creates controllers, so their parameters do not matter here. */
export type Constructor<T extends object = object> = abstract new (...args: never[]) => T;

/** Any class whose instances may be thrown. */
export type ErrorClass = abstract new (...args: never[]) => unknown;

export interface ControllerRecord {
  namespace: string | RegExp;
  /** As written: checked with the plans, where the class is known. */
  options: ControllerOptions;
  /** Whether another decorator has marked the class before. */
  isRepeated?: boolean;
}

export type Lifecycle = 'connection' | 'disconnecting' | 'disconnect' | 'expired';

/** A listening method: for an event from a client, or for a step of the connection's life. */
export type ListenerRecord =
  | MessageRecord
  | { kind: Lifecycle };

/** The arguments of `@OnWSMessage()`. */
export interface MessageRecord {
  kind: 'message';
  event: string | RegExp;
  /** As written: checked with the plans, where the class is known. */
  options: MessageOptions;
}

/** The target of a return value besides the ack. Empty `rooms`: the sender (emit) or everybody else (broadcast). */
export interface EmitRecord {
  kind: 'emit' | 'broadcast';
  event: string;
  rooms: readonly string[];
}

export type InjectKind = 'inject' | 'io' | 'config' | 'logger' | 'plugin';

export interface InjectRecord {
  kind: InjectKind;
  /** The decorator's argument; without it, the property's own name is used. */
  name?: string;
}

/** The guards of one `@UseGuard()`. */
interface GuardRecord {
  guards: readonly GuardRef[];
}

/** The interceptors of one `@UseInterceptor()`. */
interface InterceptorRecord {
  interceptors: readonly InterceptorRef[];
}

/** The argument of one `@RateLimit()`, as written: checked with the plans, where the class is known. */
export interface RateRecord {
  rate: MethodRate;
}

/** The arguments of one `@SetMetadata()`. */
export interface ValueRecord {
  key: string | symbol;
  value: unknown;
}

/** The source of a parameter: the context, the client's ack, or the argument with this index. */
export type ParamSource = 'ctx' | 'ack' | number;

/** The decorator of one parameter of a method. */
export interface ParamRecord {
  /** Of the parameter. */
  index: number;
  source: ParamSource;
}

interface RecordKinds {
  listener: ListenerRecord;
  emit: EmitRecord;
  inject: InjectRecord;
  guard: GuardRecord;
  interceptor: InterceptorRecord;
  rate: RateRecord;
  value: ValueRecord;
  param: ParamRecord;
}

export type Member = string | symbol;
/** The kinds of policies that a class has for all of its methods. */
interface ClassKinds {
  guard: GuardRef;
  interceptor: InterceptorRef;
}

type OwnRecords<K extends keyof RecordKinds> = Map<Member, RecordKinds[K][]>;

/** The metadata of a class, by symbols. It inherits from that of the base class; only its own properties belong to the class. */
export type Metadata = Record<symbol, unknown>;

/**
 * Standard decorators write to the object behind this symbol, and so do the others here. Compilers read the symbol when a class is
 * defined.
 */
const METADATA = (Symbol as { metadata?: symbol }).metadata ?? Symbol.for('Symbol.metadata');
if (!('metadata' in Symbol)) Object.defineProperty(Symbol, 'metadata', { value: METADATA });

// Symbol.for: an app may have two copies of this package (for example a linked plugin), and both must read the same marks.
const CONTROLLER = Symbol.for('egg-socketio:controller');
const KEYS: Record<keyof RecordKinds, symbol> = {
  listener: Symbol.for('egg-socketio:listener'),
  emit: Symbol.for('egg-socketio:emit'),
  inject: Symbol.for('egg-socketio:inject'),
  guard: Symbol.for('egg-socketio:guard'),
  interceptor: Symbol.for('egg-socketio:interceptor'),
  rate: Symbol.for('egg-socketio:rate'),
  value: Symbol.for('egg-socketio:value'),
  param: Symbol.for('egg-socketio:param'),
};
const PLAIN = Symbol.for('egg-socketio:plain');
const ON_CLASS: Record<keyof ClassKinds, symbol> = {
  guard: Symbol.for('egg-socketio:guards'),
  interceptor: Symbol.for('egg-socketio:interceptors'),
};
const VALUES = Symbol.for('egg-socketio:values');
const CATCH = Symbol.for('egg-socketio:catch');

/** Returns the metadata of a class or function, and creates it if there is none. */
export function metadataOf(target: object): Metadata {
  const owner = target as { [METADATA]?: Metadata };
  if (!Object.hasOwn(owner, METADATA)) {
    Object.defineProperty(owner, METADATA, { value: Object.create(owner[METADATA] ?? null), configurable: true, writable: true });
  }
  return owner[METADATA]!;
}

/** Returns the metadata of the class itself, without its base class. */
function readOwn(target: object, key: symbol): unknown {
  if (!Object.hasOwn(target, METADATA)) return undefined;
  const metadata = metadataOf(target);
  return Object.hasOwn(metadata, key) ? metadata[key] : undefined;
}

/** Marks a class as a controller. */
export function recordController(metadata: Metadata, record: ControllerRecord): void {
  metadata[CONTROLLER] = Object.hasOwn(metadata, CONTROLLER) ? { ...record, isRepeated: true } : record;
}

/** Returns the mark of the class itself; a subclass does not inherit it. */
export function readController(target: Constructor): ControllerRecord | undefined {
  return readOwn(target, CONTROLLER) as ControllerRecord | undefined;
}

/** Marks a controller as one of the plain form, which has no decorators that a message could name. */
export function recordPlain(metadata: Metadata): void {
  metadata[PLAIN] = true;
}

/** Whether a controller was made by `defineSocketController()`. */
export function isPlain(target: Constructor): boolean {
  return readOwn(target, PLAIN) === true;
}

/** Records the classes of the errors that a filter, a class or a function, handles. */
export function recordCatch(metadata: Metadata, classes: readonly ErrorClass[]): void {
  metadata[CATCH] = classes;
}

/** Returns the classes that a filter handles; empty for all errors. */
export function readCatch(filter: object): readonly ErrorClass[] {
  return readOwn(filter, CATCH) as readonly ErrorClass[] | undefined ?? [];
}

/** Records the arguments of one `@UseGuard()` or `@UseInterceptor()` on a class. */
export function recordOnClass<K extends keyof ClassKinds>(kind: K, metadata: Metadata, refs: readonly ClassKinds[K][]): void {
  const key = ON_CLASS[kind];
  const own = Object.hasOwn(metadata, key) ? metadata[key] as readonly ClassKinds[K][] : [];
  // Decorators run bottom-up.
  metadata[key] = [ ...refs, ...own ];
}

/** Returns a class and its base classes, the base first. */
function chainOf(target: Constructor): Constructor[] {
  const chain: Constructor[] = [];
  for (let c: Constructor | null = target; c && c !== Function.prototype; c = Object.getPrototypeOf(c)) chain.unshift(c);
  return chain;
}

/** Returns the guards or interceptors on a class and on its base classes, the base's first. */
export function readOnClass<K extends keyof ClassKinds>(kind: K, target: Constructor): readonly ClassKinds[K][] {
  return chainOf(target).flatMap(c => readOwn(c, ON_CLASS[kind]) as readonly ClassKinds[K][] | undefined ?? []);
}

/** Records one `@SetMetadata()` on a class. */
export function recordValue(metadata: Metadata, record: ValueRecord): void {
  const own = Object.hasOwn(metadata, VALUES) ? metadata[VALUES] as readonly ValueRecord[] : [];
  metadata[VALUES] = [ record, ...own ];
}

/**
 * Returns the values of `@SetMetadata()` for a member or, without one, for the class: the member's replace those of the class, a
 * subclass's those of its base, and the first of several for a key is used.
 */
export function readValues(target: Constructor, member?: Member): ReadonlyMap<string | symbol, unknown> {
  const chain = chainOf(target);
  const ofClass = chain.map(c => readOwn(c, VALUES) as readonly ValueRecord[] | undefined);
  const ofMember = member === undefined ? [] : chain.map(c => (readOwn(c, KEYS.value) as OwnRecords<'value'> | undefined)?.get(member));
  return new Map([ ...ofClass, ...ofMember ].flatMap((records = []) => records.map(({ key, value }) => [ key, value ] as const).reverse()));
}

/** Records one decorator on one member of the class with this metadata. */
export function recordMember<K extends keyof RecordKinds>(kind: K, metadata: Metadata, member: Member, record: RecordKinds[K]): void {
  const key = KEYS[kind];
  if (!Object.hasOwn(metadata, key)) metadata[key] = new Map();
  const own = metadata[key] as OwnRecords<K>;
  const records = own.get(member);
  // Decorators run bottom-up; added at the front, they are in source order.
  if (records) records.unshift(record);
  else own.set(member, [ record ]);
}

/**
 * Returns all members of a class with decorators of one kind, inherited ones first. A member that a subclass decorates again only has the
 * subclass's decorators of that kind.
 */
export function readMembers<K extends keyof RecordKinds>(kind: K, target: Constructor): OwnRecords<K> {
  const members: OwnRecords<K> = new Map();
  for (const c of chainOf(target)) {
    const own = readOwn(c, KEYS[kind]) as OwnRecords<K> | undefined;
    own?.forEach((records, member) => members.set(member, [ ...records ]));
  }
  return members;
}
