import { format } from 'node:util';
import type { EggLogger } from 'egg';
import { ClusterWorker } from '../../../lib/cluster/cluster_worker';
import { rendezvousOf } from '../../../lib/cluster/rendezvous';

// A worker with nothing but its links. Says to the process that forked it what it hears, and does what that says.
const log = (...args: unknown[]) => process.send!({ log: format(...args) });
const logger = { error: log, warn: log } as unknown as EggLogger;
const worker = new ClusterWorker(rendezvousOf(process.argv[2]), logger, message => process.send!({ agent: message }));

worker.peers.listen({
  onMessage: (from, message) => process.send!({ from, message }),
  onDown: tag => process.send!({ down: tag }),
});
process.on('message', (command: { broadcast?: unknown; peers?: true; close?: true }) => {
  if (command.peers) process.send!({ peers: worker.peers.peers() });
  else if (command.close) void worker.close().then(() => process.disconnect());
  else worker.peers.broadcast(command.broadcast);
});
void worker.open(process.argv[3]).then(first => process.send!({ tag: worker.tag, first, peers: worker.peers.peers() }));
