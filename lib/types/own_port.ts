import type { ServerOptions as SecureServerOptions } from 'node:https';

/**
 * The server of a port of its own. A number in its place is the `port`, and the rest is as it is for Egg's own server.
 *
 * @see docs/options.md#port
 */
export interface OwnPortOptions {
  /** `0` lets the system choose. */
  port: number;
  /** The address that it listens on. @default `config.cluster.listen.hostname`; without that, all addresses */
  hostname?: string;
  /**
   * What `https.createServer()` takes; `key`, `cert` and `ca` may be paths, as Egg takes them, or the PEM text. `false`: plain HTTP.
   * @default `https` of `startCluster()` and `config.cluster.https`, if they have `key` and `cert`; else plain HTTP
   */
  https?: false | (Omit<SecureServerOptions, 'key' | 'cert' | 'ca'> & {
    key: string | Buffer;
    cert: string | Buffer;
    ca?: string | Buffer;
  });
}
