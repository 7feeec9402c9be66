import type { FilterRef, GuardRef, InterceptorRef, MiddlewareRef } from '../../types/handlers';
import type { OutgoingMiddleware } from '../../types/outgoing';
import type { Factories } from './injection';
import type { LoadedFiles } from './loader';
import { planFilters, planGuards, planInterceptors, planMiddleware, planOutgoing } from './policies';
import { NO_TARGET } from './target';
import type { FilterPlan, NamedGuard, NamedInterceptor, NamedMiddleware, NamedOutgoing, Place } from './types';

/** The settings of `config.socketio` for all controllers. */
export interface AppHandlers {
  readonly middleware?: readonly MiddlewareRef[];
  readonly connectionMiddleware?: readonly MiddlewareRef[];
  readonly guards?: readonly GuardRef[];
  readonly interceptors?: readonly InterceptorRef[];
  readonly filters?: readonly FilterRef[];
  readonly outgoing?: readonly OutgoingMiddleware[];
}

/** The same as functions, for each event of each namespace. */
export interface PlannedAppHandlers {
  readonly middleware: readonly NamedMiddleware[];
  readonly connectionMiddleware: readonly NamedMiddleware[];
  readonly guards: readonly NamedGuard[];
  readonly interceptors: readonly NamedInterceptor[];
  readonly filters: readonly FilterPlan[];
  readonly outgoing: readonly NamedOutgoing[];
}

/** @throws {SocketIOError} with the name of the option, for one that is not what it should be */
export function planAppHandlers(
  { middleware = [], connectionMiddleware = [], guards = [], interceptors = [], filters = [], outgoing = [] }: AppHandlers,
  { policy }: Factories, files: LoadedFiles,
): PlannedAppHandlers {
  const at = (option: keyof AppHandlers): Place => ({ level: 'app', where: `config.socketio.${option}` });
  return {
    middleware: planMiddleware(middleware, NO_TARGET, at('middleware'), files.middleware),
    connectionMiddleware: planMiddleware(connectionMiddleware, NO_TARGET, at('connectionMiddleware'), files.middleware),
    interceptors: planInterceptors(interceptors, NO_TARGET, at('interceptors'), policy),
    filters: planFilters(filters, NO_TARGET, at('filters').where, policy),
    outgoing: planOutgoing(outgoing, at('outgoing')),
    guards: planGuards(guards, NO_TARGET, at('guards'), policy),
  };
}
