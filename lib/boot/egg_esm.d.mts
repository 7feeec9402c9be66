// What lib/boot/config.ts declares for Egg, once more: to an ECMAScript module Egg 4 shows other files with its types than to CommonJS.
declare module 'egg' {
  interface Application {
    readonly io: import('../types/application.js').Application;
  }

  interface EggApplicationCore {
    readonly io: import('../types/application.js').Application;
  }

  interface Agent {
    readonly io: import('./config.js').AgentIO;
  }

  interface EggAppConfig {
    socketio: import('./config.js').SocketIOConfig;
  }
}

export {};
