import './design_types';

export { Catch } from './catch';
export { Provide, WSController } from './controller';
export { WSBroadCast, WSEmit } from './emit';
export { RateLimit, UseGuard } from './guard';
export { App, Config, Inject, Logger, Plugin } from './inject';
export { UseInterceptor } from './interceptor';
export { OnWSConnection, OnWSDisConnection, OnWSDisconnecting, OnWSDisconnection, OnWSExpired, OnWSMessage } from './listener';
export { Ack, Arg, Ctx } from './param';
export { SetMetadata } from './set_metadata';
