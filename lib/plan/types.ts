import type { EmitRecord } from '../decorator/metadata';
import type { Filter, Middleware } from '../types';

/** A controller class as the plugin makes its instances: one for each event. */
export type ControllerClass = new (ctx: object) => Record<string | symbol, unknown>;

/** Gives one property of a controller its value. */
export interface Injection {
  readonly property: string | symbol;
  readonly resolve: (ctx: object) => unknown;
}

/** A middleware with a name for messages and reports. */
export interface NamedMiddleware {
  readonly name: string;
  readonly run: Middleware;
}

/** One decorated method. */
export interface HandlerPlan {
  readonly controller: ControllerClass;
  readonly method: string | symbol;
  /** `file#Class.method`, for messages. */
  readonly label: string;
  readonly file: string;
  readonly injections: readonly Injection[];
  readonly emits: readonly EmitRecord[];
  readonly middleware: readonly NamedMiddleware[];
  readonly filters: readonly Filter[];
}

/** Everything that is known at boot about one namespace. */
export interface NamespacePlan {
  /** A name with its leading slash, or a RegExp. */
  readonly target: string | RegExp;
  readonly connectionMiddleware: readonly NamedMiddleware[];
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
