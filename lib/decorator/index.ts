export { Provide, WSController } from './controller';
export { WSBroadCast, WSEmit } from './emit';
export { App, Config, Inject, Logger, Plugin } from './inject';
export { OnWSConnection, OnWSDisConnection, OnWSDisconnecting, OnWSDisconnection, OnWSMessage } from './listener';
