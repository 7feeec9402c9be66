import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compiledPlugin } from '../support/compiled_plugin';
import { ownPorts } from '../support/free_port';
import { logsAtOnce, ownOptions } from '../support/quick_start';

interface Output {
  /** All that the processes have printed. */
  readonly printed: string;
  /** The content of `common-error.log`. */
  readonly logged: string;
}

function filesBelow(folder: string, name: string): string {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find(file => path.basename(file) === name);
  return found ? readFileSync(path.join(folder, found), 'utf8') : '';
}

/** Starts an app that cannot start, as `egg-bin dev` (env `local`) and `egg-scripts start` (env `prod`) do. */
async function failToStart(env: 'local' | 'prod', files: Record<string, string>): Promise<Output> {
  const apps = path.join(compiledPlugin(), '../../apps');
  mkdirSync(apps, { recursive: true });
  const baseDir = mkdtempSync(path.join(apps, 'fails-'));
  const home = mkdtempSync(path.join(os.tmpdir(), 'printed-once-'));
  const base = { 'package.json': '{ "name": "fails" }', 'config/config.default.js': "module.exports = () => ({ keys: 'k' });" };
  for (const [ name, content ] of Object.entries({ ...base, ...files })) {
    const file = path.join(baseDir, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  const plugins = { socketio: { enable: true, path: compiledPlugin() } };
  const options = { baseDir, env, workers: 1, port: 0, plugins, ownPorts: await ownPorts() };
  const main = fork(path.join(__dirname, '../support/start_cluster.js'), [ JSON.stringify(options) ], {
    env: { ...process.env, NODE_OPTIONS: `${ownOptions()} ${logsAtOnce()}`, EGG_TYPESCRIPT: 'false', EGG_HOME: home, HOME: home, EGG_SERVER_ENV: env, NODE_ENV: '' },
    stdio: [ 'ignore', 'pipe', 'pipe', 'ipc' ],
  });
  let printed = '';
  for (const stream of [ main.stdout!, main.stderr! ]) stream.setEncoding('utf8').on('data', (text: string) => { printed += text; });
  await once(main, 'close');
  const logged = filesBelow(env === 'prod' ? home : path.join(baseDir, 'logs'), 'common-error.log');
  rmSync(home, { recursive: true, force: true });
  return { printed, logged };
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

describe('test/boot/printed_once.test.ts', () => {
  const CONFIG = { 'config/config.default.js': "module.exports = () => ({ keys: 'k', socketio: { limits: { event: 1 }, pingTimeout: '5s' } });" };
  const CONTROLLER = { 'app/socket/two.js': "module.exports = require('egg-socketio').defineSocketController({ middleware: [ 'nobody' ] });" };
  const CASES: [ title: string, files: Record<string, string>, parts: string[] ][] = [
    [ 'two invalid options, which the agent finds', CONFIG, [ 'config.socketio.limits.event: unknown option.', 'config.socketio.pingTimeout: expected' ]],
    [ 'a mistake in a controller, which the worker finds', CONTROLLER, [ 'app/socket/two.js: middleware: expected a function' ]],
  ];
  for (const env of [ 'local', 'prod' ] as const) {
    for (const [ title, files, parts ] of CASES) {
      it(`a start that fails prints its error once, and logs it once to common-error.log: ${title}, env ${env}`, async () => {
        const { printed, logged } = await failToStart(env, files);
        for (const part of parts) {
          assert.equal(count(printed, part), 1, `${part} in\n${printed}`);
          // A stack has the message in its first line, which Egg leaves out.
          assert.equal(count(logged, part), 1, `${part} in\n${logged}`);
        }
      });
    }
  }
});
