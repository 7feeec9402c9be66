import { SocketIOError } from '../../base/errors';
import type { NamedGuard } from '../../controllers/plan/types';
import type { Step } from './compose';
import { followed } from './outcome';

/** Only a boolean counts: a reason, or a missing return, must not let anybody in. */
function judge(name: string, verdict: unknown): void {
  if (verdict === true) return;
  if (verdict === false) throw new SocketIOError('FORBIDDEN');
  throw new SocketIOError('INTERNAL', `guard ${name} returned ${verdict === null ? 'null' : typeof verdict} instead of true or false; access was denied.`);
}

/** Puts guards before a step; they run one after the other. Done once, at start-up. */
export function guarded(guards: readonly NamedGuard[], inner: Step): Step {
  return guards.reduceRight<Step>((next, { name, run }) => ctx => followed(run(ctx), verdict => {
    judge(name, verdict);
    return next(ctx);
  }), inner);
}
