import type { IncomingMessage } from 'node:http';
import type { Application as EggApplication } from 'egg';
import type { SocketIOConfig } from '../types';
import type { CorsFunction, OriginRule } from './cors';
import { eggRequestOf } from './egg_request';
import type { Refusals } from './refusals';

/** Engine.IO's own: `success` false refuses the handshake with 403, and `message`. */
export type AllowRequest = NonNullable<SocketIOConfig['allowRequest']>;
type Answer = (allowed: boolean) => void;

const DEFAULT_PORTS: Record<string, string> = { 'http:': ':80', 'https:': ':443' };

/** A header may be as long as a client likes. */
function shorten(text = '', length = 200): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

function matches(origin: string, rule: OriginRule | undefined): boolean {
  if (Array.isArray(rule)) return rule.some(one => matches(origin, one));
  if (rule instanceof RegExp) return new RegExp(rule.source, rule.flags.replace(/[gy]/g, '')).test(origin);
  if (typeof rule === 'string') return rule === '*' || rule === origin;
  return rule === true;
}

function judge(origin: string, rule: OriginRule | undefined, answer: Answer): void {
  if (typeof rule === 'function') rule(origin, (_error, result) => answer(matches(origin, result)));
  else answer(matches(origin, rule));
}

/** What the cors package does without `origin` is to allow all. */
function ruleOf(options: object | boolean | null | undefined): OriginRule | undefined {
  if (typeof options !== 'object' || options === null) return options ?? undefined;
  const { origin = '*' } = options as { origin?: OriginRule };
  return origin;
}

/** Whether a page's origin names the host that it asks; both may name the default port. */
function isHost(origin: string, host: string): boolean {
  const [ , protocol, name ] = /^([a-z][a-z0-9+.-]*:)\/\/(.*)$/i.exec(origin.toLowerCase()) ?? [];
  if (!name) return false;
  const port = DEFAULT_PORTS[protocol];
  const strip = (text: string) => (port && text.endsWith(port) ? text.slice(0, -port.length) : text);
  return strip(name) === strip(host.toLowerCase());
}

/**
 * Decides which pages may connect, by polling and by WebSocket alike: those of the server's own host, as in
 * https://pkg.go.dev/github.com/gorilla/websocket#Upgrader (the scheme is not compared, because TLS mostly ends before the
 * app), and those that `config.socketio.cors` allows. What is no page says no `Origin`; it is allowed unless `requireOrigin`.
 *
 * @param options - with a `cors` that {@link guardCors} has made
 * @return to be Engine.IO's `allowRequest`; the one among the options is asked after it
 */
export function createOriginPolicy(
  app: EggApplication, { cors, requireOrigin = false, allowRequest }: SocketIOConfig, refusals: Refusals,
): AllowRequest {
  function isOwn(req: IncomingMessage, origin: string): boolean {
    const { host = '' } = req.headers;
    return isHost(origin, host) || (app.config.proxy && isHost(origin, eggRequestOf(app, req).host));
  }

  function decide(req: IncomingMessage, answer: Answer): void {
    const { origin } = req.headers;
    if (origin === undefined) {
      // Browsers say no origin in GET requests to their page's own.
      answer(!requireOrigin || req.headers['sec-fetch-site'] === 'same-origin');
    } else if (isOwn(req, origin)) {
      answer(true);
    } else if (typeof cors === 'function') {
      (cors as CorsFunction)(req as never, (_error, options) => judge(origin, ruleOf(options), answer));
    } else {
      judge(origin, ruleOf(cors), answer);
    }
  }

  function describe(req: IncomingMessage): string {
    const { origin, host } = req.headers;
    if (origin === undefined) return 'refused a connection without an Origin header: config.socketio.requireOrigin is on.';
    return `refused a connection of a page from ${shorten(origin)} to the host ${shorten(host)}. If the page may connect, set config.socketio.cors: { origin: [ '${shorten(origin)}' ] }.`;
  }

  return (req, callback) => decide(req, allowed => {
    if (!allowed) {
      refusals.add('origin', () => describe(req));
      callback('origin not allowed', false);
    } else if (allowRequest) {
      allowRequest(req, callback);
    } else {
      callback(null, true);
    }
  });
}
