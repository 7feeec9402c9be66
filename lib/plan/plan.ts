import type { Application as EggApplication } from 'egg';
import {
  type ControllerRecord, type EmitRecord, type Lifecycle, type ListenerRecord, readController, readMembers,
} from '../decorator/metadata';
import { startupError } from '../errors';
import type { ContextFactory } from '../handshake/context';
import type { Filter, MiddlewareRef, SocketIOConfig } from '../types';
import { planInjections } from './injection';
import type { LoadedFiles } from './loader';
import type { HandlerPlan, LoadedController, NamedMiddleware, NamespacePlan } from './types';

/** Names that Socket.IO keeps for itself: a client cannot send them, and a server cannot emit them. */
const RESERVED_EVENTS = new Set([ 'connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener' ]);
const INSTEAD: Record<string, string> = {
  connect: '@OnWSConnection()', disconnect: '@OnWSDisconnection()', disconnecting: '@OnWSDisconnecting()',
};

interface Draft extends Record<Lifecycle, HandlerPlan[]> {
  target: string | RegExp;
  connectionMiddleware: NamedMiddleware[];
  messages: Map<string, HandlerPlan>;
}

/** Two patterns with one key are one namespace. Statefulness (`g`, `y`) would make every other connect fail. */
function namespaceTarget(namespace: unknown, label: string): { key: string; target: string | RegExp } {
  if (namespace instanceof RegExp) {
    const target = new RegExp(namespace.source, namespace.flags.replace(/[gy]/g, ''));
    return { key: `RegExp ${target}`, target };
  }
  if (typeof namespace !== 'string') {
    throw startupError('INVALID_CONTROLLER', `${label}: expected the namespace to be a string or a RegExp, but got ${typeof namespace}.`);
  }
  const target = namespace.startsWith('/') ? namespace : `/${namespace}`;
  return { key: target, target };
}

function checkEvent(event: unknown, label: string, decorator: string): void {
  if (typeof event !== 'string') {
    throw startupError('INVALID_CONTROLLER', `${label}: expected ${decorator}(event) to have a string, but got ${typeof event}.`);
  }
  if (!RESERVED_EVENTS.has(event)) return;
  const advice = INSTEAD[event] && decorator === '@OnWSMessage' ? `use ${INSTEAD[event]}` : 'choose another name';
  throw startupError('INVALID_CONTROLLER', `${label}: ${decorator}('${event}'): the name is reserved by Socket.IO; ${advice}.`);
}

function checkEmit(emit: EmitRecord, label: string): void {
  const decorator = emit.kind === 'emit' ? '@WSEmit' : '@WSBroadCast';
  checkEvent(emit.event, label, decorator);
  if (emit.rooms.every(room => typeof room === 'string')) return;
  throw startupError('INVALID_CONTROLLER', `${label}: expected the rooms of ${decorator}('${emit.event}') to be strings.`);
}

function checkFilters(filters: readonly Filter[], where: string): readonly Filter[] {
  for (const filter of filters) {
    if (typeof filter === 'function') continue;
    throw startupError('INVALID_FILTER', `${where}: expected a filter to be a function (error, ctx), but got ${typeof filter}.`);
  }
  return filters;
}

/** The plans of an app. */
export interface Plans {
  /** One for each namespace that a controller names. */
  readonly namespaces: readonly NamespacePlan[];
  /** Makes the plan of a namespace without a controller. */
  readonly bare: (target: string) => NamespacePlan;
}

/** Turns loaded files into plans, one a namespace; every mistake that can be seen at boot is an error here. */
class Planner {
  private readonly drafts = new Map<string, Draft>();
  private readonly appMiddleware: readonly NamedMiddleware[];
  private readonly appConnectionMiddleware: readonly NamedMiddleware[];

  constructor(
    private readonly app: EggApplication,
    private readonly contexts: ContextFactory,
    private readonly files: LoadedFiles,
    private readonly options: SocketIOConfig,
  ) {
    this.appMiddleware = this.middleware(options.middleware, 'config.socketio.middleware');
    this.appConnectionMiddleware = this.middleware(options.connectionMiddleware, 'config.socketio.connectionMiddleware');
  }

  plan(): Plans {
    for (const loaded of this.files.controllers) this.add(loaded);
    return { namespaces: [ ...this.drafts.values() ].map(draft => Object.freeze(draft)), bare: target => this.emptyDraft(target) };
  }

  private add(loaded: LoadedController): void {
    const { controller, file } = loaded;
    const record = readController(controller)!;
    const label = `${file}: @WSController on ${controller.name}`;
    const draft = this.draft(record, label);
    draft.connectionMiddleware.push(...this.middleware(record.connectionMiddleware, label));
    const shared = {
      injections: planInjections(this.app, this.contexts, controller, file),
      middleware: [ ...this.appMiddleware, ...this.middleware(record.middleware, label) ],
      filters: [ ...checkFilters(record.filters, label), ...this.options.filters ?? [] ],
    };
    const emits = readMembers('emit', controller);
    const listeners = readMembers('listener', controller);
    for (const [ method, records ] of listeners) {
      const plan = this.handler(loaded, method, emits.get(method) ?? [], shared);
      for (const listener of records) this.listen(draft, plan, listener);
    }
    for (const method of emits.keys()) {
      if (listeners.has(method)) continue;
      throw startupError('INVALID_CONTROLLER',
        `${file}#${controller.name}.${String(method)}: @WSEmit and @WSBroadCast need a decorator that listens, such as @OnWSMessage('event').`);
    }
    if (listeners.size === 0) {
      this.app.logger.warn('[egg-socketio] %s: class %s has no handlers: decorate a method with @OnWSMessage(event),'
        + ' @OnWSConnection() or @OnWSDisconnection().', file, controller.name);
    }
  }

  private draft(record: ControllerRecord, label: string): Draft {
    const { key, target } = namespaceTarget(record.namespace, label);
    const draft = this.drafts.get(key) ?? this.emptyDraft(target);
    this.drafts.set(key, draft);
    return draft;
  }

  private emptyDraft(target: string | RegExp): Draft {
    return {
      target,
      connectionMiddleware: [ ...this.appConnectionMiddleware ],
      messages: new Map(),
      connection: [],
      disconnecting: [],
      disconnect: [],
    };
  }

  private handler(
    { controller, file }: LoadedController, method: string | symbol, emits: readonly EmitRecord[],
    shared: Pick<HandlerPlan, 'injections' | 'middleware' | 'filters'>,
  ): HandlerPlan {
    const label = `${file}#${controller.name}.${String(method)}`;
    if (typeof controller.prototype[method] !== 'function') {
      throw startupError('INVALID_CONTROLLER', `${label}: expected the decorated member to be a method.`);
    }
    for (const emit of emits) checkEmit(emit, label);
    return { controller, method, label, file, emits, ...shared };
  }

  private listen(draft: Draft, plan: HandlerPlan, listener: ListenerRecord): void {
    if (listener.kind !== 'message') {
      draft[listener.kind].push({ ...plan, middleware: [] });
      return;
    }
    const { event } = listener;
    checkEvent(event, plan.label, '@OnWSMessage');
    const first = draft.messages.get(event);
    if (first && first.controller === plan.controller && first.method === plan.method) return;
    if (first) {
      throw startupError('DUPLICATE_EVENT',
        `event '${event}' of namespace '${draft.target}' has two handlers: ${first.label} and ${plan.label}. Rename one event, or call both from one method.`);
    }
    const where = `${plan.label}: @OnWSMessage('${event}')`;
    draft.messages.set(event, Object.freeze({
      ...plan,
      middleware: [ ...plan.middleware, ...this.middleware(listener.middleware, where) ],
      filters: [ ...checkFilters(listener.filters, where), ...plan.filters ],
    }));
  }

  private middleware(refs: readonly MiddlewareRef[] = [], where: string): NamedMiddleware[] {
    return refs.map((ref, index) => {
      if (typeof ref === 'function') return { name: ref.name || `${where} [${index}]`, run: ref };
      const loaded = this.files.middleware.get(String(ref));
      if (loaded && typeof ref === 'string') return { name: loaded.file, run: loaded.run };
      const known = [ ...this.files.middleware.keys() ].map(name => `'${name}'`).join(', ') || 'none';
      throw startupError('INVALID_MIDDLEWARE',
        `${where}: expected a function or the name of a file in app/socket/middleware (there: ${known}), but got ${typeof ref === 'string' ? `'${ref}'` : typeof ref}.`);
    });
  }

}

/**
 * Makes the plan of every namespace that a controller names.
 *
 * @throws {SocketIOError} naming file, class and method: a wrong namespace, event, room, middleware, filter or
 * injected name, and an event with two handlers
 */
export function planNamespaces(
  app: EggApplication, contexts: ContextFactory, files: LoadedFiles, options: SocketIOConfig,
): Plans {
  return new Planner(app, contexts, files, options).plan();
}
