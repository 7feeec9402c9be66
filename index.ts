/**
 * The decorators, types and functions for the code of an app.
 *
 * @module egg-socketio
 */
/// <reference path="./lib/boot/egg_esm.d.mts" preserve="true" />
export type { AgentEmitter, AgentOperator } from './lib/adapter/agent_emitter';
export * from './lib/controllers/decorator';
export { ERROR_CODES, type ErrorCode, type ErrorCodeEntry, SocketIOError, type SocketIOErrorOptions } from './lib/base/errors';
export * from './lib/types/declared';
export { defineSocketController, defineSocketMessage } from './lib/controllers/plan/define';
export type { ControllerDefinition, EmitTarget, PlainHandler, PlainMessage, PlainMetadata, PlainPattern, ValidatedMessage } from './lib/controllers/plan/define_types';
export { createRedisAdapter, type RedisAdapterConfig } from './lib/redis/config';
export { createRedisEmitter } from './lib/redis/create_emitter';
export type { RedisEmitter } from './lib/redis/emitter';
export type { RedisAdapterOptions, RedisClient, RedisConnectionOptions, RedisKind, StreamOptions } from './lib/redis/types';
export type { AdminUIOptions } from './lib/admin/types';
export type {
  ReportedEmit, ReportedHandler, ReportedNamespace, ReportedStep, ReportedSteps, StartupReport,
} from './lib/controllers/report/report';
export type { LimitOptions } from './lib/limits/limits';
export type { MethodRate, Rate } from './lib/limits/rate';
export type { Refusal, RefusalCounts } from './lib/types/refusal';
export type { AccessLogOptions } from './lib/telemetry/observation/access_log';
export type {
  ConnectMessage, DisconnectMessage, EmitMessage, EndedEventMessage, EventMessage, EventOutcome, ForwardMessage, HandlerKind, LimitMessage,
  PeerMessage, RefuseMessage, TakeOverMessage,
} from './lib/types/observation';
export type { AdapterFactory, Application } from './lib/types/application';
export type {
  AnyContext, ControllerOptions, Filter, FilterClass, FilterRef, Guard, GuardClass, GuardRef, GuardTarget, HandlerTarget, Interceptor,
  InterceptorClass, InterceptorRef, MessageOptions, Middleware, MiddlewareRef, OnceOptions,
} from './lib/types/handlers';
export type { Health, HealthOptions } from './lib/types/health';
export type { Answer, BuiltInEvents, ErrorAnswer, ErrorBody } from './lib/types/answers';
export type { AckResult, AckResults } from './lib/types/client_acks';
export type { Context, EventMatch } from './lib/types/context';
export type { DefaultSocketData, EventsMap } from './lib/types/event_maps';
export type { DrainOptions } from './lib/types/drain';
export type { OutgoingMiddleware, OutgoingPacket } from './lib/types/outgoing';
export type { OwnPortOptions } from './lib/types/own_port';
export type { SocketIOConfig } from './lib/boot/config';
export type {
  DisconnectStats, EventStats, ForwardStats, Histogram, NamespaceStats, RecoveryOutcomes, RecoveryStats, RedisStats, Stats, TrafficStats,
} from './lib/types/stats';
export type { AppStats, EventLoopDelay, LinkStats, ProcessStats, StatsOptions, WorkerName, WorkerStats } from './lib/types/worker_stats';
export { validateArgs } from './lib/controllers/validation/middleware';
export type { ArgSchema, ArgSchemas, EggRule, SchemaArgs, StandardSchema } from './lib/types/standard_schema';
