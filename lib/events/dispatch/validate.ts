import type { ArgsCheck } from '../../controllers/validation/args';
import type { Step } from './compose';
import { followed } from './outcome';

/** Has the arguments checked before a step, which gets what the check makes of them. */
export function validated(check: ArgsCheck | undefined, inner: Step): Step {
  if (!check) return inner;
  return ctx => followed(check(ctx.args), args => {
    ctx.args = args as unknown[];
    return inner(ctx);
  });
}

/** Has the value of a step checked; what the check makes of it takes its place. */
export function checkedReturn(check: ((value: unknown) => unknown) | undefined, step: Step): Step {
  if (!check) return step;
  return ctx => followed(step(ctx), check);
}
