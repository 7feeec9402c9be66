import type { ArgsCheck } from '../../controllers/validation/args';
import type { Step } from './compose';
import { followed } from './outcome';

/** Checks the arguments before a step, which gets the output of the check. */
export function validated(check: ArgsCheck | undefined, inner: Step): Step {
  if (!check) return inner;
  return ctx => followed(check(ctx.args), args => {
    ctx.args = args as unknown[];
    return inner(ctx);
  });
}

/** Checks the value of a step, and replaces it by the output of the check. */
export function checkedReturn(check: ((value: unknown) => unknown) | undefined, step: Step): Step {
  if (!check) return step;
  return ctx => followed(step(ctx), check);
}
