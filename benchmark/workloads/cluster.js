'use strict';

const { measurePart } = require('../cluster/parts');

/** The cluster benchmark's parts that have targets, shorter than `npm run bench:cluster` has them. */
function measureCluster(part) {
  return ({ rounds, scale }) => measurePart(part, {
    rounds,
    messages: Math.ceil(20_000 * scale),
    connections: 40,
    inflight: 8,
    broadcasts: Math.ceil(800 * scale),
    handshakes: Math.ceil(800 * scale),
  });
}

module.exports = {
  'cluster-handshake': measureCluster('handshake'),
  'cluster-echo': measureCluster('echo'),
  'cluster-broadcast': measureCluster('broadcast'),
};
