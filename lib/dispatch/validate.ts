import type { ArgsCheck } from '../validation/args';
import type { Step } from './compose';
import { isThenable } from '../thenable';

/** Has the arguments checked before a step, which gets what the check makes of them. */
export function validated(check: ArgsCheck | undefined, inner: Step): Step {
  if (!check) return inner;
  return ctx => {
    const args = check(ctx.args);
    if (isThenable(args)) {
      return args.then(checked => {
        ctx.args = checked as unknown[];
        return inner(ctx);
      });
    }
    ctx.args = args;
    return inner(ctx);
  };
}

/** Has the value of a step checked; what the check makes of it takes its place. */
export function checkedReturn(check: ((value: unknown) => unknown) | undefined, step: Step): Step {
  if (!check) return step;
  return ctx => {
    const value = step(ctx);
    return isThenable(value) ? value.then(check) : check(value);
  };
}
