import type { SocketContext } from '../../context/socket_context';
import type { ParamSource } from '../../controllers/plan/params';
import type { HandlerPlan } from '../../controllers/plan/types';
import type { Step } from './compose';
import { scoped } from './tegg_scope';

type Method = (...args: unknown[]) => unknown;

function valueOf(source: ParamSource, ctx: SocketContext): unknown {
  if (source === 'ctx') return ctx;
  return source === 'ack' ? ctx.ack : ctx.args[source];
}

/** Creates a controller for one event and calls its method with the client's arguments, or with what its parameters' decorators say. */
export function compileInvocation({ create, method, scope, params }: HandlerPlan): Step {
  let call: (ctx: SocketContext, made?: readonly unknown[]) => unknown;
  if (params) {
    const { sources, rest } = params;
    call = (ctx, made) => {
      const args = sources.map(source => valueOf(source, ctx));
      if (rest !== undefined) args.push(...ctx.args.slice(rest));
      return (create(ctx, made)[method] as Method)(...args);
    };
  } else {
    call = (ctx, made) => (create(ctx, made)[method] as Method)(...ctx.args);
  }
  return scope ? scoped(scope, call) : call;
}
