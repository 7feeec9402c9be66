import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { useChromium } from '../support/chromium';
import { ClusterProcess } from '../support/cluster_process';
import { exchange } from '../support/sticky_http';

const TRIES = 12;
const CONNECTIONS = 20;
const CLIENT = path.join(__dirname, '../../node_modules/socket.io-client/dist/socket.io.min.js');

/** What socket.io-client has put into the page. */
interface Client {
  readonly io: { readonly engine: { once(event: string, listener: () => void): void } };
  on(event: string, listener: () => void): void;
  emit(event: string, ack: (value: unknown) => void): void;
  close(): void;
}
declare const io: (options: object) => Client;

/** Upgrades a session as socket.io-client does, and has the app say who it is; says 'refused' if there is no WebSocket. */
async function hijack(page: Page, url: string): Promise<string> {
  return page.evaluate(to => new Promise<string>(resolve => {
    const socket = new WebSocket(to);
    socket.onopen = () => socket.send('2probe');
    socket.onclose = () => resolve('refused');
    socket.onmessage = ({ data }) => {
      if (data === '3probe') {
        socket.send('5');
        socket.send('40');
      } else if (String(data).startsWith('40')) {
        socket.send('420["who"]');
      } else if (String(data).startsWith('43')) {
        resolve(String(data));
      }
    };
  }), url);
}

/** Connects from the app's own page by polling, upgrades, and tells what the app sees of it. */
async function connectWithHeaders(page: Page): Promise<{ authorization: string; own: string }> {
  return page.evaluate(() => new Promise(resolve => {
    const client = io({ forceNew: true, reconnection: false, extraHeaders: { Authorization: 'Bearer page', 'X-Own': 'page' } });
    client.io.engine.once('upgrade', () => client.emit('view', view => {
      client.close();
      resolve(view as { authorization: string; own: string });
    }));
  }));
}

describe('test/security/hijacking.test.ts', function() {
  this.timeout(120_000);
  const chromium = useChromium();
  let foreign: Server;
  let cluster: ClusterProcess | undefined;
  let page: Page;

  before(async () => {
    // Cookies do not tell ports apart: what the visitor has of the app goes with requests of this page to it.
    foreign = createServer((_req, res) => res.setHeader('Content-Type', 'text/html').end('<title>foreign</title>')).listen(0, '127.0.0.1');
    await once(foreign, 'listening');
  });
  after(() => { foreign.close(); });
  afterEach(async () => {
    await page.close();
    await cluster?.stop();
    cluster = undefined;
  });

  /** Starts the app; the page is its own, of a visitor who has logged in. */
  async function visit(workers: number): Promise<ClusterProcess> {
    cluster = await ClusterProcess.start({ fixture: 'identity', workers });
    page = await chromium.browser.newPage();
    await page.goto(`${cluster.url}/login/ada`);
    return cluster;
  }

  for (const workers of [ 1, 3 ]) {
    it(`a page of another origin cannot upgrade a session that its server has begun, and the session continues: ${TRIES} tries with ${workers === 1 ? 'one worker' : `${workers} workers`}`, async () => {
      const { port } = await visit(workers);
      const webSockets = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`;
      const polling = `http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`;
      const begin = async () => (JSON.parse((await exchange(polling)).body.slice(1)) as { sid: string }).sid;
      // The same steps succeed on the app's own page, and its cookie is no part of a session that somebody else has begun.
      assert.equal(await hijack(page, `${webSockets}&sid=${await begin()}`), '430["nobody"]');

      await page.goto(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`);
      for (let i = 0; i < TRIES; i++) {
        const sid = await begin();
        assert.equal(await hijack(page, `${webSockets}&sid=${sid}`), 'refused');
        const session = `${polling}&sid=${sid}`;
        await exchange(session, { method: 'POST' }, '40');
        assert.match((await exchange(session)).body, /^40/);
        await exchange(session, { method: 'POST' }, '420["who"]');
        assert.equal((await exchange(session)).body, '430["nobody"]');
      }
    });
  }

  it(`headers that a browser sends only with polling are still in the handshake after the upgrade: ${CONNECTIONS} connections with 3 workers`, async () => {
    const { url } = await visit(3);
    await page.addScriptTag({ path: CLIENT });
    for (let i = 0; i < CONNECTIONS; i++) {
      const { authorization, own } = await connectWithHeaders(page);
      assert.deepEqual([ authorization, own ], [ 'Bearer page', 'page' ]);
    }
    const takeOvers = await page.evaluate(() => new Promise(resolve => {
      const client = io({ forceNew: true });
      client.emit('stats', stats => resolve((stats as { takeOvers: number }).takeOvers));
    }));
    assert.ok(Number(takeOvers) > 0, `no session of ${url} has moved`);
  });
});
