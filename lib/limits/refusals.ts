import type { EggLogger } from 'egg';
import { flush } from '../base/logger';
import { printable } from '../base/printable';
import type { LimitMessage } from '../types/observation';
import { SILENCE, type Teller } from '../telemetry/observation/signal';
import { REFUSALS, type Refusal } from '../types/refusal';

/** Milliseconds between two log lines about one kind of refusal. */
const QUIET = 1000;

/** What there is to say about one refusal; called only if it is logged. */
type Describe = () => string;

/** Counts what is refused, and logs each kind once a second at most: whoever floods a server must not flood its log. */
export class Refusals {
  readonly counts: Record<Refusal, number>;
  /** Of each kind that was logged less than a second ago: how many more there were, and the last of them. */
  private readonly unsaid = new Map<Refusal, { count: number; describe: Describe }>();

  constructor(private readonly logger: EggLogger, private readonly hit: Teller<LimitMessage> = SILENCE) {
    this.counts = Object.fromEntries(REFUSALS.map(kind => [ kind, 0 ])) as Record<Refusal, number>;
  }

  add(kind: Refusal, describe: Describe): void {
    this.counts[kind] += 1;
    if (this.hit.isHeard) this.hit.tell({ limit: kind, message: printable(describe()) });
    const unsaid = this.unsaid.get(kind);
    if (unsaid) {
      unsaid.count += 1;
      unsaid.describe = describe;
      return;
    }
    this.logger.warn('[egg-socketio] %s', printable(describe()));
    flush(this.logger);
    this.beQuiet(kind, describe);
  }

  private beQuiet(kind: Refusal, last: Describe): void {
    const unsaid = { count: 0, describe: last };
    this.unsaid.set(kind, unsaid);
    setTimeout(() => {
      this.unsaid.delete(kind);
      if (unsaid.count === 0) return;
      const text = printable(unsaid.describe());
      if (unsaid.count === 1) this.logger.warn('[egg-socketio] %s', text);
      else this.logger.warn('[egg-socketio] %s (and %d more of this kind within a second)', text, unsaid.count - 1);
      this.beQuiet(kind, unsaid.describe);
    }, QUIET).unref();
  }
}
