'use strict';

const { fork } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');

/** Milliseconds: what has not been answered by then will not be. */
const LIMIT = 120_000;
/** Milliseconds that a process has to end by itself. */
const PATIENCE = 3000;

/** A process that answers questions, one at a time: a server or the client. */
module.exports = class Child {
  /**
   * @param {string} file - beside this one
   * @param {object} [env] - variables for it
   * @param {string[]} [execArgv] - options of Node.js
   */
  constructor(file, env = {}, execArgv = []) {
    this.file = file;
    this.process = fork(path.join(__dirname, file), {
      env: { ...process.env, NODE_ENV: 'production', EGG_SERVER_ENV: 'prod', EGG_TYPESCRIPT: 'false', ...env },
      execArgv,
      stdio: [ 'ignore', 'ignore', 'inherit', 'ipc' ],
    });
    this.exited = once(this.process, 'exit');
  }

  /** Waits for what it says next. */
  async hear(what) {
    const { exited, file, process: child } = this;
    const over = new AbortController();
    try {
      const [ message ] = await Promise.race([
        once(child, 'message', { signal: AbortSignal.any([ over.signal, AbortSignal.timeout(LIMIT) ]) }),
        exited.then(([ code ]) => { throw new Error(`it exited with ${code}`); }),
      ]);
      if (message.error) throw new Error(message.error);
      return message;
    } catch (cause) {
      throw new Error(`${file} has not answered ${what}: ${cause.message}`, { cause });
    } finally {
      over.abort();
    }
  }

  async ask(question, details = {}) {
    this.process.send({ ...details, ask: question });
    return (await this.hear(question)).answer;
  }

  async stop() {
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), PATIENCE);
    await this.exited;
    clearTimeout(timer);
  }
};
