import type { IncomingMessage } from 'node:http';
import { isIPv6, SocketAddress } from 'node:net';
import type { Application as EggApplication } from 'egg';
import type { Socket } from 'socket.io';

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

/**
 * An address without the port that some proxies write behind it: `203.0.113.9:5678`, `[2001:db8::1]:443`. Of
 * `[::ffff:203.0.113.9]:443`, Egg leaves `:203.0.113.9]:443`.
 */
function withoutPort(address: string): string {
  const [ , v4, bracketed ] = /^(?:(\d+(?:\.\d+){3}):\d+|[[:]([^[\]]+)\](?::\d+)?)$/.exec(address) ?? [];
  return v4 ?? bracketed ?? address;
}

/** The network that an IPv6 address is in, as `2001:db8::/64`. */
function networkOf(address: string, prefix: number): string {
  const [ before, after ] = address.split('::').map(half => (half === '' ? [] : half.split(':')));
  const groups = after ? [ ...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after ] : before;
  const kept = groups.map((group, i) => {
    const host = Math.min(16, Math.max(0, 16 * (i + 1) - prefix));
    return ((parseInt(group, 16) >> host) << host).toString(16);
  });
  return `${new SocketAddress({ address: kept.join(':'), family: 'ipv6' }).address}/${prefix}`;
}

/** One spelling for each address; an IPv4 address that was mapped into IPv6 is the IPv4 one. */
function canonical(spelt: string, prefix: number): string {
  const address = withoutPort(spelt);
  if (!isIPv6(address)) return address;
  const short = new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.)/, '');
  // What is written with dots stands for an IPv4 address.
  return prefix >= 128 || short.includes('.') ? short : networkOf(short, prefix);
}

/**
 * Makes what has `socket.handshake.address` be the client's where Egg trusts a proxy, as `ctx.ip` is; to Socket.IO it is the
 * proxy's. `fetchSockets()` takes it to other workers.
 *
 * @return `undefined` where there is nothing to do
 */
export function createShowAddress(app: EggApplication): ((socket: Socket) => void) | undefined {
  if (!app.config.proxy) return undefined;
  return ({ handshake, request }) => {
    // WebTransport has no request.
    const address = (request as IncomingMessage | undefined) && addressOf(app, request);
    if (address) handshake.address = address;
  };
}

/**
 * An address as limits count it: in one spelling, without a port.
 *
 * @param ip - as Egg has it; it may come from a header
 * @param ipv6Prefix - bits of an IPv6 address that count; the network is given in place of the address, if these are not all
 */
export function countedAddress(ip: string, ipv6Prefix: number): string {
  return canonical(ip.slice(0, LONGEST_ADDRESS), ipv6Prefix);
}

/**
 * The address of a client as `ctx.ip` has it, as {@link countedAddress} gives it.
 *
 * @return `undefined` if there is none, see {@link EggRequest}
 */
export function addressOf(app: EggApplication, req: IncomingMessage, ipv6Prefix = 128): string | undefined {
  const { ip } = eggRequestOf(app, req);
  return ip ? countedAddress(ip, ipv6Prefix) : undefined;
}
