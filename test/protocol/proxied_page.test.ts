import assert from 'node:assert/strict';
import { useChromium } from '../support/chromium';
import { startDevelopmentProxy } from '../support/development_proxy';
import { needsNginx, startNginx } from '../support/nginx';
import { type RunningServer, startCluster } from '../support/server';

const TRANSPORTS = [[ 'polling' ], [ 'websocket' ], [ 'polling', 'websocket' ]];

/** What socket.io-client has put into the page. */
interface Client {
  on(event: string, listener: (value: { message: string }) => void): void;
  emit(event: string, ack: (value: string) => void): void;
  close(): void;
}
declare const io: (options: object) => Client;

describe('test/protocol/proxied_page.test.ts', function() {
  this.timeout(120_000);
  needsNginx();
  const chromium = useChromium();
  let app: RunningServer;
  before(async () => { app = await startCluster('behind_nginx', 2); });
  after(() => app?.stop());

  /** What the app's own page gets over each transport. */
  async function visit(url: string, path = '/'): Promise<string[]> {
    const page = await chromium.browser.newPage();
    try {
      await page.goto(`${url}${path}page`);
      const answers: string[] = [];
      for (const transports of TRANSPORTS) {
        answers.push(await page.evaluate(({ from, over }) => new Promise<string>(resolve => {
          const client = io({ path: `${from}socket.io`, transports: over, reconnection: false, forceNew: true });
          const end = (text: string) => {
            client.close();
            resolve(text);
          };
          client.on('connect_error', ({ message }) => end(message));
          client.on('connect', () => client.emit('ip', () => end('connected')));
        }), { from: path, over: transports }));
      }
      return answers;
    } finally {
      await page.close();
    }
  }

  const ALL = TRANSPORTS.map(() => 'connected');
  const alone = () => ({ url: app.url, stop: async () => undefined });

  for (const path of [ '/', '/chat/' ]) {
    it(`connects through nginx as documented, on a port that is not 80, at the path ${path}`, async () => {
      const nginx = await startNginx(alone(), path);
      try {
        assert.deepEqual(await visit(nginx.url, path), ALL);
      } finally {
        await nginx.stop();
      }
    });
  }

  for (const changeOrigin of [ false, true ]) {
    it(`${changeOrigin ? 'has its WebSockets refused' : 'connects'} through a development proxy ${changeOrigin ? 'with' : 'without'} changeOrigin`, async () => {
      const proxy = await startDevelopmentProxy(app.url, { changeOrigin });
      try {
        const [ polling, webSocket, both ] = await visit(proxy.url);
        assert.deepEqual([ polling, webSocket, both ], changeOrigin ? [ polling, 'websocket error', polling ] : ALL);
      } finally {
        await proxy.stop();
      }
    });
  }
});
