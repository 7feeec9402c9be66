import type { Health } from '../types/health';

/** The other parts of the worker, absent without Redis, and without other workers. */
interface Parts {
  readonly redis: { readonly state: Exclude<Health['redis'], 'none'> } | undefined;
  readonly clustered: { readonly isSucceeded: boolean } | undefined;
}

/** The state of this worker, for `app.io.health()` and the endpoints. */
export class WorkerHealth {
  state: Health['state'] = 'starting';

  constructor(private readonly parts: Parts) {}

  readonly report = (): Health => {
    const { state, parts } = this;
    const redis = parts.redis?.state ?? 'none';
    const isConnected = redis === 'connected' || redis === 'none';
    // With 503 from a worker that stops alone, a balancer would take out the whole port, with all other workers.
    const ready = state === 'running' ? isConnected : state === 'stopping' && Boolean(parts.clustered?.isSucceeded);
    return { ready, state, redis };
  };
}
