import { packForAll } from './workspace';

// scripts/test.js runs this before the tests, so that one package is packed for all of their processes.
packForAll(process.argv[2]).catch(error => {
  console.error(error);
  process.exitCode = 1;
});
