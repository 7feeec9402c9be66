import path from 'node:path';
import { compiledPlugin, sharedFolder } from './compiled_plugin';

/** Plugins of Egg that have nothing to do with Socket.IO, and that a worker loads for a fifth of the CPU time of its start. */
const NOT_NEEDED = [ 'i18n', 'jsonp', 'logrotator', 'multipart', 'schedule', 'static', 'view', 'watcher' ];

/**
 * The plugins of a cluster: this one compiled, and those of Egg that matter to it. The example, and apps in the process of a test, run
 * with all of Egg's.
 *
 * @param all - with all of Egg's here, too
 */
export function clusterPlugins(all = false): Record<string, object> {
  const without = all ? {} : Object.fromEntries(NOT_NEEDED.map(name => [ name, { enable: false }]));
  return { ...without, socketio: { enable: true, path: compiledPlugin() } };
}

/** Environment variables with which the processes of a cluster load Egg and the plugin in less CPU time. */
export function quickVariables(): { NODE_OPTIONS: string; TEST_KNOWN_MODULES: string; TEST_KNOWN_CODE: string } {
  const loaded = [ 'known_modules.js', 'known_code.js' ].map(name => `--require ${JSON.stringify(path.join(__dirname, name))}`);
  return {
    NODE_OPTIONS: [ ownOptions(), ...loaded ].join(' '),
    TEST_KNOWN_MODULES: path.join(sharedFolder(), 'known_modules'),
    TEST_KNOWN_CODE: path.join(sharedFolder(), 'known_code'),
  };
}

/** Node's options for a process without the TypeScript compiler that the test runner has loaded into each process that it starts. */
export function ownOptions(): string {
  return process.env.LATE_OPTION ?? '';
}

/** The option with which each line of a log is in its file at once: otherwise the last ones of a process are lost at its exit. */
export function logsAtOnce(): string {
  return `--require ${JSON.stringify(path.join(__dirname, 'logs_at_once.js'))}`;
}
