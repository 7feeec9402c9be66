import type { EmitRecord, ErrorClass } from '../decorator/metadata';
import type { MethodRate } from '../../limits/rate';
import type { Context, EventMatch } from '../../types/context';
import type { Filter, HandlerTarget, Interceptor, Middleware } from '../../types/handlers';
import type { OutgoingMiddleware } from '../../types/outgoing';
import type { ArgsCheck } from '../validation/args';
import type { ParamsPlan } from './params';

/** A controller class; the plugin creates an instance for each event. */
export type ControllerClass = new (ctx: object) => Record<string | symbol, unknown>;

/**
 * Creates an instance of a class for one event, with its properties injected.
 *
 * @param made - by the class's {@link Scope}, if it has one
 */
export type Create<T extends object = Record<string | symbol, unknown>> = (ctx: object, made?: readonly unknown[]) => T;

/** The objects that tegg has to create for each call of a controller's handlers, in a context of its own. */
export interface Scope {
  /** Creates them, in the current tegg context. */
  readonly make: () => Promise<readonly unknown[]>;
  /** The prototype that a context begins with; without one, tegg creates everything of context scope in the app. */
  readonly root: object | undefined;
}

/** The target of a middleware, a guard or an interceptor: the whole app, a controller, or a method. */
export type Level = 'app' | 'controller' | 'method';

/** The place where a middleware, a guard or an interceptor was given. */
export interface Place {
  readonly level: Level;
  /** For messages. */
  readonly where: string;
}

/** The names of a middleware, a guard or an interceptor. */
interface Named {
  /** For messages: its name, its file, or its place if the function has no name. */
  readonly name: string;
  /** For reports: a short form without a path; `controller[0]` for a controller's first function without a name. */
  readonly title: string;
  readonly level: Level;
}

/** A middleware with a name for messages and reports. */
export interface NamedMiddleware extends Named {
  readonly run: Middleware;
  readonly target: HandlerTarget;
}

/** A guard with a name for messages and reports. */
export interface NamedGuard extends Named {
  readonly run: (ctx: Context) => unknown;
}

/** One of which only one may run for an event. */
export interface Unrepeated extends Named {
  /** As the app has given it. */
  readonly ref: object;
  /** For messages: where it was given. */
  readonly where: string;
}

/** An interceptor with a name for messages and reports. */
export interface NamedInterceptor extends Unrepeated {
  readonly run: Interceptor;
  readonly target: HandlerTarget;
}

/** An outgoing middleware with a name for messages and reports. */
export interface NamedOutgoing extends Unrepeated {
  readonly run: OutgoingMiddleware;
}

/** A filter, and the classes of the errors that it handles; empty for all. */
export interface FilterPlan {
  readonly classes: readonly ErrorClass[];
  readonly run: Filter;
  readonly target: HandlerTarget;
}

/** The filters of the method, of the controller, and of the app: those of one level run before those of the next. */
export type FilterLevels = readonly (readonly FilterPlan[])[];

/** A pattern for the names of events, compiled at start-up. */
export interface EventPattern {
  /** As it was written: `order.*`, `/^order\.(\d+)$/`. The label in statistics, where a client's names would be too many. */
  readonly source: string;
  /** Returns the parts of a name, or `undefined` if it does not match. */
  match(event: string): EventMatch | undefined;
}

/** How the items of a method's async iterable are sent. */
export interface StreamPlan {
  /** Items under way at once. */
  readonly window: number;
  /** Milliseconds that it goes on without its client; 0 if it ends with it. */
  readonly resume: number;
}

/** How an event is handled once. */
export interface OncePlan {
  /** Returns the key of an event; `args` are those that the client has sent. */
  keyOf(ctx: Context, args: readonly unknown[]): unknown;
  /** Where the key is expected, for clients. */
  readonly keyPlace: string;
  /** Returns the owner of the keys; a value that is empty stands for the session. */
  scopeOf(ctx: Context): unknown;
  /** Milliseconds for which the answer is kept. */
  readonly keep: number;
}

/** One decorated method. */
export interface HandlerPlan {
  readonly controller: ControllerClass;
  readonly method: string | symbol;
  readonly target: HandlerTarget;
  /** `file: Class.method`, for messages. */
  readonly label: string;
  readonly file: string;
  readonly create: Create;
  readonly scope: Scope | undefined;
  /** `undefined` for the client's arguments in order. */
  readonly params: ParamsPlan | undefined;
  readonly emits: readonly EmitRecord[];
  readonly rate: Required<MethodRate> | undefined;
  readonly middleware: readonly NamedMiddleware[];
  readonly guards: readonly NamedGuard[];
  readonly interceptors: readonly NamedInterceptor[];
  readonly checkArgs: ArgsCheck | undefined;
  /** With {@link stream}, for each item. */
  readonly checkReturn: ((value: unknown) => unknown) | undefined;
  /** `undefined` if it returns one value. */
  readonly stream: StreamPlan | undefined;
  /** `undefined` if each event is handled, also a repeated one. */
  readonly once: OncePlan | undefined;
  readonly filters: FilterLevels;
  /** `undefined` for the handler of an exact name, and of a step of a connection's life. */
  readonly pattern?: EventPattern;
}

/** The handler of the events whose names match a pattern. */
export type PatternPlan = HandlerPlan & Required<Pick<HandlerPlan, 'pattern'>>;

/** Everything that is known about a namespace at start-up. */
export interface NamespacePlan {
  /** A name with its leading slash, or a RegExp. */
  readonly target: string | RegExp;
  readonly connectionMiddleware: readonly NamedMiddleware[];
  readonly connectionGuards: readonly NamedGuard[];
  /** Runs before an event is sent to clients of the namespace. */
  readonly outgoing: readonly NamedOutgoing[];
  /** Filters for errors of connection middleware and guards. */
  readonly connectionFilters: FilterLevels;
  /** By exact names. */
  readonly messages: ReadonlyMap<string, HandlerPlan>;
  /** For all other names; the first one that matches gets the event. */
  readonly patterns: readonly PatternPlan[];
  readonly connection: readonly HandlerPlan[];
  readonly disconnecting: readonly HandlerPlan[];
  readonly disconnect: readonly HandlerPlan[];
  readonly expired: readonly HandlerPlan[];
}

/** A loaded file's controller, before any check. */
export interface LoadedController {
  readonly controller: ControllerClass;
  readonly file: string;
}

/** A loaded file of `app/socket/middleware`. */
export interface LoadedMiddleware {
  readonly run: Middleware;
  readonly file: string;
}
