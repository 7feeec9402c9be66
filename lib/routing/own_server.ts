import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ServerOptions as SecureOptions } from 'node:https';
import { promisify } from 'node:util';
import type { Application as EggApplication } from 'egg';
import { startupError } from '../base/errors';
import type { OwnPortOptions } from '../types/own_port';

/** The options that may be paths of files with a key or a certificate. */
const FILES = [ 'key', 'cert', 'ca' ] as const;

type Https = Exclude<OwnPortOptions['https'], false | undefined>;

/** The settings of the separate server. */
interface Wanted {
  readonly port: number;
  /** Default: all addresses. */
  readonly hostname: string | undefined;
  readonly https: Https | undefined;
  /** The keys of these settings, for errors. */
  readonly httpsKey: string;
  readonly hostnameKey: string;
}

/** Egg creates an HTTPS server if both are set. */
function hasBoth(https: Partial<Https> | undefined): https is Https {
  return Boolean(https?.key && https.cert);
}

/** Adds the settings of Egg's own server to `config.socketio.port`. */
function wantedOf(app: EggApplication, given: number | OwnPortOptions): Wanted {
  const { port, hostname, https } = typeof given === 'number' ? { port: given } as OwnPortOptions : given;
  const { listen, https: configured } = (app.config.cluster ?? {}) as { listen?: { hostname?: string }; https?: Partial<Https> };
  const eggs = { ...configured, ...(app as { options?: { https?: Partial<Https> } }).options?.https };
  return {
    port,
    // Egg's default is an empty one.
    hostname: hostname ?? (listen?.hostname || undefined),
    hostnameKey: hostname === undefined ? 'config.cluster.listen.hostname' : 'config.socketio.port.hostname',
    https: https === undefined ? hasBoth(eggs) ? eggs : undefined : https || undefined,
    httpsKey: https === undefined ? 'config.cluster.https' : 'config.socketio.port.https',
  };
}

/** A path, as in Egg, or the content of such a file. */
function readPem(value: string | Buffer | undefined, key: string): string | Buffer | undefined {
  if (typeof value !== 'string' || value.includes('-----BEGIN ')) return value;
  try {
    return readFileSync(value);
  } catch (cause) {
    throw startupError('INVALID_CONFIG', `${key}: cannot read ${value}: ${(cause as Error).message}. Give the path of a PEM file, or its content.`, cause);
  }
}

function createTls(https: Https, key: string): Server {
  const options: SecureOptions = { ...https };
  for (const file of FILES) options[file] = readPem(https[file], `${key}.${file}`);
  try {
    return createSecureServer(options, notFound);
  } catch (cause) {
    throw startupError('INVALID_CONFIG', `${key}: the HTTPS server of config.socketio.port cannot be created with it: ${(cause as Error).message}.`, cause);
  }
}

function notFound(...[ , res ]: Parameters<Parameters<typeof createServer>[1] & object>): void {
  res.writeHead(404).end();
}

/** The server of `config.socketio.port`, only for Socket.IO. It is like Egg's own unless set otherwise. */
export class OwnServer {
  readonly http: Server;
  private readonly wanted: Wanted;

  /**
   * @param given - `config.socketio.port`
   * @throws {SocketIOError} `INVALID_CONFIG`
   */
  constructor(app: EggApplication, given: number | OwnPortOptions) {
    const { https, httpsKey } = this.wanted = wantedOf(app, given);
    this.http = https ? createTls(https, httpsKey) : createServer(notFound);
  }

  /** Where it listens, if it does. */
  get port(): number | undefined {
    return (this.http.address() as AddressInfo | null)?.port;
  }

  /** Whether it uses HTTPS. */
  get secure(): boolean {
    return this.wanted.https !== undefined;
  }

  /** @throws {SocketIOError} `PORT_UNAVAILABLE` */
  async listen(): Promise<void> {
    const { port, hostname, hostnameKey } = this.wanted;
    const where = hostname === undefined ? '' : ` of ${hostname} (${hostnameKey})`;
    await new Promise<void>((resolve, reject) => {
      this.http.once('error', cause => reject(startupError('PORT_UNAVAILABLE',
        `config.socketio.port: cannot listen on port ${port}${where}: ${cause.message}. Choose a free port, or remove the option to share Egg's.`, cause)));
      this.http.listen({ port, host: hostname }, resolve);
    });
  }

  async close(): Promise<void> {
    this.http.closeAllConnections();
    if (this.http.listening) await promisify(this.http.close).call(this.http);
  }
}
