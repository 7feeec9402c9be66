import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Agent, Application as EggApplication } from 'egg';
import { loggerOf } from '../base/logger';
import { relativePath } from '../base/paths';
import { ioConfigOf } from './config';

/** The folders of `app` whose files do not run on the server. */
const NOT_SERVER: ReadonlySet<string> = new Set([ 'public', 'view', 'assets', 'web', 'node_modules' ]);
const PAGE = 'docs/migrating-from-egg-socket.io.md#what-differs-with-the-plugin';

/** Calls of Socket.IO 2 that do something else in Socket.IO 4 or do not exist, and what to write. */
const OLD_CALLS: readonly (readonly [ pattern: RegExp, text: string ])[] = [
  [ /Object\.(?:keys|values|entries)\([\w.]*\.rooms\s*\)|\.rooms\[|\bin \w+(?:\.\w+)*\.rooms\b/, 'the rooms of a socket are a Set: write [ ...socket.rooms ], or socket.rooms.has(room).' ],
  [ /Object\.(?:keys|values|entries)\([\w.()'"/]*\.sockets\s*\)|\.sockets\[/, 'the sockets of a namespace are a Map: write [ ...nsp.sockets.keys() ], or nsp.sockets.get(id).' ],
  [ /\.(?:in|to)\([^()]*\)\.clients\(/, 'there is no clients() after in(): write await nsp.in(room).fetchSockets().' ],
  [ /\badapter\.(?:customRequest|customHook|allRooms|clientRooms)\b/, 'the adapter has no such method: write serverSideEmit(), or fetchSockets() and its rooms.' ],
  [ /\bio\.(?:origins|set|nsps)\b/, 'the server has no such member: write config.socketio.cors, other options of config.socketio, or io.of(name).' ],
  [ /^\s*(?:await )?(?:this\.)?(?:ctx\.)?socket\.(?:to|in|volatile|broadcast)\([^()]*\);?\s*$/, 'socket.to() no longer changes the socket: write socket.to(room).emit(…) in one statement.' ],
  [ /\bsocket\.(?:join|leave)\([^()]*\)\s*\.(?!then|catch|finally)\w/, 'socket.join() and socket.leave() no longer return the socket: write a statement for each.' ],
  [ /\bsocket\.use\(/, 'an error that socket.use() passes to next() no longer reaches the client: move it to packetMiddleware, whose errors do.' ],
];

/** Nobody reads more. */
const MOST_LINES = 30;

function* filesIn(folder: string): Iterable<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!NOT_SERVER.has(entry.name)) yield* filesIn(file);
    } else if (/\.[cm]?[jt]s$/.test(entry.name) && !entry.name.endsWith('.d.ts')) {
      yield file;
    }
  }
}

/** Each line of the app's code that has an old call, with what to write. */
function* oldCallsIn(baseDir: string): Iterable<string> {
  const folder = path.join(baseDir, 'app');
  if (!existsSync(folder)) return;
  for (const file of filesIn(folder)) {
    const source = readFileSync(file, 'utf8');
    if (!/\b(?:io|socket|nsp)\b/.test(source)) continue;
    for (const [ index, line ] of source.split('\n').entries()) {
      const found = OLD_CALLS.find(([ pattern ]) => pattern.test(line));
      if (found) yield `${relativePath(baseDir, file)}:${index + 1}: ${found[1]}`;
    }
  }
}

/** Options that cannot do what they did. */
function* optionsWithoutEffect({ config }: Pick<EggApplication | Agent, 'config'>): Iterable<string> {
  const { init = {}, generateId, namespace = {} } = ioConfigOf({ config } as EggApplication);
  if (typeof init.wsEngine === 'string' && init.wsEngine !== 'ws') {
    yield `config.io.init.wsEngine: '${init.wsEngine}' is no longer maintained, and ws is used. Remove it.`;
  }
  if (generateId) {
    yield 'config.io.generateId makes the ids of Engine.IO sessions, to which each of several workers adds its own tag; only Socket.IO 2 clients still have that id as socket.id. Keep ids of your own in ctx.socket.data.';
  }
  const { connectionStateRecovery: recovery } = config.socketio as { connectionStateRecovery?: boolean | { skipMiddlewares?: boolean } };
  const hasMiddleware = Object.values(namespace).some(({ connectionMiddleware = [] }) => connectionMiddleware.length > 0);
  if (recovery && hasMiddleware && (recovery === true || recovery.skipMiddlewares !== false)) {
    yield 'config.socketio.connectionStateRecovery: a client that is recovered skips the connection middleware of config.io, so neither its part before next() nor the one after it runs again. Set skipMiddlewares: false.';
  }
}

/** Warns of what egg-socket.io did and this plugin cannot do, as far as it can be seen at the start. Call it once per app. */
export function warnOfOldCalls(app: EggApplication | Agent): void {
  const logger = loggerOf(app);
  for (const text of optionsWithoutEffect(app)) logger.warn('[egg-socketio] %s', text);
  let lines = 0;
  for (const text of oldCallsIn(app.baseDir)) {
    lines += 1;
    if (lines > MOST_LINES) {
      logger.warn('[egg-socketio] and more lines with calls of Socket.IO 2, which are not listed: %s.', PAGE);
      break;
    }
    logger.warn('[egg-socketio] %s See %s.', text, PAGE);
  }
  const { allowEIO3 } = app.config.socketio as { allowEIO3?: boolean };
  if (allowEIO3) logger.info('[egg-socketio] Socket.IO 2 clients may connect (allowEIO3). Set config.socketio.allowEIO3 to false when the last of them is gone.');
}
