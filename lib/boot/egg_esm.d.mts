// Repeats the declarations of lib/boot/config.ts for Egg: with Egg 4, an ES module gets other type files than CommonJS.
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
