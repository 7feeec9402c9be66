export type { AgentEmitter, AgentOperator } from './lib/cluster/agent_emitter';
export * from './lib/decorator';
export { ERROR_CODES, type ErrorCode, type ErrorCodeEntry, SocketIOError, type SocketIOErrorOptions } from './lib/errors';
export {
  type ControllerDefinition, defineSocketController, type EmitTarget, type PlainHandler, type PlainMessage,
} from './lib/plan/define';
export { createRedisAdapter, type RedisAdapterConfig } from './lib/redis/config';
export { createRedisEmitter, type RedisEmitter } from './lib/redis/emitter';
export type { RedisAdapterOptions, RedisClient, RedisConnectionOptions, RedisKind, StreamOptions } from './lib/redis/types';
export type {
  AdapterFactory, Application, Context, ControllerOptions, DefaultSocketData, DrainOptions, EventsMap, Filter, MessageOptions, Middleware,
  MiddlewareRef, SocketIOConfig,
} from './lib/types';
