import type { ContextFactory, SocketContext } from '../../context/socket_context';
import type { Scope } from '../../controllers/plan/types';
import type { Step } from './compose';

// tegg's own member, in its version 3 and in the pre-releases of 4.
const TEGG_CONTEXT = Symbol.for('context#teggContext');
const ROOT_PROTO = Symbol.for('context#rootProto');

/** The open scope. */
const OPEN = Symbol('Context#teggScope');
/** The call of the handler, or the last one of several. */
const CALL = Symbol('Context#teggCall');
/** Instead of a call: the event ended before its handler was called, for example after a time-out of a guard. */
const OVER = Symbol('over');

type Run = () => Promise<void>;

type TeggContext = SocketContext & {
  beginModuleScope(run: Run): Promise<void>;
  [TEGG_CONTEXT]?: object;
  [ROOT_PROTO]?: object;
  [OPEN]?: object;
  [CALL]?: Call | typeof OVER;
};

/** The end of a context and of the objects created for it. */
type Invoke = (ctx: SocketContext, made: readonly unknown[]) => unknown;

/**
 * Lets each outermost `ctx.beginModuleScope()` start with a tegg context of its own. tegg leaves the context of a request on the ctx, and
 * reuses it even if it was destroyed: in HTTP there is one scope per request, around everything, but here there may be several, one after
 * the other.
 */
export function separateScopes({ prototype }: ContextFactory): void {
  const { beginModuleScope } = prototype as Partial<TeggContext>;
  if (!beginModuleScope) return;
  Object.defineProperty(prototype, 'beginModuleScope', {
    configurable: true,
    writable: true,
    async value(this: TeggContext, run: Run): Promise<void> {
      if (this[OPEN]) return beginModuleScope.call(this, run);
      const scope = this[OPEN] = {};
      this[TEGG_CONTEXT] = undefined;
      try {
        await beginModuleScope.call(this, run);
      } finally {
        if (this[OPEN] === scope) this[OPEN] = undefined;
      }
    },
  });
}

/**
 * The call of one handler in a tegg context of its own, which lives until the handler has finished and the event has ended: the result
 * may contain objects that are destroyed with it.
 */
class Call {
  end!: () => void;
  private readonly eventIsOver = new Promise<void>(resolve => { this.end = resolve; });

  constructor(private readonly ctx: TeggContext) {}

  run(scope: Scope, invoke: Invoke): Promise<unknown> {
    const { ctx } = this;
    this.followLast();
    return new Promise((resolve, reject) => {
      const inside = async () => {
        ctx[ROOT_PROTO] = undefined;
        try {
          resolve(await invoke(ctx, await scope.make()));
        } catch (error) {
          reject(error);
        }
        await this.eventIsOver;
      };
      // With a root, tegg only creates the requested objects, and not one of every prototype of context scope in the app.
      ctx[ROOT_PROTO] = scope.root;
      ctx.beginModuleScope(inside).catch(reject);
    });
  }

  private followLast(): void {
    const { ctx } = this;
    const last = ctx[CALL];
    ctx[CALL] = this;
    if (last === OVER) this.end();
    // The handlers of a connect share a ctx, and the previous one may still run after a time-out.
    else if (last) ctx[OPEN] = undefined;
  }
}

/** Calls a handler in a tegg context of its own, once its injected objects have been created. */
export function scoped(scope: Scope, invoke: Invoke): Step {
  return ctx => new Call(ctx as TeggContext).run(scope, invoke);
}

/** The event has ended, and with it the objects that tegg created for its handler. */
export function endScope(ctx: SocketContext): void {
  const call = (ctx as TeggContext)[CALL];
  if (call instanceof Call) call.end();
  else (ctx as TeggContext)[CALL] = OVER;
}
