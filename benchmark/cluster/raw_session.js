'use strict';

// Speaks the protocol over bare HTTP and WebSockets, so that the client is light and chooses the moment of its upgrade.
const { once } = require('node:events');
const http = require('node:http');
const WebSocket = require('ws');

const PATH = '/socket.io/?EIO=4&transport=';
/** Milliseconds; what has not arrived by then is lost. */
const LIMIT = 60_000;

class RawSession {
  constructor(port) {
    this.port = port;
    this.sid = '';
    this.answers = new Map();
    this.nextAck = 1_000_000;
    /** Gets what is no answer to {@link ask}. */
    this.onPacket = undefined;
    this.onClose = undefined;
  }

  /** Begins with the WebSocket. */
  async openWebSocket() {
    this.openSocket();
    await once(this.socket, 'message');
    this.listen();
    const answered = once(this.socket, 'message');
    this.socket.send('40');
    await answered;
    return this;
  }

  /**
   * Begins with polling, and upgrades.
   *
   * @param {boolean} late - not before Socket.IO has answered, which is when it has the session
   */
  async openPolling(late) {
    this.agent = new http.Agent({ keepAlive: true });
    const [ open ] = await this.poll();
    this.sid = JSON.parse(open.slice(1)).sid;
    await this.http('POST', '40');
    let connected = false;
    const readPolled = packets => { connected ||= packets.some(packet => packet.startsWith('40')); };
    while (late && !connected) readPolled(await this.poll());
    this.openSocket();
    const polled = this.poll().then(readPolled);
    await once(this.socket, 'open');
    this.socket.send('2probe');
    await once(this.socket, 'message');
    await polled;
    this.socket.send('5');
    const answered = connected ? undefined : once(this.socket, 'message');
    this.listen();
    await answered;
    this.agent.destroy();
    return this;
  }

  /** Emits, and waits for the acknowledgement. */
  ask(event) {
    return new Promise(resolve => {
      const id = this.nextAck++;
      this.answers.set(id, resolve);
      this.socket.send(`42${id}["${event}"]`);
    });
  }

  /** Stops measuring. */
  rest() {
    this.onPacket = undefined;
    this.onClose = undefined;
  }

  async close() {
    this.rest();
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }

  pathOf(transport) {
    return `${PATH}${transport}${this.sid && `&sid=${this.sid}`}`;
  }

  openSocket() {
    this.socket = new WebSocket(`ws://127.0.0.1:${this.port}${this.pathOf('websocket')}`, { perMessageDeflate: false });
  }

  listen() {
    this.socket.on('close', () => this.onClose?.());
    this.socket.on('message', data => {
      if (data[0] === 0x32) return this.socket.send('3');
      if (this.onPacket) return this.onPacket(data);
      const [ , id, json ] = /^43(\d+)(.*)$/s.exec(String(data)) ?? [];
      this.answers.get(Number(id))?.(JSON.parse(json)[0]);
      this.answers.delete(Number(id));
    });
  }

  async poll() {
    return (await this.http('GET')).split('\x1e');
  }

  async http(method, body) {
    const req = http.request({ port: this.port, host: '127.0.0.1', path: this.pathOf('polling'), method, agent: this.agent });
    req.end(body);
    const [ res ] = await once(req, 'response');
    const text = Buffer.concat(await res.toArray()).toString();
    if (res.statusCode !== 200) throw new Error(`${method} was answered ${res.statusCode}: ${text}`);
    return text;
  }
}

/**
 * Opens sessions until each of two workers holds as many as asked for.
 *
 * @param {function(): Promise<RawSession>} open - makes one
 * @param {function(object, RawSession): boolean} wanted - whether one that is found `where` is of use
 * @return {Promise<RawSession[][]>} those of each worker
 */
async function openOnBoth(open, wanted, each) {
  const byPid = new Map();
  const full = () => byPid.size === 2 && [ ...byPid.values() ].every(list => list.length === each);
  const one = async () => {
    const session = await open();
    const where = await session.ask('where');
    const list = byPid.get(where.pid) ?? [];
    byPid.set(where.pid, list);
    if (wanted(where, session) && list.length < each) list.push(session);
    else await session.close();
  };
  for (let tries = 0; !full(); tries++) {
    if (tries === 50) throw new Error('the workers do not get the sessions that are wanted');
    await Promise.all(Array.from({ length: Math.max(each, 4) }, one));
  }
  return [ ...byPid.keys() ].sort((a, b) => a - b).map(pid => byPid.get(pid));
}

/**
 * Lets sessions do something until it is done, fails, or has taken too long.
 *
 * @param {function(function(): void, function(Error): void): void} run - gets what to call when it is done or wrong
 * @param {function(): string} progress - what to say if it is never done
 */
async function untilDone(sessions, run, progress) {
  let timer;
  try {
    await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${progress()} after ${LIMIT / 1000} s`)), LIMIT);
      for (const session of sessions) session.onClose = () => reject(new Error(`the server closed a connection: ${progress()}`));
      run(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    for (const session of sessions) session.rest();
  }
}

module.exports = { openOnBoth, RawSession, untilDone };
