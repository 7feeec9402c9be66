import path from 'node:path';
import type { EggAppConfig, EggAppInfo, PowerPartial } from 'egg';

/** What this chat itself can be told. */
const chat = {
  /** Rooms that are listed even while nobody is in them; people enter the first one. */
  rooms: [ 'lobby', 'ideas', 'random' ],
  /** Messages that are kept of one room. */
  messagesPerRoom: 100,
  /** Rooms whose messages are kept; beyond that, the one that was quiet for longest is forgotten. */
  remembered: 50,
};

declare module 'egg' {
  interface EggAppConfig {
    chat: typeof chat;
  }
}

export default (appInfo: EggAppInfo): PowerPartial<EggAppConfig> => ({
  // Signs cookies. An app of your own keeps its keys out of the repository.
  keys: 'chat example',

  chat,

  socketio: {
    // Nobody types 16 KB in one go; whoever sends more is cut off.
    maxHttpBufferSize: 16 * 1024,
    // Who is away for a moment misses nothing. Nobody comes in past the middleware, though: the nickname may be taken meanwhile.
    connectionStateRecovery: { skipMiddlewares: false },
  },

  cluster: {
    listen: { hostname: process.env.HOST || '127.0.0.1' },
  },

  security: {
    // Nothing but what this server itself serves, and no inline script or style.
    csp: {
      enable: true,
      policy: {
        'default-src': "'none'",
        'script-src': "'self'",
        'style-src': "'self'",
        'img-src': "'self'",
        'connect-src': "'self'",
        'base-uri': "'none'",
        'form-action': "'none'",
        'frame-ancestors': "'none'",
      },
    },
  },

  // The terminal stays quiet; the files hold everything.
  logger: { dir: path.join(appInfo.baseDir, 'logs'), consoleLevel: 'WARN' },
});
