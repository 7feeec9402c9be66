import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { SOCKET_GETTERS } from '../types/context';
import type { MockedContext, MockSocketEventOptions } from './event_types';

/** All mocks of a call, sorted by their target. */
export interface Mocked {
  readonly auth: object;
  readonly query: object;
  readonly headers: IncomingHttpHeaders;
  readonly data: object;
  /** Defined on each context of the call. */
  readonly members: PropertyDescriptorMap;
}

/** Members that every Egg context has, and every context of the plugin has in its own way. */
const OF_REQUEST: ReadonlySet<string> = new Set([
  'app', 'req', 'res', 'request', 'response', 'originalUrl', 'respond', 'starttime', 'performanceStarttime', 'session', 'user', 'cookies',
]);
/** Read from the mocked context each time, because a test may change them later, and they may be expensive. */
const LIVE = [ 'session', 'user', 'cookies' ];
/** Members that come from a context's event or socket. */
const NOT_MOCKED: Readonly<Record<string, string>> = {
  ...Object.fromEntries([ 'socket', 'app', 'req', 'res', 'request', 'response', ...SOCKET_GETTERS ].map(name => [ name, 'it belongs to the socket' ])),
  rooms: 'use the option rooms',
  event: 'give the event to mockSocketEvent()',
  args: 'give the arguments to mockSocketEvent()',
  ack: 'use the option ack',
  handshake: 'use the options auth, query and headers',
};

interface EggContext {
  readonly req: IncomingMessage;
  [member: string]: unknown;
}

function isEggContext(ctx: object): ctx is EggContext {
  return 'req' in ctx && 'request' in ctx && 'app' in ctx;
}

function valueOf(value: unknown): PropertyDescriptor {
  return { value, configurable: true, writable: true, enumerable: true };
}

function fromEggContext(ctx: EggContext): Pick<Mocked, 'headers' | 'members'> {
  const members: PropertyDescriptorMap = {};
  for (const name of LIVE.filter(each => each in ctx)) {
    members[name] = { configurable: true, enumerable: true, get: () => ctx[name], set(value) { ctx[name] = value; } };
  }
  for (const [ name, value ] of Object.entries(ctx)) {
    if (!OF_REQUEST.has(name)) members[name] = valueOf(value);
  }
  return { headers: ctx.req.headers, members };
}

function fromMembers({ headers = {}, query = {}, data = {}, ...rest }: MockedContext) {
  const members: PropertyDescriptorMap = {};
  for (const [ name, value ] of Object.entries(rest)) {
    if (Object.hasOwn(NOT_MOCKED, name)) throw new TypeError(`the option ctx cannot have the member '${name}': ${NOT_MOCKED[name]}.`);
    members[name] = valueOf(value);
  }
  return { headers, query, data, members };
}

/**
 * Sorts the options of a call.
 *
 * @throws {TypeError} with the member of `ctx` that cannot be mocked there
 */
export function readMocked({ ctx = {}, auth = {}, query, headers, data }: MockSocketEventOptions): Mocked {
  const given = isEggContext(ctx) ? { query: {}, data: {}, ...fromEggContext(ctx) } : fromMembers(ctx);
  return {
    auth,
    query: { ...given.query, ...query },
    headers: { ...given.headers, ...headers },
    data: { ...given.data, ...data },
    members: given.members,
  };
}
