import { protocolSuite } from '../support/protocol_suite';
import { startCluster, startOnEggServer, startOnOwnPort } from '../support/server';

describe('test/protocol/protocol.test.ts', () => {
  const starts = {
    "on the server of Egg's worker": () => startOnEggServer('protocol'),
    'on a port of its own': () => startOnOwnPort('protocol', 'PROTOCOL_PORT'),
    'in a started cluster with one worker': () => startCluster('protocol', 1),
    'in a started cluster with four workers': () => startCluster('protocol', 4),
  };
  for (const [ name, start ] of Object.entries(starts)) protocolSuite(name, start);
});
