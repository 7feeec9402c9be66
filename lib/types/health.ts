/**
 * The state of one worker, as `app.io.health()` returns it.
 *
 * @see docs/observability.md#health
 */
export interface Health {
  /**
   * Whether new clients can be sent to this worker's port: the worker is `running` and receives what is sent through Redis, if there is
   * Redis; or it is `stopping`, and another worker of the app takes them.
   */
  readonly ready: boolean;
  /** Whether the worker accepts new clients: it is still `starting`, is `running`, or is `stopping`. */
  readonly state: 'starting' | 'running' | 'stopping';
  /**
   * `connected`: messages of other servers arrive. `unreachable`: the connection is lost. `deaf`: it is open, but nothing arrives through
   * it. `none`: the app does not use Redis.
   */
  readonly redis: 'connected' | 'unreachable' | 'deaf' | 'none';
}

/**
 * Paths of `config.socketio.health`.
 *
 * @see docs/observability.md#health
 */
export interface HealthOptions {
  /** Answers 200 as long as the worker answers at all. @default '/livez' */
  live?: string;
  /** Answers 200 if {@link Health.ready}, otherwise 503. @default '/readyz' */
  ready?: string;
}
