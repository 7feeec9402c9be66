#!/usr/bin/env node
import { run } from './cli';

run(process.argv.slice(2), { cwd: process.cwd(), stdin: process.stdin, stdout: process.stdout, stderr: process.stderr })
  .then(code => { process.exitCode = code; }, error => {
    console.error(error);
    process.exitCode = 1;
  });
