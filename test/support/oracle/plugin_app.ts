import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ClusterProcess } from '../cluster_process';
import { compiledPlugin } from '../compiled_plugin';
import { freePort } from '../free_port';
import type { Settings } from './settings';
import type { AppSpec } from './story';

/** Limits that an honest client just keeps to: three namespaces, and one of protocol 3 is in `/` as well without asking. */
const NEAR = {
  events: { perSecond: 200, burst: 100 }, pendingConnects: 4, namespaces: 4, rooms: 3, bufferedBytes: 300_000, depth: 8,
  handlerTimeout: 30_000,
};

function configOf({ recovery, adapter, ownPort, proxy, parser, limits }: Settings, port: number, redis: string): string {
  const socketio = {
    allowEIO3: true, connectionStateRecovery: recovery, port: ownPort ? port : undefined, limits: limits === 'near' ? NEAR : {},
    ...adapter !== 'embedded' && { adapter: { redis: { url: redis, kind: adapter, key: `oracle-${port}` } } },
  };
  return `module.exports = () => ({
    keys: 'test keys', proxy: ${proxy}, maxIpsCount: ${proxy ? 1 : 0},
    socketio: { ...${JSON.stringify(socketio)}, ${parser === 'msgpack' ? "parser: require('socket.io-msgpack-parser')" : ''} },
  });`;
}

/** The plugin, compiled as it is published, in an app for production with real processes. */
export class PluginApp {
  private deaths = 0;

  private constructor(
    readonly url: string, private readonly cluster: ClusterProcess, private readonly folder: string, private readonly workers: number,
  ) {}

  static async start(spec: AppSpec, settings: Settings, redis: string): Promise<PluginApp> {
    const plugin = compiledPlugin();
    const port = await freePort();
    const folder = path.join(plugin, '../../apps', `app-${port}`);
    const files = {
      'package.json': JSON.stringify({ name: 'oracle', egg: { typescript: false } }),
      'spec.json': JSON.stringify(spec),
      'config/config.default.js': configOf(settings, port, redis),
      'app.js': `
        const { visitorOf } = require('./behaviour');
        module.exports = class {
          constructor(app) { this.app = app; }
          async didLoad() {
            this.app.io.engine.use((req, _res, next) => {
              req.visitor = visitorOf(req);
              next();
            });
          }
          async didReady() { process.send({ to: 'parent', action: 'report', data: { what: 'worker', pid: process.pid } }); }
        };`,
      ...Object.fromEntries(spec.namespaces.map((_, i) => [
        `app/socket/namespace_${i}.js`, `module.exports = require('../../behaviour').controllers(require('../../spec.json'))[${i}];`,
      ])),
    };
    for (const [ name, content ] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), content);
    }
    cpSync(path.join(__dirname, 'behaviour.js'), path.join(folder, 'behaviour.js'));
    try {
      const cluster = await ClusterProcess.start({ baseDir: folder, workers: settings.workers, sticky: settings.sticky });
      return new PluginApp(settings.ownPort ? `http://127.0.0.1:${port}` : cluster.url, cluster, folder, settings.workers);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** The log lines of the plugin, and all warnings and errors. */
  get log(): string {
    return this.cluster.log.split('\n').filter(line => /\[egg-socketio\]| WARN | ERROR /.test(line)).join('\n');
  }

  /** Resolves once all workers are there, those in place of dead ones, too: the last one to end leaves its sessions to nobody. */
  async whole(): Promise<void> {
    await this.cluster.hearWorkers(this.workers + this.deaths);
  }

  /** Resolves once Egg's master knows of the end of one more worker. */
  async nextDeath(): Promise<void> {
    this.deaths += 1;
    await this.cluster.hear('worker died', this.cluster.news.length);
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
