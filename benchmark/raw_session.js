'use strict';

// Speaks the protocol over bare HTTP and WebSockets, so that the client is light and chooses the moment of its upgrade.
const { once } = require('node:events');
const http = require('node:http');
const WebSocket = require('ws');

/** Milliseconds; what has not arrived by then is lost. */
const LIMIT = 60_000;
/** Milliseconds between the pings of a client of Socket.IO 2, where it is the client that sends them. */
const PING_INTERVAL = 20_000;

class RawSession {
  /**
   * @param {object} [options] - how to speak, and from where
   * @param {number} [options.eio] - the version of Engine.IO's protocol: 4, or 3 for servers of Socket.IO 2
   * @param {string} [options.localAddress] - to connect from
   * @param {string} [options.nsp] - the namespace
   * @param {boolean} [options.compresses] - whether it offers compression
   */
  constructor(port, { compresses = false, eio = 4, localAddress, nsp = '/' } = {}) {
    this.port = port;
    this.eio = eio;
    this.localAddress = localAddress;
    this.compresses = compresses;
    /** What stands in a packet between its type and the rest. */
    this.prefix = nsp === '/' ? '' : `${nsp},`;
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
    const opened = this.receive('0');
    const connected = this.receive('40');
    connected.catch(() => {});
    await opened;
    // A server of Socket.IO 2 connects its clients by itself.
    if (this.eio === 4) this.socket.send(`40${this.prefix}`);
    await connected;
    this.listen();
    return this;
  }

  /**
   * Begins with polling, and upgrades.
   *
   * @param {boolean} late - not before Socket.IO has answered, which is when it has the session
   */
  async openPolling(late) {
    this.agent = new http.Agent({ keepAlive: true });
    try {
      await this.upgrade(late);
    } catch (error) {
      this.socket?.terminate();
      throw error;
    } finally {
      this.agent.destroy();
    }
    return this;
  }

  async upgrade(late) {
    let connected = false;
    const readPolled = packets => { connected ||= packets.some(packet => packet.startsWith('40')); };
    const [ open, ...others ] = await this.poll();
    this.sid = JSON.parse(open.slice(1)).sid;
    readPolled(others);
    if (this.eio === 4) await this.http('POST', '40');
    while (late && !connected) readPolled(await this.poll());
    this.openSocket();
    const polled = this.poll().then(readPolled);
    polled.catch(() => {});
    await once(this.socket, 'open');
    this.socket.send('2probe');
    await once(this.socket, 'message');
    await polled;
    const answered = connected ? undefined : this.receive('40');
    this.socket.send('5');
    await answered;
    this.listen();
  }

  /** Emits, and waits for the acknowledgement. */
  ask(...packet) {
    return new Promise(resolve => {
      const id = this.nextAck++;
      this.answers.set(id, resolve);
      this.socket.send(`42${this.prefix}${id}${JSON.stringify(packet)}`);
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
    return `/socket.io/?EIO=${this.eio}&transport=${transport}${this.sid && `&sid=${this.sid}`}`;
  }

  openSocket() {
    const url = `ws://127.0.0.1:${this.port}${this.pathOf('websocket')}`;
    this.socket = new WebSocket(url, { perMessageDeflate: this.compresses, localAddress: this.localAddress });
  }

  /** Waits for a packet while the session is opened. */
  receive(start) {
    const { socket } = this;
    return new Promise((resolve, reject) => {
      const listeners = {
        message: data => String(data).startsWith(start) && settle(resolve),
        close: () => settle(reject, new Error(`closed in place of ${start}`)),
        error: error => settle(reject, error),
      };
      function settle(how, value) {
        for (const [ event, listener ] of Object.entries(listeners)) socket.off(event, listener);
        how(value);
      }
      for (const [ event, listener ] of Object.entries(listeners)) socket.on(event, listener);
    });
  }

  listen() {
    if (this.eio === 3) this.pings = setInterval(() => this.socket.send('2'), PING_INTERVAL);
    this.socket.on('close', () => {
      clearInterval(this.pings);
      this.onClose?.();
    });
    this.socket.on('message', data => {
      if (data[0] === 0x32) return this.socket.send('3');
      if (data[0] === 0x33) return;
      if (this.onPacket) return this.onPacket(data);
      const [ , id, json ] = /^43(?:\/[^,]*,)?(\d+)(.*)$/s.exec(String(data)) ?? [];
      this.answers.get(Number(id))?.(JSON.parse(json)[0]);
      this.answers.delete(Number(id));
    });
  }

  async poll() {
    const text = await this.http('GET');
    if (this.eio === 4) return text.split('\x1e');
    const packets = [];
    for (let at = 0; at < text.length;) {
      const colon = text.indexOf(':', at);
      const end = colon + 1 + Number(text.slice(at, colon));
      packets.push(text.slice(colon + 1, end));
      at = end;
    }
    return packets;
  }

  async http(method, body) {
    const { agent, localAddress, port } = this;
    // Without b64, Engine.IO 3 frames what it sends in binary.
    const path = this.eio === 4 ? this.pathOf('polling') : `${this.pathOf('polling')}&b64=1`;
    const req = http.request({ port, host: '127.0.0.1', localAddress, path, method, agent });
    req.end(body);
    const [ res ] = await once(req, 'response');
    const text = Buffer.concat(await res.toArray()).toString();
    if (res.statusCode !== 200) throw new Error(`${method} was answered ${res.statusCode}: ${text}`);
    return text;
  }
}

/**
 * Opens sessions until each of the workers holds as many as asked for.
 *
 * @param {function(): Promise<RawSession>} open - makes one
 * @param {function(object, RawSession): boolean} wanted - whether one that is found `where` is of use
 * @return {Promise<RawSession[][]>} those of each worker
 */
async function openOnAll(open, wanted, each, workers = 2) {
  const byPid = new Map();
  const full = () => byPid.size === workers && [ ...byPid.values() ].every(list => list.length === each);
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

module.exports = { openOnAll, RawSession, untilDone };
