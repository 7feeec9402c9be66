// What lib/types.ts declares for Egg, once more: to an ECMAScript module Egg 4 shows other files with its types than to CommonJS.
declare module 'egg' {
  interface Application {
    readonly io: import('./types.js').Application;
  }

  interface EggApplicationCore {
    readonly io: import('./types.js').Application;
  }

  interface Agent {
    readonly io: import('./types.js').AgentIO;
  }

  interface EggAppConfig {
    socketio: import('./types.js').SocketIOConfig;
  }
}

export {};
