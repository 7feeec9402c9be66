import type { IncomingMessage } from 'node:http';
import { isIPv6, SocketAddress } from 'node:net';
import type { Application as EggApplication } from 'egg';

/** An address comes from a header where `config.proxy` is on, and a header may be as long as a client likes. */
const LONGEST_ADDRESS = 64;

/** What Egg makes of a request that has no context yet, by `config.proxy` and what goes with it. */
export interface EggRequest {
  readonly host: string;
  /** `undefined` if the connection is closed, or goes through a Unix-domain socket. */
  readonly ip: string | undefined;
}

/** Shows a request as Egg sees it. */
export function eggRequestOf(app: EggApplication, req: IncomingMessage): EggRequest {
  return Object.assign(Object.create(app.request as object) as EggRequest, { app, req });
}

/** One spelling for each address; an IPv4 address that was mapped into IPv6 is the IPv4 one. */
function canonical(address: string): string {
  if (!isIPv6(address)) return address;
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.)/, '');
}

/**
 * The address of a client as `ctx.ip` has it, spelt in one way.
 *
 * @return `undefined` if there is none, see {@link EggRequest}
 */
export function addressOf(app: EggApplication, req: IncomingMessage): string | undefined {
  const { ip } = eggRequestOf(app, req);
  return ip ? canonical(ip.slice(0, LONGEST_ADDRESS)) : undefined;
}
