import { relativePath } from '../../base/paths';
import type { EmitRecord } from '../decorator/metadata';
import type { HandlerPlan, Level, NamedGuard, NamedInterceptor, NamedMiddleware, NamedOutgoing, NamespacePlan } from '../plan/types';

/**
 * The loaded content of `app/socket`, which is the content of `run/socketio.json`.
 *
 * @see docs/controllers.md#what-was-loaded
 */
export interface StartupReport {
  /** The version of this shape: 1. It increases with a breaking change; members may be added without one. */
  readonly version: 1;
  /** The namespaces that controllers name, in load order. */
  readonly namespaces: readonly ReportedNamespace[];
}

/**
 * A namespace in a {@link StartupReport}.
 *
 * @see docs/controllers.md#what-was-loaded
 */
export interface ReportedNamespace {
  /** With its leading slash; for a pattern its source, such as `/^\/room-\d+$/`. */
  readonly name: string;
  /** Whether `name` is a pattern, a RegExp for many namespaces. */
  readonly pattern: boolean;
  /** The middleware and guards that run before a connection is accepted. */
  readonly connecting: ReportedSteps;
  /** The outgoing middleware, in the order in which it runs. */
  readonly outgoing: readonly ReportedStep[];
  /** In the order of a connection's life: connection handlers, messages, disconnect handlers. */
  readonly handlers: readonly ReportedHandler[];
}

/**
 * The middleware and guards that run before a connection is accepted, or before a handler is called.
 *
 * @see docs/controllers.md#what-was-loaded
 */
export interface ReportedSteps {
  /** In the order in which they run. */
  readonly middleware: readonly ReportedStep[];
  /** In the order in which they run. */
  readonly guards: readonly ReportedStep[];
}

/**
 * A middleware, also an outgoing one, a guard or an interceptor in a {@link StartupReport}.
 *
 * @see docs/controllers.md#what-was-loaded
 */
export interface ReportedStep {
  /** The name of the function, class or file; for a function without a name its place, such as `controller[0]`. */
  readonly name: string;
  /** Its place: in `config.socketio`, on the controller, or on the method. */
  readonly level: Level;
}

/**
 * A handler in a {@link StartupReport}, once for each of its events.
 *
 * @see docs/controllers.md#what-was-loaded
 */
export interface ReportedHandler extends ReportedSteps {
  /** `'message'` for an event from a client, otherwise the step of a connection's life. */
  readonly kind: 'message' | 'connection' | 'disconnecting' | 'disconnect' | 'expired';
  /** The event's name, or its pattern as it was written; the same as `kind` if it is not a message. */
  readonly event: string;
  /** Whether `event` is a pattern for names; missing for an exact name. */
  readonly pattern?: true;
  /** Relative to the app's `baseDir`, with `/` on every system. */
  readonly file: string;
  /** The class's name; `defineSocketController` for the plain form. */
  readonly controller: string;
  /** The method's name; in the plain form, `messages.` and the event's. */
  readonly method: string;
  /** In the order in which they run, after the guards. */
  readonly interceptors: readonly ReportedStep[];
  /** The events that `@WSEmit` and `@WSBroadCast` send. */
  readonly emits: readonly ReportedEmit[];
}

/**
 * The target of a return value besides the ack.
 *
 * @see docs/controllers.md#what-was-loaded
 */
export interface ReportedEmit {
  /** `'emit'` for `@WSEmit`, `'broadcast'` for `@WSBroadCast`. */
  readonly kind: 'emit' | 'broadcast';
  /** The event's name. */
  readonly event: string;
  /** Empty: the sender for an emit, everybody else for a broadcast. */
  readonly rooms: readonly string[];
}

function reportStep({ title, level }: NamedMiddleware | NamedGuard | NamedInterceptor | NamedOutgoing): ReportedStep {
  return { name: title, level };
}

function reportSteps({ middleware, guards }: { middleware: readonly NamedMiddleware[]; guards: readonly NamedGuard[] }): ReportedSteps {
  return { middleware: middleware.map(reportStep), guards: guards.map(reportStep) };
}

function reportEmit({ kind, event, rooms }: EmitRecord): ReportedEmit {
  return { kind, event, rooms };
}

function reportNamespace(
  { target, connectionMiddleware, connectionGuards, outgoing, ...plan }: NamespacePlan, baseDir: string,
): ReportedNamespace {
  const report = (kind: ReportedHandler['kind'], handler: HandlerPlan, event: string = kind): ReportedHandler => ({
    kind,
    event,
    ...handler.pattern && { pattern: true },
    file: relativePath(baseDir, handler.file),
    controller: handler.controller.name,
    method: String(handler.method),
    ...reportSteps(handler),
    interceptors: handler.interceptors.map(reportStep),
    emits: handler.emits.map(reportEmit),
  });
  return {
    name: String(target),
    pattern: target instanceof RegExp,
    connecting: reportSteps({ middleware: connectionMiddleware, guards: connectionGuards }),
    outgoing: outgoing.map(reportStep),
    handlers: [
      ...plan.connection.map(handler => report('connection', handler)),
      ...[ ...plan.messages ].map(([ event, handler ]) => report('message', handler, event)),
      ...plan.patterns.map(handler => report('message', handler, handler.pattern.source)),
      ...plan.disconnecting.map(handler => report('disconnecting', handler)),
      ...plan.disconnect.map(handler => report('disconnect', handler)),
      ...plan.expired.map(handler => report('expired', handler)),
    ],
  };
}

/**
 * Describes what was loaded.
 *
 * @param baseDir - the app's, to which paths are relative
 */
export function createReport(plans: readonly NamespacePlan[], baseDir: string): StartupReport {
  return { version: 1, namespaces: plans.map(plan => reportNamespace(plan, baseDir)) };
}
