'use strict';

// egg-bin runs this in place of mocha, and it prints how: so that scripts/test.js can run mocha itself, in the same way, and egg-bin
// need not be started again for each process.
const { env, execArgv, argv } = process;
delete env.MOCHA_FILE;

process.stdout.write(JSON.stringify({ execArgv, args: argv.slice(2), env }));
