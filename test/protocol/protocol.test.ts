import { needsNginx, startNginx } from '../support/nginx';
import { protocolSuite } from '../support/protocol_suite';
import { startCluster, startOnEggServer, startOnOwnPort } from '../support/server';

const WORKERS = 4;

describe('test/protocol/protocol.test.ts', () => {
  const starts = {
    "on the server of Egg's worker": () => startOnEggServer('protocol'),
    'on a port of its own': () => startOnOwnPort('protocol', 'PROTOCOL_PORT'),
    'in a started cluster with one worker': () => startCluster('protocol', 1),
    'in a started cluster with four workers': () => startCluster('protocol', WORKERS),
    "in a started cluster with four workers and Egg's sticky": () => startCluster('protocol', WORKERS, { sticky: true }),
    'in a started cluster with four worker threads': () => startCluster('protocol', WORKERS, { threads: true }),
  };
  for (const [ name, start ] of Object.entries(starts)) protocolSuite(name, start);

  describe('with nginx', () => {
    needsNginx();
    protocolSuite('in a started cluster with four workers', async () => startNginx(await startCluster('protocol', WORKERS)));
  });
});
