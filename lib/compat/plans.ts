import path from 'node:path';
import type { Application as EggApplication } from 'egg';
import { startupError } from '../base/errors';
import { loggerOf } from '../base/logger';
import { shownFile } from '../base/paths';
import { didYouMeanOr } from '../base/similar_names';
import type { ContextFactory, SocketContext } from '../context/socket_context';
import { NO_TARGET } from '../controllers/plan/target';
import type { Plans } from '../controllers/plan/plan';
import type { ControllerClass, HandlerPlan, NamedMiddleware, NamespacePlan } from '../controllers/plan/types';
import { compose, type Step } from '../events/dispatch/compose';
import { guarded } from '../events/dispatch/guard';
import { ioConfigOf } from './config';
import { ConnectionMiddleware } from './connection';
import { toMiddleware } from './generators';
import { fileOfMiddleware, type HandlerPlace, type Loaded, placeOfHandler } from './load';
import type { OldPackets } from './packets';
import { callHandler, listenToErrors } from './handlers';
import type { Route, Routes } from './routes';
import type { IONamespaceConfig, OldMiddleware } from './types';

/** The events of a route that no client sends: steps of the connection's life. */
const STEPS = [ 'disconnecting', 'disconnect' ] as const;
const ERROR = 'error';

type Kind = keyof Required<IONamespaceConfig>;
type Method = () => unknown;

/** Adds the namespaces of `config.io` to the plans of an app. */
export class OldPlanner {
  /** The middleware and routes of each namespace that has any. */
  readonly packets = new Map<string, OldPackets>();

  constructor(
    private readonly app: EggApplication, private readonly routes: Routes, private readonly middleware: Loaded,
    private readonly Context: ContextFactory,
  ) {}

  /**
   * @throws {SocketIOError} `INVALID_CONFIG`, `INVALID_MIDDLEWARE`, or `DUPLICATE_EVENT` for an event that has a controller too
   */
  extend(plans: Plans): Plans {
    this.routes.close();
    const namespaces = [ ...plans.namespaces ];
    const configs = this.configs();
    for (const [ name, config ] of configs) {
      const at = namespaces.findIndex(({ target }) => target === name);
      const extended = this.namespace(name, config, namespaces[at] ?? plans.bare(name), plans);
      if (extended) namespaces.splice(at < 0 ? namespaces.length : at, at < 0 ? 0 : 1, extended);
    }
    for (const name of this.routes.names.filter(each => !configs.has(each))) {
      const [{ event, place }] = this.routes.of(name).values();
      loggerOf(this.app).warn("[egg-socketio] %s: the route of '%s' is never called, because config.io.namespace has no '%s'. Add it, with {} if it has no middleware.", place, event, name);
    }
    return { ...plans, namespaces };
  }

  /** `config.io.namespace`, with the names as Socket.IO has them. */
  private configs(): Map<string, IONamespaceConfig> {
    const configs = new Map<string, IONamespaceConfig>();
    for (const [ given, config ] of Object.entries(ioConfigOf(this.app).namespace ?? {})) {
      const name = given.startsWith('/') ? given : `/${given}`;
      if (configs.has(name)) {
        throw startupError('INVALID_CONFIG', `config.io.namespace: '${name}' and '${name.slice(1)}' are the same namespace. Merge them.`);
      }
      configs.set(name, config);
    }
    return configs;
  }

  private namespace(name: string, config: IONamespaceConfig, plan: NamespacePlan, { everywhere }: Plans): NamespacePlan | undefined {
    const connectionMiddleware = this.middlewareOf(name, config, 'connectionMiddleware');
    const packetMiddleware = this.middlewareOf(name, config, 'packetMiddleware');
    const routes = [ ...this.routes.of(name).values() ];
    if (connectionMiddleware.length + packetMiddleware.length + routes.length === 0) return undefined;
    const messages = routes.filter(({ event }) => event !== ERROR && !(STEPS as readonly string[]).includes(event));
    for (const route of messages) this.checkAlone(name, route, plan);
    const stay = connectionMiddleware.length > 0 ? new ConnectionMiddleware(connectionMiddleware) : undefined;
    this.packets.set(name, {
      packetMiddleware,
      routes: new Map(messages.map(route => [ route.event, { label: this.labelOf(route), call: this.stepOf(route, everywhere) }])),
    });
    return this.extended(plan, { stay, connectionMiddleware, packetMiddleware, routes, messages });
  }

  private extended(plan: NamespacePlan, { stay, connectionMiddleware, packetMiddleware, routes, messages }: {
    stay: ConnectionMiddleware | undefined; connectionMiddleware: readonly NamedMiddleware[]; packetMiddleware: readonly NamedMiddleware[];
    routes: readonly Route[]; messages: readonly Route[];
  }): NamespacePlan {
    const ofStep = (event: string) => routes.filter(route => route.event === event)
      .map(route => this.handler(route, ctx => callHandler(route.handler, ctx, [ ctx.args[0] ])));
    const errors = routes.filter(({ event }) => event === ERROR)
      .map(route => this.handler(route, ctx => listenToErrors(route.handler, ctx.socket, this.app, this.Context)));
    const ofApp = plan.connectionMiddleware.filter(({ level }) => level === 'app');
    const enter = stay ? [{ ...connectionMiddleware[0], title: connectionMiddleware.map(({ title }) => title).join(', '), run: stay.enter }] : [];
    return Object.freeze({
      ...plan,
      connectionMiddleware: [ ...ofApp, ...enter, ...plan.connectionMiddleware.slice(ofApp.length) ],
      messages: new Map([
        ...plan.messages,
        ...messages.map(route => [ route.event, this.message(route, packetMiddleware) ] as const),
      ]),
      connection: [ ...plan.connection, ...errors ],
      disconnecting: [ ...plan.disconnecting, ...ofStep('disconnecting') ],
      disconnect: [ ...stay ? [ this.leaving(connectionMiddleware[0], stay) ] : [], ...plan.disconnect, ...ofStep('disconnect') ],
    } satisfies NamespacePlan);
  }

  /** The part of connection middleware after `next()`. */
  private leaving({ name }: NamedMiddleware, stay: ConnectionMiddleware): HandlerPlan {
    const file = path.resolve(this.app.baseDir, name);
    return this.handlerPlan({ file, controller: 'connectionMiddleware', method: 'after next()', label: `${name}: after next()` }, ctx => stay.leave(ctx.socket));
  }

  /** Its steps are called by {@link OldPackets}; the plan is for reports, and for statistics. */
  private message(route: Route, middleware: readonly NamedMiddleware[]): HandlerPlan {
    return { ...this.handler(route, ctx => callHandler(route.handler, ctx, ctx.args)), middleware };
  }

  private handler(route: Route, run: (ctx: SocketContext) => unknown): HandlerPlan {
    const place = placeOfHandler(route.handler)
      ?? { file: path.resolve(this.app.baseDir, route.place.replace(/:\d+$/, '')), controller: 'route', method: route.event };
    return this.handlerPlan({ ...place, label: this.labelOf(route) }, run);
  }

  private handlerPlan(
    { file, controller, method, label }: HandlerPlace & { readonly label: string }, run: (ctx: SocketContext) => unknown,
  ): HandlerPlan {
    // Only its name is used, in reports.
    const named = { [controller]: class {} }[controller] as unknown as ControllerClass;
    return Object.freeze({
      controller: named, method, target: NO_TARGET, label, file, scope: undefined, params: undefined, emits: [], rate: undefined,
      create: ctx => ({ [method]: (() => run(ctx as SocketContext)) satisfies Method }),
      middleware: [], guards: [], interceptors: [], filters: [],
      checkArgs: undefined, checkReturn: undefined, stream: undefined, once: undefined,
    } satisfies HandlerPlan);
  }

  private stepOf({ handler }: Route, { middleware, guards }: Plans['everywhere']): Step {
    return compose(middleware, guarded(guards, ctx => callHandler(handler, ctx, ctx.args)));
  }

  private labelOf({ handler, event, place }: Route): string {
    const found = placeOfHandler(handler);
    return found ? `${shownFile(this.app.baseDir, found.file)}: ${found.controller}.${found.method}` : `${place}: the route of '${event}'`;
  }

  private checkAlone(name: string, route: Route, { messages }: NamespacePlan): void {
    const other = messages.get(route.event);
    if (!other) return;
    throw startupError('DUPLICATE_EVENT',
      `event '${route.event}' of namespace '${name}' has two handlers: the route in ${route.place} (${this.labelOf(route)}) and ${other.label}. Remove the route once the event has moved to app/socket.`);
  }

  private middlewareOf(name: string, config: IONamespaceConfig, kind: Kind): NamedMiddleware[] {
    return (config[kind] ?? []).map(title => {
      const found = this.middleware[title];
      if (typeof found !== 'function') {
        throw startupError('INVALID_MIDDLEWARE', `config.io.namespace['${name}'].${kind}: there is no file app/io/middleware/${title}.${didYouMeanOr('Files:', title, Object.keys(this.middleware).sort())}`);
      }
      const middleware = found as OldMiddleware;
      const file = shownFile(this.app.baseDir, fileOfMiddleware(middleware) ?? title);
      return { name: file, title, level: 'controller', run: toMiddleware(this.app, middleware), target: NO_TARGET };
    });
  }
}
