import { SocketIOError } from '../../base/errors';
import type { NamedGuard } from '../../controllers/plan/types';
import type { Step } from './compose';
import { followed } from './outcome';

/** Nothing but a boolean: what is meant as a reason, or was forgotten to be returned, must let nobody in. */
function judge(name: string, verdict: unknown): void {
  if (verdict === true) return;
  if (verdict === false) throw new SocketIOError('FORBIDDEN');
  throw new SocketIOError('INTERNAL', `guard ${name} returned ${verdict === null ? 'null' : typeof verdict} instead of true or false; access was denied.`);
}

/** Puts guards before a step, asked one after the other. Done once, at boot. */
export function guarded(guards: readonly NamedGuard[], inner: Step): Step {
  return guards.reduceRight<Step>((next, { name, run }) => ctx => followed(run(ctx), verdict => {
    judge(name, verdict);
    return next(ctx);
  }), inner);
}
