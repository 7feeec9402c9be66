import type { EggLogger } from 'egg';
import { debugOf } from '../base/debug';
import { flush } from '../base/logger';
import { printable } from '../base/printable';
import type { LimitMessage } from '../types/observation';
import { SILENCE, type Teller } from '../telemetry/observation/signal';
import { REFUSALS, type Refusal } from '../types/refusal';

const debug = debugOf('limits');

/** Milliseconds between two log lines about one kind of refusal. */
const QUIET = 1000;

/** Describes one refusal; only called if somebody sees it. */
type Describe = () => string;

/** Counts refusals, and logs each kind at most once a second: a flood of requests must not flood the log. */
export class Refusals {
  readonly counts: Record<Refusal, number>;
  /** For each kind that was logged less than a second ago: the number of further ones, and the last of them. */
  private readonly unsaid = new Map<Refusal, { count: number; describe: Describe }>();

  constructor(private readonly logger: EggLogger, private readonly hit: Teller<LimitMessage> = SILENCE) {
    this.counts = Object.fromEntries(REFUSALS.map(kind => [ kind, 0 ])) as Record<Refusal, number>;
  }

  add(kind: Refusal, describe: Describe): void {
    this.counts[kind] += 1;
    if (this.hit.isHeard) this.hit.tell({ limit: kind, message: printable(describe()) });
    if (debug.enabled) debug('%s: %s', kind, printable(describe()));
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
