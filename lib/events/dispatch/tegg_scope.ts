import type { ContextFactory, SocketContext } from '../../context/socket_context';
import type { Scope } from '../../controllers/plan/types';
import type { Step } from './compose';

// Tegg's own, in its version 3 and in the pre-releases of 4.
const TEGG_CONTEXT = Symbol.for('context#teggContext');
const ROOT_PROTO = Symbol.for('context#rootProto');

/** The scope that is open. */
const OPEN = Symbol('Context#teggScope');
/** The call of the handler, or the last one of several. */
const CALL = Symbol('Context#teggCall');
/** In place of a call: the event was over before its handler was called, as after a time-out of a guard. */
const OVER = Symbol('over');

type Run = () => Promise<void>;

type TeggContext = SocketContext & {
  beginModuleScope(run: Run): Promise<void>;
  [TEGG_CONTEXT]?: object;
  [ROOT_PROTO]?: object;
  [OPEN]?: object;
  [CALL]?: Call | typeof OVER;
};

/** What is done with a context and what was made for it. */
type Invoke = (ctx: SocketContext, made: readonly unknown[]) => unknown;

/**
 * Has each `ctx.beginModuleScope()` begin with a context of tegg's own, unless it is called in another one. Tegg leaves the context of
 * a request on it, and goes on with what it finds there, though it be destroyed: in HTTP there is one scope a request, around
 * everything, and here there may be several, one after the other.
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
 * The call of one handler in a context of tegg's own. That lives until the handler has finished and the event is over: the answer
 * may be made of what is destroyed with it.
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
      // With a root, tegg makes only what is asked for, and not one of every prototype of context scope that the app has.
      ctx[ROOT_PROTO] = scope.root;
      ctx.beginModuleScope(inside).catch(reject);
    });
  }

  private followLast(): void {
    const { ctx } = this;
    const last = ctx[CALL];
    ctx[CALL] = this;
    if (last === OVER) this.end();
    // The handlers of a connect share a ctx, and the last one may still be at it after a time-out.
    else if (last) ctx[OPEN] = undefined;
  }
}

/** Has a handler called in a context of tegg's own, once what it is given from there has been made. */
export function scoped(scope: Scope, invoke: Invoke): Step {
  return ctx => new Call(ctx as TeggContext).run(scope, invoke);
}

/** The event is over, and with it what tegg made for its handler. */
export function endScope(ctx: SocketContext): void {
  const call = (ctx as TeggContext)[CALL];
  if (call instanceof Call) call.end();
  else (ctx as TeggContext)[CALL] = OVER;
}
