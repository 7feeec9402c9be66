import assert from 'node:assert/strict';
import { once } from 'node:events';
import { SocketIOTestClient } from '../../lib/mock/typed';
import type { Refusal } from '../../lib/types/refusal';
import { type AttackedApp, RawClient, withAttackedApp } from '../support/attacked_app';
import { exchange } from '../support/sticky_http';

/** One case was counted and logged, and nothing else. */
async function assertTold({ refused, warnings }: AttackedApp, kind: Refusal, says: RegExp): Promise<void> {
  const counts = Object.entries(await refused()).filter(([ , count ]) => count > 0);
  assert.deepEqual(counts, [[ kind, 1 ]]);
  assert.equal(warnings.length, 1, warnings.join('\n'));
  assert.match(warnings[0], says);
}

describe('test/security/closings.test.ts', () => {
  for (const transport of [ 'websocket', 'polling' ]) {
    it(`a message above maxHttpBufferSize over ${transport} closes the connection, with a log line and a count`, async () => {
      await withAttackedApp('{ maxHttpBufferSize: 1000 }', async attacked => {
        const client = await new SocketIOTestClient({ port: attacked.port, transports: [ transport ] }).connect();
        const left = once(client, 'disconnect');
        client.send('echo', 'x'.repeat(2000));
        await left;
        await assertTold(attacked, 'maxHttpBufferSize', /closed the connection of 127\.0\.0\.1: it sent a message that is larger than config\.socketio\.maxHttpBufferSize allows\./);
      });
    });
  }

  it('a ping without an answer', async () => {
    await withAttackedApp('{ pingInterval: 50, pingTimeout: 50 }', async attacked => {
      await RawClient.connect(attacked.port);
      await attacked.nextGone();
      await assertTold(attacked, 'pingTimeout', /it did not answer a ping in time/);
    });
  });

  for (const [ what, frame ] of [[ "a packet that is not Engine.IO's", '9x' ], [ "a packet that is not Socket.IO's", '49nonsense' ]]) {
    it(`${what}`, async () => {
      await withAttackedApp('{}', async attacked => {
        const client = await RawClient.connect(attacked.port);
        const gone = attacked.nextGone();
        client.send(frame);
        await gone;
        await assertTold(attacked, 'parseError', /it sent an invalid Engine\.IO or Socket\.IO packet/);
      });
    });
  }

  it('two polls of one session at a time', async () => {
    await withAttackedApp('{ allowUpgrades: false }', async attacked => {
      const url = `http://${attacked.host}/socket.io/?EIO=4&transport=polling`;
      const { sid } = JSON.parse((await exchange(url)).body.slice(1));
      const first = exchange(`${url}&sid=${sid}`);
      await exchange(`${url}&sid=${sid}`);
      await first.catch(() => undefined);
      await assertTold(attacked, 'transportError', /its requests broke the rules of its transport/);
    });
  });

  it('logs nothing for a client that leaves or whose connection is lost', async () => {
    await withAttackedApp('{}', async attacked => {
      const client = await new SocketIOTestClient({ port: attacked.port }).connect();
      let gone = attacked.nextGone();
      await client.close();
      await gone;
      const raw = await RawClient.connect(attacked.port);
      gone = attacked.nextGone();
      raw.ws.terminate();
      await gone;
      assert.deepEqual(Object.values(await attacked.refused()).filter(count => count > 0), []);
      assert.deepEqual(attacked.warnings, []);
    });
  });
});
