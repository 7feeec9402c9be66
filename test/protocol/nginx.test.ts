import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { type ClientOptions, SocketIOTestClient } from 'egg-socketio/mock';
import { needsNginx, startNginx } from '../support/nginx';
import { type RunningServer, startCluster } from '../support/server';

const WORKERS = 3;
/** Another than nginx itself has. */
const ADDRESS = '127.0.0.77';
const LIE = '203.0.113.9';

describe('test/protocol/nginx.test.ts', () => {
  let server: RunningServer | undefined;
  needsNginx();
  before(async () => { server = await startNginx(await startCluster('behind_nginx', WORKERS)); });
  after(() => server?.stop());

  async function addressOf(options: ClientOptions): Promise<[pid: number, address: string]> {
    const agent = new Agent({ localAddress: ADDRESS });
    const client = await new SocketIOTestClient({ url: server!.url, agent: agent as never, ...options }).connect();
    const [ pid ] = await client.next<[number]>('pid');
    const address = await client.sendWithAck<string>('ip');
    await client.close();
    agent.destroy();
    return [ pid, address ];
  }

  /** The addresses that a client has on the workers, one for each. Several clients at once, so that not all come to one worker. */
  async function addresses(options: ClientOptions): Promise<string[]> {
    const found = new Map<number, string>();
    while (found.size < WORKERS) {
      const clients = Array.from({ length: 2 * WORKERS }, () => addressOf(options));
      for (const [ pid, address ] of await Promise.all(clients)) found.set(pid, address);
    }
    return [ ...found.values() ];
  }

  for (const [ how, options ] of Object.entries({
    'polling only': { transports: [ 'polling' ] },
    'polling, then upgrading': {},
    'WebSocket only': { transports: [ 'websocket' ] },
  } satisfies Record<string, ClientOptions>)) {
    it(`shows the client's address on every worker: ${how}`, async () => {
      assert.deepEqual(await addresses(options), Array(WORKERS).fill(ADDRESS));
    });

    for (const header of [ 'x-forwarded-for', 'x-real-ip', 'x-egg-socketio-client', 'forwarded' ]) {
      it(`does not let a client forge its address with ${header}: ${how}`, async () => {
        const extraHeaders = { [header]: header === 'x-egg-socketio-client' ? `0 1 ${LIE}` : `${LIE}, ${LIE}` };
        assert.deepEqual(await addresses({ ...options, extraHeaders }), Array(WORKERS).fill(ADDRESS));
      });
    }
  }

  it("shows the same address in Egg's HTTP controllers", async () => {
    const agent = new Agent({ localAddress: ADDRESS });
    const [ response ] = await once(get(`${server!.url}/ip`, { agent, headers: { 'x-forwarded-for': LIE } }), 'response') as [IncomingMessage];
    assert.equal(await text(response), ADDRESS);
    agent.destroy();
  });
});
