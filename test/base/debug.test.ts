import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { createSocketIOClient, type SocketIOTestClient } from 'egg-socketio/mock';
import { ClusterProcess } from '../support/cluster_process';
import { compiledPlugin } from '../support/compiled_plugin';

const SECTION = /^EGG-SOCKETIO:(\w+) \d+: /;

/**
 * What the processes of two workers print from their start to their stop: polling, upgrades, requests across workers.
 *
 * @param wanted - clients connect until each of these is printed: Node's cluster decides which worker a connection reaches
 */
async function printedBy(NODE_DEBUG: string, wanted: readonly RegExp[] = []): Promise<string[]> {
  const cluster = await ClusterProcess.start({ workers: 2, variables: { NODE_DEBUG } });
  const clients: SocketIOTestClient[] = [];
  do {
    clients.push(await createSocketIOClient({ url: cluster.url, transports: clients.length % 2 ? [ 'polling', 'websocket' ] : [ 'polling' ] }));
    await clients.at(-1)!.sendWithAck('who');
    await clients.at(-1)!.sendWithAck('missing');
  } while (!wanted.every(pattern => pattern.test(cluster.printed)));
  await cluster.stop();
  await Promise.all(clients.map(client => client.close()));
  return cluster.printed.split('\n').filter(line => SECTION.test(line));
}

function sectionsOf(lines: readonly string[]): string[] {
  return [ ...new Set(lines.map(line => SECTION.exec(line)![1])) ].sort();
}

describe('test/base/debug.test.ts', () => {
  it('NODE_DEBUG=egg-socketio:*: each room prints its decisions', async () => {
    const lines = await printedBy('egg-socketio:*', [ /request of session/, /is taken over from/ ]);
    assert.deepEqual(sectionsOf(lines), [ 'ADAPTER', 'BOOT', 'CLUSTER', 'CONTROLLERS', 'EVENTS', 'ROUTING' ]);
    for (const pattern of [
      /ROUTING \d+: request of session "[\w.-]+" goes to worker \S+$/,
      /ROUTING \d+: worker \S+ claims session "[\w.-]+": reserved$/,
      /ROUTING \d+: session "[\w.-]+" is taken over from worker \S+$/,
      /CLUSTER \d+: the link to worker \S+ \(pid \d+\) is open$/,
      /CLUSTER \d+: the agent lists 2 worker\(s\)$/,
      /ADAPTER \d+: namespace "\/": request \w+, FETCH_SOCKETS, to workers \["\S+"\]$/,
      /ADAPTER \d+: namespace "\/": \d+ socket\(s\) for worker \S+, request \w+$/,
      /BOOT \d+: stop: \d+ connection\(s\) are closed$/,
      /CONTROLLERS \d+: "app\/socket\/workers\.js" exports 1 controller\(s\)$/,
      /EVENTS \d+: "missing" of socket [\w-]+ in namespace "\/": EVENT_NOT_FOUND$/,
    ]) assert.ok(lines.some(line => pattern.test(line)), `${pattern} in\n${lines.join('\n')}`);
  });

  it('NODE_DEBUG=egg-socketio:routing: only that room prints', async () => {
    assert.deepEqual(sectionsOf(await printedBy('egg-socketio:routing', [ /request of session/ ])), [ 'ROUTING' ]);
  });

  it('without NODE_DEBUG nothing is printed', async () => {
    assert.deepEqual(await printedBy(''), []);
  });

  it('NODE_DEBUG=egg-socketio:limits: each refusal, on a line of its own', () => {
    const script = `
      const { Refusals } = require('./lib/limits/refusals');
      const refusals = new Refusals({ warn() {} });
      for (const name of [ 'a', 'b\\n' ]) refusals.add('arguments', () => 'too many for ' + name);`;
    const { stderr, status } = spawnSync(process.execPath, [ '-e', script ], {
      cwd: compiledPlugin(), env: { ...process.env, NODE_DEBUG: 'egg-socketio:limits', NODE_OPTIONS: '' }, encoding: 'utf8', timeout: 20_000,
    });
    assert.equal(status, 0, stderr);
    const lines = stderr.trim().split('\n').map(line => line.replace(SECTION, ''));
    assert.deepEqual(lines, [ 'arguments: too many for a', 'arguments: too many for b\\u000a' ]);
  });

  it('NODE_DEBUG=egg-socketio:redis: an ear that loses its probes, and gets them again', () => {
    const script = `
      const { Hearing } = require('./lib/redis/hearing');
      const ear = { name: 'namespace /', complaint: 'nothing comes', missed: 3, hears: false, listenAgain() {}, probe() {}, doubt() {} };
      const hearing = new Hearing({ logger: { error() {}, warn() {} }, outage: { isOn: false, count: 0 }, where: 'there', aside: run => run(), reconnect() {} });
      hearing.add(ear);
      hearing.look();
      Object.assign(ear, { hears: true, missed: 0 });
      hearing.look();
      hearing.delete(ear);`;
    const { stderr, status } = spawnSync(process.execPath, [ '-e', script ], {
      cwd: path.join(compiledPlugin()), env: { ...process.env, NODE_DEBUG: 'egg-socketio:redis', NODE_OPTIONS: '' }, encoding: 'utf8', timeout: 20_000,
    });
    assert.equal(status, 0, stderr);
    assert.deepEqual(stderr.trim().split('\n').map(line => line.replace(/^EGG-SOCKETIO:REDIS \d+: /, '')), [
      '"namespace /": probes begin', '"namespace /": no probe comes back: "nothing comes"', 'all subscriptions are made again',
      '"namespace /": probes come back again', '"namespace /": probes end',
    ]);
  });
});
