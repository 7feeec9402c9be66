import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Agent, Application as EggApplication } from 'egg';
import { loadModule, loadUnitsOf, takesTypeScript } from '../../base/egg_compat';
import { startupError } from '../../base/errors';
import { loggerOf } from '../../base/logger';
import { shownFile } from '../../base/paths';
import { SOCKET_GETTERS, SOCKET_METHODS } from '../../types/context';

/** The plugin itself. */
const OWN = realpathSync(path.join(__dirname, '../../..'));
/** The members that every event context has, whatever `app/extend/context` has. */
const CONTEXT_MEMBERS: ReadonlySet<string> = new Set([ 'event', 'match', 'args', 'ack', 'socket', 'starttime', ...SOCKET_GETTERS, ...SOCKET_METHODS ]);

interface Extension {
  readonly file: string;
  readonly members: readonly string[];
}

function resolve(app: EggApplication | Agent, file: string): string | undefined {
  const extensions = [ '.js', '.cjs', '.mjs', ...takesTypeScript(app) ? [ '.ts', '.cts', '.mts' ] : [] ];
  return extensions.map(extension => file + extension).find(existsSync);
}

/** The members that the app, its framework and other plugins add to an Egg prototype with `app/extend`. */
async function extensionsOf(app: EggApplication | Agent, prototype: 'context' | 'application' | 'agent'): Promise<Extension[]> {
  const extensions: Extension[] = [];
  for (const unit of loadUnitsOf(app)) {
    if (realpathSync(unit) === OWN) continue;
    for (const name of [ prototype, `${prototype}.${app.config.env}` ]) {
      const file = resolve(app, path.join(unit, 'app/extend', name));
      if (!file) continue;
      const loaded = await loadModule(file) as { default?: object } & object;
      extensions.push({ file: shownFile(app.baseDir, file), members: Object.getOwnPropertyNames(loaded.default ?? loaded) });
    }
  }
  return extensions;
}

/**
 * Checks that `io` belongs to the plugin.
 *
 * @throws {SocketIOError} `NAME_TAKEN`, with the file
 */
async function checkIO(app: EggApplication | Agent, prototype: 'application' | 'agent'): Promise<void> {
  for (const { file, members } of await extensionsOf(app, prototype)) {
    if (!members.includes('io')) continue;
    const owner = prototype === 'agent' ? 'agent' : 'app';
    throw startupError('NAME_TAKEN', `${file}: 'io' is the name of the Socket.IO server, ${owner}.io. Give the member another name, or remove the other plugin that has it.`);
  }
}

/**
 * Checks the app's members that have the plugin's names.
 *
 * @throws {SocketIOError} `NAME_TAKEN`, with the file, if `app.io` is not the plugin's
 */
export async function checkAppNames(app: EggApplication): Promise<void> {
  await checkIO(app, 'application');
  for (const { file, members } of await extensionsOf(app, 'context')) {
    const taken = members.filter(member => CONTEXT_MEMBERS.has(member));
    if (taken.length === 0) continue;
    loggerOf(app).warn('[egg-socketio] %s: %s: in socket controllers the plugin\'s own members of ctx replace these, which work in HTTP only. Rename those that handlers or services need in both.', file, taken.map(name => `ctx.${name}`).join(', '));
  }
}

/**
 * Does the same for an agent.
 *
 * @throws {SocketIOError} `NAME_TAKEN`
 */
export async function checkAgentNames(agent: Agent): Promise<void> {
  await checkIO(agent, 'agent');
}
