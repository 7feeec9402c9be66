import assert from 'node:assert/strict';
import path from 'node:path';
import { loadedFilesOf } from '../support/loaded_files';

const ROOT = path.join(__dirname, '../..').split(path.sep).join('/');

/** What only some apps use, and how the paths of its files begin. */
const OPTIONAL = {
  workers: 'lib/boot/clustered.ts',
  'links between workers': 'lib/cluster/peer_links.ts',
  'the options of Redis': 'lib/redis/options.ts',
  'clients of Redis': 'node_modules/ioredis/',
  'adapters for Redis': 'node_modules/@socket.io/redis-',
  'the encoding of messages between servers': 'node_modules/msgpackr/',
  'types that the compiler emits': 'node_modules/reflect-metadata/',
  'rules of classes': 'node_modules/class-',
  'the parser of RegExps': 'node_modules/ret/',
  'the admin UI': 'lib/admin/admin_ui.ts',
  'its package': 'node_modules/@socket.io/admin-ui/',
  'the access log': 'lib/telemetry/observation/access_log.ts',
  statistics: 'lib/telemetry/stats/worker.ts',
  metrics: 'lib/telemetry/stats/prometheus.ts',
  "Socket.IO's client": 'node_modules/socket.io-client/',
  'the command for new apps': 'lib/command/',
  'the plugin for apps of egg-socket.io': 'lib/compat/',
};

describe('test/performance/loading.test.ts', function() {
  this.timeout(60_000);

  it('an app with one process loads no file that it does not use', async () => {
    const files = await loadedFilesOf('basic');
    for (const [ what, start ] of Object.entries(OPTIONAL)) {
      assert.deepEqual(files.filter(file => file.startsWith(`${ROOT}/${start}`)), [], what);
    }
  });
});
