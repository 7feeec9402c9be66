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
  /** Bytes of the largest file that can be sent to a room. It is in memory for a moment, and less than what may wait for a slow client. */
  fileBytes: 2 * 1024 * 1024,
};

declare module 'egg' {
  interface EggAppConfig {
    chat: typeof chat;
  }
}

/** TypeScript is compiled at the start, which may take longer than the 5 seconds after which Egg warns. Its types lack the option. */
const dump: object = { timing: { slowBootActionMinDuration: 60_000 } };

export default (appInfo: EggAppInfo): PowerPartial<EggAppConfig> => ({
  // Signs cookies. A real app keeps its keys out of the repository.
  keys: 'chat example',

  chat,

  socketio: {
    // A piece of a file has 64 KB, or a third more over polling; a client that sends a larger message is disconnected.
    maxHttpBufferSize: 128 * 1024,
    // Nobody sends more files at once: the page waits for one to end, and a cancelled one may not have ended yet.
    limits: { streams: 2 },
    // A client that is away for a moment misses nothing. The middleware still runs, because the nickname may be taken by then.
    connectionStateRecovery: { skipMiddlewares: false },
  },

  cluster: {
    listen: { hostname: process.env.HOST || '127.0.0.1' },
  },

  security: {
    // Only what this server serves, and no inline scripts or styles.
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

  dump,

  // Keeps the terminal quiet; the log files have everything.
  logger: { dir: path.join(appInfo.baseDir, 'logs'), consoleLevel: 'WARN' },
});
