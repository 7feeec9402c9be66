import type { IncomingMessage } from 'node:http';
import { isIPv6, SocketAddress } from 'node:net';
import type { Application as EggApplication } from 'egg';
import type { Socket } from 'socket.io';

/** With `config.proxy` an address comes from a header, which may be as long as a client likes. */
const LONGEST_ADDRESS = 64;

/** Egg's view of a request that has no context yet, with `config.proxy` and related options. */
export interface EggRequest {
  readonly host: string;
  /** `undefined` if the connection is closed, or uses a Unix-domain socket. */
  readonly ip: string | undefined;
}

/** Returns Egg's view of a request. */
export function eggRequestOf(app: EggApplication, req: IncomingMessage): EggRequest {
  return Object.assign(Object.create(app.request as object) as EggRequest, { app, req });
}

/**
 * Removes the port that some proxies add to an address: `203.0.113.9:5678`, `[2001:db8::1]:443`. Of `[::ffff:203.0.113.9]:443`, Egg
 * leaves `:203.0.113.9]:443`.
 */
function withoutPort(address: string): string {
  const [ , v4, bracketed ] = /^(?:(\d+(?:\.\d+){3}):\d+|[[:]([^[\]]+)\](?::\d+)?)$/.exec(address) ?? [];
  return v4 ?? bracketed ?? address;
}

/** The network of an IPv6 address, as `2001:db8::/64`. */
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
  // The dotted form is an IPv4 address.
  return prefix >= 128 || short.includes('.') ? short : networkOf(short, prefix);
}

/**
 * Returns a function that makes `socket.handshake.address` the client's if Egg trusts a proxy, like `ctx.ip`; in Socket.IO it is the
 * proxy's. `fetchSockets()` sends it to other workers.
 *
 * @return `undefined` if nothing has to be done
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
 * The form of an address that limits count: in one spelling, without a port.
 *
 * @param ip - as Egg has it; it may come from a header
 * @param ipv6Prefix - the bits of an IPv6 address that count; if these are not all, the network is returned instead of the address
 */
export function countedAddress(ip: string, ipv6Prefix: number): string {
  return canonical(ip.slice(0, LONGEST_ADDRESS), ipv6Prefix);
}

/**
 * The address of a client in `ctx.ip`, as {@link countedAddress} returns it.
 *
 * @return `undefined` if there is none, see {@link EggRequest}
 */
export function addressOf(app: EggApplication, req: IncomingMessage, ipv6Prefix = 128): string | undefined {
  const { ip } = eggRequestOf(app, req);
  return ip ? countedAddress(ip, ipv6Prefix) : undefined;
}
