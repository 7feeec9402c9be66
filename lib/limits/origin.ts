import type { IncomingMessage } from 'node:http';
import type { Application as EggApplication } from 'egg';
import type { ServerOptions } from 'socket.io';
import type { Cors, CorsFunction, OriginRule } from './cors';
import { eggRequestOf } from './egg_request';
import type { Refusals } from './refusals';

/** Engine.IO's own signature: `success` false refuses the handshake with 403, and `message`. */
export type AllowRequest = NonNullable<ServerOptions['allowRequest']>;
type Answer = (allowed: boolean) => void;

type EngineRequest = IncomingMessage & { _query?: { sid?: string; j?: unknown } };

const REFUSAL = 'origin not allowed';
const DEFAULT_PORTS: Record<string, string> = { 'http:': ':80', 'https:': ':443' };
/** The value that a browser sends instead of an origin that it hides. */
const UNKNOWN_PAGE = 'null';

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

/** Without `origin`, the cors package allows all. */
function ruleOf(options: object | boolean | null | undefined): OriginRule | undefined {
  if (typeof options !== 'object' || options === null) return options ?? undefined;
  const { origin = '*' } = options as { origin?: OriginRule };
  return origin;
}

/** Whether a page's origin has the host of the request; both may include the default port. */
function isHost(origin: string, host: string): boolean {
  const [ , protocol, name ] = /^([a-z][a-z0-9+.-]*:)\/\/(.*)$/i.exec(origin.toLowerCase()) ?? [];
  if (!name) return false;
  const port = DEFAULT_PORTS[protocol];
  const strip = (text: string) => (port && text.endsWith(port) ? text.slice(0, -port.length) : text);
  return strip(name) === strip(host.toLowerCase());
}

/** The origin of the page in a request's referrer; a page may hide it, but cannot use another page's. */
function refererOf({ headers: { referer } }: IncomingMessage): string {
  return /^https?:\/\/[^/?#@]+(?=[/?#]|$)/i.exec(referer ?? '')?.[0] ?? UNKNOWN_PAGE;
}

/**
 * The origin of the page behind a request without an `Origin` header. A page can make a browser send such a request with a script tag:
 * Engine.IO answers with a script (JSONP), which the page can read whatever its origin is.
 *
 * @return `undefined` if it is the server's own page, or none
 */
function hiddenOriginOf(req: EngineRequest): string | undefined {
  const site = req.headers['sec-fetch-site'];
  if (site === 'same-origin') return undefined;
  const isScript = typeof req._query?.j === 'string';
  return isScript || site === 'cross-site' || site === 'same-site' ? refererOf(req) : undefined;
}

/** The used parts of `config.socketio`. */
export interface OriginOptions {
  readonly cors?: Cors;
  readonly requireOrigin?: boolean;
}

/**
 * Decides which pages may connect, by polling and by WebSocket alike: those of the server's own host, as in
 * https://pkg.go.dev/github.com/gorilla/websocket#Upgrader (the scheme is not compared, because TLS usually ends before the app), and
 * those that `config.socketio.cors` allows. Other clients send no `Origin`; they are allowed unless `requireOrigin` is set.
 *
 * Each request is checked separately. If only the first one was, a page of another origin could let its own server begin a session, and
 * upgrade it with its visitor's cookies.
 */
export class OriginPolicy {
  /** Requests that were checked before Engine.IO gets them. */
  private readonly allowed = new WeakSet<IncomingMessage>();

  /** @param options - with a `cors` that {@link guardCors} has made */
  constructor(
    private readonly app: EggApplication,
    private readonly options: OriginOptions,
    private readonly refusals: Refusals,
  ) {}

  /**
   * Becomes Engine.IO's `allowRequest`, which is called for the first request of a session.
   *
   * @param next - called for requests that pass the origin check; without it, they are all allowed
   */
  guard(next?: AllowRequest): AllowRequest {
    return (req, callback) => this.decide(req, allowed => {
      if (!allowed) {
        this.count(req);
        callback(REFUSAL, false);
      } else if (next) {
        next(req, callback);
      } else {
        callback(null, true);
      }
    });
  }

  /**
   * Checks the further requests of a session.
   *
   * @param next - called if the request is allowed, or the first one
   * @param refuse - called with the reason otherwise
   */
  check(req: EngineRequest, next: () => void, refuse: (reason: string) => void): void {
    if (!req._query?.sid || this.allowed.delete(req)) {
      next();
      return;
    }
    this.decide(req, allowed => {
      if (allowed) {
        next();
        return;
      }
      this.count(req);
      refuse(REFUSAL);
    });
  }

  /** Whether a further request is allowed; if not, Engine.IO refuses it, and it is counted. */
  async allows(req: IncomingMessage): Promise<boolean> {
    const allowed = await new Promise<boolean>(resolve => { this.decide(req, resolve); });
    if (allowed) this.allowed.add(req);
    return allowed;
  }

  private decide(req: EngineRequest, answer: Answer): void {
    const { cors, requireOrigin = false } = this.options;
    const { origin = hiddenOriginOf(req) } = req.headers;
    if (origin === undefined) {
      // Browsers send no origin in GET requests to their page's own server.
      answer(!requireOrigin || req.headers['sec-fetch-site'] === 'same-origin');
    } else if (this.isOwn(req, origin)) {
      answer(true);
    } else if (typeof cors === 'function') {
      (cors as CorsFunction)(req, (_error, options) => answer(matches(origin, ruleOf(options))));
    } else {
      answer(matches(origin, ruleOf(cors)));
    }
  }

  private isOwn(req: IncomingMessage, origin: string): boolean {
    const { host = '' } = req.headers;
    return isHost(origin, host) || (this.app.config.proxy && isHost(origin, eggRequestOf(this.app, req).host));
  }

  private count(req: IncomingMessage): void {
    this.refusals.add('origin', () => {
      const { origin = hiddenOriginOf(req), host } = req.headers;
      if (origin === undefined) return 'refused a connection without an Origin header: config.socketio.requireOrigin is on.';
      return `refused a connection of a page from ${shorten(origin)} to the host ${shorten(host)}. If the page may connect, set config.socketio.cors: { origin: [ '${shorten(origin)}' ] }.`;
    });
  }
}
