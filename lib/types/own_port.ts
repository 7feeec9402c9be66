import type { ServerOptions as SecureServerOptions } from 'node:https';

/**
 * The separate server of `config.socketio.port`. A number instead of this object is the `port`; the rest is then as for Egg's own server.
 *
 * @see docs/options.md#port
 */
export interface OwnPortOptions {
  /** `0` lets the system choose. */
  port: number;
  /** The address to listen on. @default `config.cluster.listen.hostname`; without that, all addresses */
  hostname?: string;
  /**
   * The options of `https.createServer()`; `key`, `cert` and `ca` may be paths, as in Egg, or PEM texts. `false`: plain HTTP.
   * @default `https` of `startCluster()` and `config.cluster.https`, if they have `key` and `cert`; else plain HTTP
   */
  https?: false | (Omit<SecureServerOptions, 'key' | 'cert' | 'ca'> & {
    key: string | Buffer;
    cert: string | Buffer;
    ca?: string | Buffer;
  });
}
