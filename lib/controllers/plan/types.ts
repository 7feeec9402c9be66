import type { EmitRecord, ErrorClass } from '../decorator/metadata';
import type { MethodRate } from '../../limits/rate';
import type { Context } from '../../types/context';
import type { Filter, Middleware } from '../../types/handlers';
import type { ArgsCheck } from '../validation/args';

/** A controller class as the plugin makes its instances: one for each event. */
export type ControllerClass = new (ctx: object) => Record<string | symbol, unknown>;

/**
 * Makes an instance of a class for one event, with its properties injected.
 *
 * @param made - by the class's {@link Scope}, if it has one
 */
export type Create<T extends object = Record<string | symbol, unknown>> = (ctx: object, made?: readonly unknown[]) => T;

/** What tegg has to make for each call of a controller's handlers, in a context of its own. */
export interface Scope {
  /** Makes it, in the context of tegg's that there is. */
  readonly make: () => Promise<readonly unknown[]>;
  /** The prototype that a context begins with; without one, tegg makes all that the app has. */
  readonly root: object | undefined;
}

/** For what a middleware or a guard was given: all of the app, a controller, or a method. */
export type Level = 'app' | 'controller' | 'method';

/** Where a middleware or a guard was given. */
export interface Place {
  readonly level: Level;
  /** For messages. */
  readonly where: string;
}

/** How a middleware or a guard is called. */
interface Named {
  /** For messages: its name, its file, or for a function without a name where it stands. */
  readonly name: string;
  /** For reports: the same in short, without a path; `controller[0]` for the first of a controller's without a name. */
  readonly title: string;
  readonly level: Level;
}

/** A middleware with a name for messages and reports. */
export interface NamedMiddleware extends Named {
  readonly run: Middleware;
}

/** A guard with a name for messages and reports. */
export interface NamedGuard extends Named {
  readonly run: (ctx: Context) => unknown;
}

/** A filter, and the classes of the errors that it is for; none: all. */
export interface FilterPlan {
  readonly classes: readonly ErrorClass[];
  readonly run: Filter;
}

/** Filters of the method, of the controller, of the app: those of one level are asked before those of the next. */
export type FilterLevels = readonly (readonly FilterPlan[])[];

/** One decorated method. */
export interface HandlerPlan {
  readonly controller: ControllerClass;
  readonly method: string | symbol;
  /** `file#Class.method`, for messages. */
  readonly label: string;
  readonly file: string;
  readonly create: Create;
  readonly scope: Scope | undefined;
  readonly emits: readonly EmitRecord[];
  readonly rate: Required<MethodRate> | undefined;
  readonly middleware: readonly NamedMiddleware[];
  readonly guards: readonly NamedGuard[];
  readonly checkArgs: ArgsCheck | undefined;
  readonly checkReturn: ((value: unknown) => unknown) | undefined;
  readonly filters: FilterLevels;
}

/** Everything that is known at boot about one namespace. */
export interface NamespacePlan {
  /** A name with its leading slash, or a RegExp. */
  readonly target: string | RegExp;
  readonly connectionMiddleware: readonly NamedMiddleware[];
  readonly connectionGuards: readonly NamedGuard[];
  /** For what connection middleware and guards throw. */
  readonly connectionFilters: FilterLevels;
  readonly messages: ReadonlyMap<string, HandlerPlan>;
  readonly connection: readonly HandlerPlan[];
  readonly disconnecting: readonly HandlerPlan[];
  readonly disconnect: readonly HandlerPlan[];
}

/** A loaded file's controller, before anything is checked. */
export interface LoadedController {
  readonly controller: ControllerClass;
  readonly file: string;
}

/** A loaded file of `app/socket/middleware`. */
export interface LoadedMiddleware {
  readonly run: Middleware;
  readonly file: string;
}
