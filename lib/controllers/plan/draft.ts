import type { Lifecycle } from '../decorator/metadata';
import type { PlannedAppHandlers } from './app_handlers';
import { inOrderOfPrecedence } from './find_handler';
import { checkRepeated } from './policies';
import type {
  FilterLevels, FilterPlan, HandlerPlan, NamedGuard, NamedMiddleware, NamedOutgoing, NamespacePlan, PatternPlan,
} from './types';

/** The plan of a namespace while its controllers are added. */
export interface Draft extends Record<Lifecycle, HandlerPlan[]>, Pick<NamespacePlan, 'target'> {
  connectionMiddleware: NamedMiddleware[];
  connectionGuards: NamedGuard[];
  outgoing: NamedOutgoing[];
  controllerFilters: FilterPlan[];
  messages: Map<string, HandlerPlan>;
  /** By their sources. */
  patterns: Map<string, PatternPlan>;
}

/** A namespace without controllers. */
export function emptyDraft(target: string | RegExp, app: PlannedAppHandlers): Draft {
  return {
    target,
    connectionMiddleware: [ ...app.connectionMiddleware ],
    connectionGuards: [ ...app.guards ],
    outgoing: [ ...app.outgoing ],
    controllerFilters: [],
    messages: new Map(),
    patterns: new Map(),
    connection: [],
    disconnecting: [],
    disconnect: [],
    expired: [],
  };
}

/** All controllers are added. */
export function finish({ controllerFilters, patterns, ...draft }: Draft, app: PlannedAppHandlers): NamespacePlan {
  checkRepeated(draft.outgoing, `namespace '${draft.target}'`, 'INVALID_MIDDLEWARE');
  return Object.freeze({
    ...draft, patterns: inOrderOfPrecedence(patterns.values()), connectionFilters: levels(controllerFilters, app.filters),
  });
}

/** The filters of each level that has some, from the innermost to the outermost. */
export function levels(...lists: FilterLevels): FilterLevels {
  return lists.filter(list => list.length > 0);
}
