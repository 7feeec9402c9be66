import { adapterConformance } from '../support/adapter_conformance';
import { startMachines } from '../support/machines';

const WORKERS = 3;

describe('test/cluster/workers_conformance.test.ts', () => {
  adapterConformance('the workers of an Egg cluster', recovery => startMachines({ machines: 1, workers: WORKERS, recovery }), {
    servers: WORKERS, limits: [ 'values that JSON loses' ], recovery: 'all servers',
  });
});
