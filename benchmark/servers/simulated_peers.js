'use strict';

// How workers in one process reach each other: over connections, as real ones do, or without.
const { once } = require('node:events');
const { mkdtempSync, rmSync } = require('node:fs');
const { createServer } = require('node:http');
const os = require('node:os');
const path = require('node:path');

const LOGGER = { warn: console.warn, error: console.error };

/** A worker's end of a network without connections: messages are encoded and decoded, and come later, but nothing is written. */
class MemoryPeers {
  constructor(tag, network, { encodeFrame, FrameReader }) {
    Object.assign(this, { tag, network, encodeFrame, listeners: new Set(), others: [] });
    this.readerOf = from => new FrameReader(message => {
      for (const listener of this.listeners) listener.onMessage(from, message);
    });
    this.readers = new Map();
  }

  peers() {
    return this.others;
  }

  /** To be called once all are there. */
  join() {
    this.others = [ ...this.network.keys() ].filter(tag => tag !== this.tag);
    for (const tag of this.others) this.readers.set(tag, this.readerOf(tag));
  }

  send(to, message) {
    this.carry(to, this.encodeFrame(message));
  }

  broadcast(message) {
    const frame = this.encodeFrame(message);
    for (const tag of this.others) this.carry(tag, frame);
  }

  carry(to, frame) {
    const reader = this.network.get(to).readers.get(this.tag);
    setImmediate(() => reader.push(frame));
  }

  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

function connectInMemory(tags, frames) {
  const network = new Map();
  for (const tag of tags) network.set(tag, new MemoryPeers(tag, network, frames));
  for (const peers of network.values()) peers.join();
  return [ ...network.values() ];
}

/** As the plugin does it: from each worker to each other a connection over a socket in the file system. */
async function connectByLinks(tags, { isPeerLink, PeerLinks }) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'egg-socketio-links-'));
  process.once('SIGTERM', () => process.exit());
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const members = tags.map(tag => ({ tag, pid: process.pid, endpoint: path.join(folder, tag) }));
  const all = await Promise.all(members.map(async ({ endpoint, tag }) => {
    const links = new PeerLinks(tag, LOGGER, gone => { throw new Error(`nobody listens on the endpoint of ${gone}`); });
    const server = createServer().on('upgrade', (req, stream) => isPeerLink(req) && links.accept(req, stream));
    server.listen(endpoint);
    await once(server, 'listening');
    return links;
  }));
  for (const links of all) await Promise.all(members.filter(({ tag }) => tag !== links.tag).map(member => links.join(member)));
  return all;
}

/**
 * @param {string} plugin - its folder
 * @param {boolean} byLinks - whether they have connections
 * @return {Promise<object[]>} the port of each worker to the others
 */
exports.connectPeers = async function connectPeers(plugin, workers, byLinks) {
  const tags = Array.from({ length: workers }, (_, i) => `w${i}`.padEnd(8, '-'));
  const fromPlugin = name => require(path.join(plugin, 'lib/cluster', name));
  return byLinks ? connectByLinks(tags, fromPlugin('peer_links')) : connectInMemory(tags, fromPlugin('frames'));
};
