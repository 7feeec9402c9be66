import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket as NetSocket } from 'node:net';
import type { Application as EggApplication, EggLogger } from 'egg';
import type { Socket } from 'socket.io';
import { wantsFastLogger } from '../base/egg_compat';
import { type Context, type EventMatch, SOCKET_GETTERS, SOCKET_METHODS } from '../types/context';
import { createContextLogger } from './context_logger';
import { servicesFactory } from './context_services';
import { pendingAcksOf } from './pending_acks';
import { signalOf } from './abort_signal';
import { readSessionSnapshot } from './http_session';
import {
  ABORT, ACK_TAKEN, ACKED, CONNECTING, type ContextFactory, LIVE_SESSION, markAcked, MATCH, RAW_ACK, type RawAck,
  type SocketContext, STREAM,
} from './socket_context';

const SOCKET = Symbol('Context#socket');
const LOGGERS = Symbol('Context#loggers');
const REQUEST = Symbol('Context#request');
const RESPONSE = Symbol('Context#response');
const RES = Symbol('Context#res');
const ROOMS = Symbol('Context#rooms');
const SERVICE = Symbol('Context#service');
const SESSION = Symbol('Context#session');

/** WebTransport has no HTTP request; its contexts get an empty one. */
function requestOf(socket: Socket): IncomingMessage {
  return socket.request ?? new IncomingMessage(new NetSocket());
}

/** The socket leaves its rooms right after `disconnecting`; its handlers, which may await, keep the list. */
export function keepRooms(ctx: SocketContext): void {
  (ctx as { [ROOMS]?: Set<string> })[ROOMS] = new Set(ctx.socket.rooms);
}

/**
 * Creates the class of one app's contexts. It inherits Egg's context from `app.context` and has the socket's members on its prototype, so
 * an event only costs one small object; request, response and loggers are created on first use.
 */
export function createContextClass(app: EggApplication): ContextFactory {
  class EventContext {
    declare event: string;
    declare args: unknown[];
    declare starttime: number;
    declare [SOCKET]: Socket;
    declare [RAW_ACK]: RawAck | undefined;
    declare [ACKED]: boolean;
    declare [ACK_TAKEN]: boolean;
    declare [REQUEST]: Record<string, unknown> | undefined;
    declare [RESPONSE]: Record<string, unknown> | undefined;
    declare [RES]: ServerResponse | undefined;
    declare [LOGGERS]: Map<string, EggLogger> | undefined;
    declare [ROOMS]: Set<string> | undefined;
    declare [SERVICE]: object | undefined;
    declare [SESSION]: object | undefined;
    declare [CONNECTING]: boolean | undefined;
    declare [ABORT]: AbortController | null | undefined;
    declare [MATCH]: EventMatch | undefined;
    declare [LIVE_SESSION]: boolean | undefined;
    declare [STREAM]: object | undefined;

    constructor(socket: Socket, event: string, args: unknown[], rawAck?: RawAck) {
      this[SOCKET] = socket;
      this.event = event;
      this.args = args;
      this[RAW_ACK] = rawAck;
      this[ACKED] = false;
      this[ACK_TAKEN] = false;
      this.starttime = Date.now();
    }

    get app() { return app; }
    get socket() { return this[SOCKET]; }
    get connected() { return this[SOCKET].connected || (this[CONNECTING] === true && this[SOCKET].conn.readyState === 'open'); }
    get rooms() { return this[ROOMS] ?? this[SOCKET].rooms; }
    get req() { return requestOf(this[SOCKET]); }
    get match() { return this[MATCH]; }
    get originalUrl() { return this.req.url; }

    get res() { return this[RES] ??= new ServerResponse(this.req); }

    get request() {
      if (this[REQUEST]) return this[REQUEST];
      const { req } = this;
      const request = this[REQUEST] = Object.assign(Object.create(app.request as object), {
        app, ctx: this, req, res: this.res, originalUrl: req.url,
      });
      request.response = this.response;
      // A polling handshake's TCP connection may be closed by now, and then has no address.
      if (!req.socket?.remoteAddress && request.ips.length === 0) {
        // Not assigned: `app/extend/request` may have a getter.
        Reflect.set(request, 'ip', this[SOCKET].handshake.address?.replace(/^::ffff:/, ''));
      }
      return request;
    }

    get response() {
      if (this[RESPONSE]) return this[RESPONSE];
      const response = this[RESPONSE] = Object.assign(Object.create(app.response as object), {
        app, ctx: this, req: this.req, res: this.res,
      });
      response.request = this.request;
      return response;
    }

    get ack() {
      const rawAck = this[RAW_ACK];
      if (!rawAck) return undefined;
      if (!this[ACK_TAKEN] && !this[ACKED]) pendingAcksOf(this[SOCKET]).add(this.event);
      this[ACK_TAKEN] = true;
      return (...values: unknown[]) => {
        if (this[ACKED]) return;
        rawAck(...values);
        markAcked(this as unknown as SocketContext);
      };
    }

    get signal() { return signalOf(this as unknown as SocketContext); }

    get session() {
      if (this[SESSION]) return this[SESSION];
      const snapshot = this[LIVE_SESSION] ? undefined : readSessionSnapshot(this[SOCKET]);
      return snapshot ? this[SESSION] = structuredClone(snapshot) : Reflect.get(app.context, 'session', this);
    }

    set session(value: unknown) {
      Reflect.set(app.context, 'session', value, this);
    }

    getLogger(name: string): EggLogger {
      const logger = app.getLogger(name);
      if (!logger || wantsFastLogger(app)) return logger;
      const loggers = this[LOGGERS] ??= new Map<string, EggLogger>();
      let contextLogger = loggers.get(name);
      if (!contextLogger) loggers.set(name, contextLogger = createContextLogger(this as unknown as Context, logger));
      return contextLogger;
    }
  }

  const proto = EventContext.prototype;
  // Otherwise a getter of `app/extend/context` would keep the constructor from setting them.
  for (const name of [ 'event', 'args', 'starttime' ]) Object.defineProperty(proto, name, { value: undefined, configurable: true, writable: true });
  // They are read at the end of each event: found here, the look-up does not go through all prototypes.
  for (const key of [ ABORT, STREAM ]) Object.defineProperty(proto, key, { value: undefined, writable: true });
  const Services = servicesFactory(app);
  if (Services) {
    Object.defineProperty(proto, 'service', {
      configurable: true,
      get(this: EventContext) { return this[SERVICE] ??= new Services(this); },
    });
  }
  for (const name of SOCKET_GETTERS) {
    if (name in proto) continue;
    Object.defineProperty(proto, name, {
      configurable: true,
      get(this: EventContext) { return this[SOCKET][name]; },
    });
  }
  for (const name of SOCKET_METHODS) {
    Object.defineProperty(proto, name, {
      configurable: true,
      writable: true,
      value(this: EventContext, ...args: never[]) {
        return (this[SOCKET][name] as (...args: never[]) => unknown)(...args);
      },
    });
  }
  Object.setPrototypeOf(proto, app.context);
  return EventContext as unknown as ContextFactory;
}
