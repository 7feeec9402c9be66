import type { Application as EggApplication } from 'egg';
import {
  type ControllerRecord, type ListenerRecord, type MessageRecord, readController, readOnClass,
} from '../decorator/metadata';
import { startupError } from '../../base/errors';
import type { ContextFactory } from '../../context/socket_context';
import { loggerOf } from '../../base/logger';
import { checkRate } from '../../limits/rate';
import type { GuardRef, HandlerTarget, InterceptorRef, MessageOptions, MiddlewareRef } from '../../types/handlers';
import { type ArgsCheck, compileArgs, compileReturns } from '../validation/args';
import type { EggValidator } from '../validation/egg_rules';
import { compileParamClasses } from '../validation/param_classes';
import { type AppHandlers, planAppHandlers, type PlannedAppHandlers } from './app_handlers';
import { checkCompanions, checkController, checkEmit, namespaceTarget } from './checks';
import { type Draft, emptyDraft, finish, levels } from './draft';
import { readEvent } from './event_pattern';
import { type Factories, planFactories } from './injection';
import type { LoadedFiles } from './loader';
import { type MethodRecords, readMethods } from './method_records';
import { paramClassesOf } from './param_classes';
import { planParams } from './params';
import { type Places, placesOf } from './places';
import { checkRepeated, planFilters, planGuards, planInterceptors, planMiddleware, planOutgoing } from './policies';
import { planOnce } from './once';
import { checkOptions, CONTROLLER_OPTIONS, MESSAGE_OPTIONS } from './options';
import { planStream } from './streams';
import { aimedAt, targetOf } from './target';
import type {
  FilterLevels, HandlerPlan, Level, LoadedController, NamedInterceptor, NamedMiddleware, NamedOutgoing,
  NamespacePlan, Place,
} from './types';

/** The plans of an app. */
export interface Plans {
  /** One plan for each namespace that a controller names. */
  readonly namespaces: readonly NamespacePlan[];
  /** Returns the plan of a namespace without a controller. */
  readonly bare: (target: string) => NamespacePlan;
  /** The app's own filters. */
  readonly filters: FilterLevels;
  /** The middleware and guards of the app for each event of each namespace. */
  readonly everywhere: Pick<HandlerPlan, 'middleware' | 'guards'>;
  /** The app's own outgoing middleware. */
  readonly outgoing: readonly NamedOutgoing[];
}

/** Turns loaded files into plans, one per namespace; every mistake that can be found at start-up is an error here. */
class Planner {
  private readonly drafts = new Map<string, Draft>();
  private readonly factories: Factories;
  private readonly validator: EggValidator | undefined;
  private readonly appHandlers: PlannedAppHandlers;

  constructor(
    private readonly app: EggApplication,
    contexts: ContextFactory,
    private readonly files: LoadedFiles,
    private readonly options: AppHandlers,
  ) {
    this.factories = planFactories(app, contexts);
    this.validator = (app as { validator?: EggValidator }).validator;
    this.appHandlers = planAppHandlers(options, this.factories, files);
  }

  plan(): Plans {
    for (const loaded of this.files.controllers) this.add(loaded);
    const { appHandlers: app } = this;
    return {
      namespaces: [ ...this.drafts.values() ].map(draft => finish(draft, app)),
      bare: target => finish(emptyDraft(target, app), app),
      filters: levels(app.filters),
      everywhere: { middleware: app.middleware, guards: app.guards },
      outgoing: app.outgoing,
    };
  }

  private add(loaded: LoadedController): void {
    const { controller } = loaded;
    const record = readController(controller)!;
    const places = placesOf(loaded, this.app.baseDir);
    const placeOf = (option: 'connectionMiddleware' | 'middleware' | 'guards' | 'interceptors' | 'outgoing'): Place => ({ level: 'controller', where: places.option(option) });
    checkController(record, places.option('namespace'));
    checkOptions(record.options, CONTROLLER_OPTIONS, places.option('namespace'));
    const { connectionMiddleware, middleware, outgoing = [], filters: filterRefs = [] } = record.options;
    const draft = this.draft(record, places.option('namespace'));
    const target = targetOf(controller);
    const filters = planFilters(filterRefs, target, places.option('filters'), this.factories.policy);
    const classGuards = readOnClass('guard', controller);
    draft.connectionMiddleware.push(...this.middleware(connectionMiddleware, target, placeOf('connectionMiddleware')));
    draft.connectionGuards.push(...planGuards(classGuards, target, placeOf('guards'), this.factories.policy));
    draft.outgoing.push(...planOutgoing(outgoing, placeOf('outgoing')));
    draft.controllerFilters.push(...filters);
    const shared = {
      ...this.factories.controller(controller, places),
      middleware: [ ...this.appHandlers.middleware, ...this.middleware(middleware, target, placeOf('middleware')) ],
      interceptors: [ ...this.appHandlers.interceptors, ...this.interceptors(readOnClass('interceptor', controller), target, placeOf('interceptors')) ],
      filters: levels(filters, this.appHandlers.filters),
    };
    let listens = false;
    for (const [ method, records ] of readMethods(controller)) {
      const plan = this.handler(loaded, places, method, records, classGuards, shared);
      for (const listener of records.listeners) this.listen(draft, plan, places, listener, records);
      listens ||= records.listeners.length > 0;
    }
    if (!listens) {
      loggerOf(this.app).warn('[egg-socketio] %s has no handlers: decorate a method with @OnWSMessage(event),'
        + ' @OnWSConnection() or @OnWSDisconnection(), or add messages to the definition.', places.controller);
    }
  }

  private draft(record: ControllerRecord, where: string): Draft {
    const { key, target } = namespaceTarget(record.namespace, where);
    const draft = this.drafts.get(key) ?? emptyDraft(target, this.appHandlers);
    this.drafts.set(key, draft);
    return draft;
  }

  private handler(
    { controller, file }: LoadedController, places: Places, method: string | symbol, records: MethodRecords,
    classGuards: readonly GuardRef[], shared: Pick<HandlerPlan, 'create' | 'scope' | 'middleware' | 'interceptors' | 'filters'>,
  ): HandlerPlan {
    const { emits, guards, interceptors, rates: [ rate ] } = records;
    const label = places.handler(method);
    checkCompanions(label, records);
    const decorated: unknown = controller.prototype[method];
    if (typeof decorated !== 'function') {
      throw startupError('INVALID_CONTROLLER', `${label}: expected the decorated member to be a method.`);
    }
    for (const emit of emits) checkEmit(emit, places.emit(method, emit.kind, emit.event));
    const where = places.guardsOf(method);
    const { policy } = this.factories;
    const target = targetOf(controller, method);
    const ask = (refs: readonly GuardRef[], level: Level) => planGuards(refs, target, { level, where }, policy);
    const around = aimedAt(target, shared.interceptors).concat(
      this.interceptors(interceptors, target, { level: 'method', where: places.interceptorsOf(method) }),
    );
    checkRepeated(around, label, 'INVALID_INTERCEPTOR');
    return {
      controller, method, target, label, file, emits, ...shared,
      rate: rate && checkRate(rate.rate, places.rateOf(method)),
      middleware: aimedAt(target, shared.middleware),
      filters: shared.filters.map(level => aimedAt(target, level)),
      guards: [ ...ask(this.options.guards ?? [], 'app'), ...ask(classGuards, 'controller'), ...ask(guards, 'method') ],
      interceptors: around,
      params: planParams(records.params, decorated.length, label),
      checkArgs: undefined, checkReturn: undefined, stream: undefined, once: undefined,
    };
  }

  private listen(draft: Draft, plan: HandlerPlan, places: Places, listener: ListenerRecord, { guards }: MethodRecords): void {
    if (listener.kind === 'message') {
      this.listenToMessage(draft, plan, places, listener);
      return;
    }
    // Guards have run at the connect, and do not run at a disconnect. What handlers of these return goes nowhere.
    draft[listener.kind].push({ ...plan, middleware: [], guards: [], interceptors: [] });
    if (listener.kind !== 'connection') return;
    const { method, target } = plan;
    const place: Place = { level: 'method', where: places.guardsOf(method) };
    draft.connectionGuards.push(...planGuards(guards, target, place, this.factories.policy));
  }

  private listenToMessage(draft: Draft, plan: HandlerPlan, places: Places, record: MessageRecord): void {
    const { event, options } = record;
    const place = places.event(plan.method, event);
    const { name, pattern } = readEvent(event, place, places.hookFor);
    checkOptions(options, MESSAGE_OPTIONS, place);
    const { middleware, filters = [], args, returns, stream: streamOption, once } = options;
    const first = pattern ? draft.patterns.get(name) : draft.messages.get(name);
    if (first && first.controller === plan.controller && first.method === plan.method) return;
    if (first) {
      throw startupError('DUPLICATE_EVENT',
        `event '${name}' of namespace '${draft.target}' has two handlers: ${first.label} and ${plan.label}. Rename one event, or call both from one method.`);
    }
    const where = (option: 'args' | 'returns' | 'middleware' | 'filters' | 'stream' | 'once') => places.optionOf(plan.method, event, option);
    const stream = planStream(streamOption, plan.controller.prototype[plan.method], where('stream'));
    const handler: HandlerPlan = {
      ...plan,
      middleware: [ ...plan.middleware, ...this.middleware(middleware, plan.target, { level: 'method', where: where('middleware') }) ],
      checkArgs: this.argsCheck(plan, args, where('args')),
      checkReturn: returns && compileReturns(returns, where('returns')),
      stream,
      once: planOnce(once, where('once'), stream !== undefined),
      filters: levels(planFilters(filters, plan.target, where('filters'), this.factories.policy), ...plan.filters),
    };
    if (pattern) draft.patterns.set(name, Object.freeze({ ...handler, pattern }));
    else draft.messages.set(name, Object.freeze(handler));
  }

  /** Checks the arguments by the schemas of the event, or by the classes of the method's parameters. */
  private argsCheck({ controller, method, params, label }: HandlerPlan, args: MessageOptions['args'], where: string): ArgsCheck | undefined {
    const ofClasses = compileParamClasses(paramClassesOf(controller, method, params, args ? undefined : label), this.app.baseDir, label);
    if (!args) return ofClasses;
    if (!ofClasses) return compileArgs(args, this.validator, where);
    throw startupError('INVALID_SCHEMA', `${where}: the class of a parameter has rules too. Remove args, or the class as the type of the parameter.`);
  }

  private interceptors(refs: readonly InterceptorRef[] | undefined, target: HandlerTarget, place: Place): NamedInterceptor[] {
    return planInterceptors(refs ?? [], target, place, this.factories.policy);
  }

  private middleware(refs: readonly MiddlewareRef[] | undefined, target: HandlerTarget, place: Place): NamedMiddleware[] {
    return planMiddleware(refs ?? [], target, place, this.files.middleware);
  }
}

/**
 * Makes the plan of every namespace that a controller names.
 *
 * @throws {SocketIOError} with file, class and method: an invalid namespace, event, room, middleware, filter or
 * injected name, and an event with two handlers
 */
export function planNamespaces(
  app: EggApplication, contexts: ContextFactory, files: LoadedFiles, options: AppHandlers,
): Plans {
  return new Planner(app, contexts, files, options).plan();
}
