import { DEFAULT_LIMITS } from '../limits/limits';
import type { DrainOptions } from '../types/drain';
import type { SocketIOConfig } from './config';

const DRAIN: Required<DrainOptions> = Object.freeze({ batch: 100, interval: 50, limit: 4000 });

/**
 * The defaults that are the plugin's own, or differ from Socket.IO's. Each call returns a new object, because an app may change it in a
 * hook, and there may be another app in the process.
 */
export function createDefaults() {
  return {
    path: '/socket.io',
    connectTimeout: 45_000,
    cleanupEmptyChildNamespaces: true,
    unknownEvents: 'answer',
    takeOverWindow: 300,
    startupTable: true,
    drain: { ...DRAIN },
    limits: DEFAULT_LIMITS,
    accessLog: false,
    health: false,
    middleware: [],
    connectionMiddleware: [],
    guards: [],
    interceptors: [],
    filters: [],
    outgoing: [],
  } satisfies SocketIOConfig;
}

/** Options in which absent keys have their defaults. */
export interface WithDefaults extends SocketIOConfig {
  readonly path: string;
  readonly takeOverWindow: number;
  readonly startupTable: boolean;
  readonly drain: Required<DrainOptions>;
}

/** Adds the defaults to checked options, except for `limits`, which have their own. */
export function withDefaults(checked: SocketIOConfig): WithDefaults {
  return { ...createDefaults(), ...checked, drain: { ...DRAIN, ...checked.drain } };
}
