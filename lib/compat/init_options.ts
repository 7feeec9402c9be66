import { startupError } from '../base/errors';
import { didYouMeanOr } from '../base/similar_names';
import type { SocketIOConfig } from '../boot/config';

/** The options of Engine.IO 3 that Engine.IO 6 has under the same name. */
const SAME = [
  'path', 'pingTimeout', 'pingInterval', 'upgradeTimeout', 'maxHttpBufferSize', 'transports', 'allowUpgrades', 'perMessageDeflate',
  'httpCompression', 'allowRequest', 'initialPacket', 'destroyUpgrade', 'destroyUpgradeTimeout',
] as const satisfies readonly (keyof SocketIOConfig)[];

/** The options that are read here. */
const OTHERS = [ 'cookie', 'cookiePath', 'cookieHttpOnly', 'wsEngine' ];

/** The reason why an option of Socket.IO 2 has no place here. */
const ENDED: Readonly<Record<string, string>> = {
  origins: 'egg-socket.io did not read it either. Remove it, and list the pages of other origins that may connect in config.socketio.cors',
  serveClient: 'egg-socket.io did not read it either. Remove it, and set config.socketio.serveClient',
  adapter: 'egg-socket.io did not read it either. Remove it, and set config.socketio.adapter',
  handlePreflightRequest: 'Engine.IO no longer has it. Remove it, and set config.socketio.cors',
};

type Option = readonly [ from: string, to: keyof SocketIOConfig, value: unknown ];

function isSame(key: string): key is typeof SAME[number] {
  return (SAME as readonly string[]).includes(key);
}

/** Engine.IO 6 has one option for the cookie, and none of its parts by themselves. */
function cookieOf({ cookie, cookiePath, cookieHttpOnly }: Readonly<Record<string, unknown>>): unknown {
  if (typeof cookie !== 'string') return cookie === true ? { name: 'io' } : cookie;
  return { name: cookie, path: cookiePath ?? '/', httpOnly: cookiePath === false ? false : cookieHttpOnly ?? true };
}

/**
 * Returns the options of `config.io.init`, each with its key in `config.socketio`.
 *
 * @throws {SocketIOError} `INVALID_CONFIG` for an unknown key
 */
export function* optionsOfInit(init: Readonly<Record<string, unknown>>): Iterable<Option> {
  for (const [ key, value ] of Object.entries(init)) {
    if (value === undefined) continue;
    if (key in ENDED) throw startupError('INVALID_CONFIG', `config.io.init.${key}: ${ENDED[key]}.`);
    if (isSame(key)) yield [ key, key, value ];
    else if (key === 'cookie') yield [ key, key, cookieOf(init) ];
    // The names of engines ('ws', 'uws') are none of Engine.IO 6.
    else if (key === 'wsEngine' && typeof value === 'function') yield [ key, key, value ];
    else if (!OTHERS.includes(key)) {
      throw startupError('INVALID_CONFIG', `config.io.init.${key}: unknown option.${didYouMeanOr('Known options:', key, [ ...SAME, ...OTHERS ].sort())}`);
    }
  }
}
