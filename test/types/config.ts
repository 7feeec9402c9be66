import type { EggAppConfig, PowerPartial } from 'egg';
import { createRedisAdapter, type OwnPortOptions, type SocketIOConfig } from 'egg-socketio';
import { expectType } from './expect';

export const accepted: PowerPartial<EggAppConfig> = {
  socketio: {
    path: '/realtime',
    port: 0,
    cors: { origin: 'https://example.com' },
    connectTimeout: 1000,
    pingInterval: 1000,
    transports: [ 'websocket' ],
    connectionStateRecovery: { maxDisconnectionDuration: 1000, skipMiddlewares: true },
    unknownEvents: 'ignore',
    generateId: req => `${req.url}`,
    middleware: [ 'log', async (ctx, next) => { ctx.logger.info(ctx.event); await next(); } ],
    filters: [ (error, ctx) => ctx.logger.error(error) ],
  },
};

export const redis: PowerPartial<EggAppConfig>[] = [
  { socketio: { adapter: createRedisAdapter({ host: '127.0.0.1', port: 6379, kind: 'streams', streams: { maxLen: 1 } }) } },
  { socketio: { adapter: createRedisAdapter('redis://127.0.0.1') } },
  { socketio: { adapter: { redis: { client: 'chat', requestsTimeout: 1000 } } } },
  { socketio: { adapter: { redis: 'redis://127.0.0.1' } } },
];

export const ports: PowerPartial<EggAppConfig>[] = [
  { socketio: { port: { port: 7002 } } },
  { socketio: { port: { port: 7002, hostname: '127.0.0.1', https: { key: 'key.pem', cert: 'cert.pem', minVersion: 'TLSv1.3' } } } },
  { socketio: { port: { port: 7002, https: false } } },
];

// @ts-expect-error: a kind that does not exist
createRedisAdapter({ kind: 'queue' });
// @ts-expect-error: set by the plugin
createRedisAdapter({ enableOfflineQueue: true });

export function isRead(config: EggAppConfig): void {
  expectType<SocketIOConfig>()(config.socketio);
  expectType<number | OwnPortOptions | undefined>()(config.socketio.port);
}

export const refused: PowerPartial<EggAppConfig>[] = [
  // @ts-expect-error: a path is a string
  { socketio: { path: 1 } },
  // @ts-expect-error: a port is a number
  { socketio: { port: '7001' } },
  // @ts-expect-error: one of two words
  { socketio: { unknownEvents: 'refuse' } },
  // @ts-expect-error: milliseconds
  { socketio: { connectTimeout: '1s' } },
  // @ts-expect-error: a transport that does not exist
  { socketio: { transports: [ 'telegraph' ] } },
  // @ts-expect-error: a string, or a promise of one
  { socketio: { generateId: () => 1 } },
  // @ts-expect-error: a middleware is a function or a name
  { socketio: { middleware: [ 1 ] } },
  // @ts-expect-error: a list of middlewares
  { socketio: { connectionMiddleware: 'auth' } },
  // @ts-expect-error: a filter is a function
  { socketio: { filters: [ 'filter' ] } },
  // @ts-expect-error: a class or a function
  { socketio: { adapter: {} } },
  // @ts-expect-error: an option that does not exist
  { socketio: { pathname: '/realtime' } },
];
