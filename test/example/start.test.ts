import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { freePort } from '../support/free_port';
import { ChatProcess } from './chat_process';

/** Egg warns of a slow start; on a machine that is busy, each is. */
const EGG_APP_CONFIG = JSON.stringify({ dump: { timing: { slowBootActionMinDuration: 60_000 } } });

describe('test/example/start.test.ts', function() {
  this.timeout(60_000);
  let chat: ChatProcess;

  function run(env: Record<string, string>): void {
    chat = new ChatProcess(env);
  }

  afterEach(() => chat.stop());

  it('prints the address, serves the page and the client, and stops at SIGINT', async () => {
    const port = await freePort();
    run({ PORT: String(port), EGG_APP_CONFIG });
    assert.equal(await chat.address(), `http://127.0.0.1:${port}`);
    const page = await fetch(`http://127.0.0.1:${port}/`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-security-policy')!, /default-src 'none'/);
    assert.match(await page.text(), /<script src="\/socket\.io\/socket\.io\.js" defer>/);
    assert.equal((await fetch(`http://127.0.0.1:${port}/socket.io/socket.io.js`)).status, 200);

    assert.equal(await chat.stop('SIGINT'), 0);
    assert.equal(chat.output, `chat example: http://127.0.0.1:${port}\nchat example: stopped\n`);
  });

  it('prints that the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      run({ PORT: String(port) });
      assert.equal(await chat.end(), 1);
      assert.match(chat.output, new RegExp(`^chat example: port ${port} is in use\\..*PORT=${port + 1} npm start\n$`));
    } finally {
      other.close();
    }
  });

  it('refuses an invalid PORT', async () => {
    run({ PORT: 'eighty' });
    assert.equal(await chat.end(), 1);
    assert.equal(chat.output, "chat example: PORT is 'eighty', expected a number from 1 to 65535.\n");
  });

  it('refuses an invalid WORKERS', async () => {
    for (const WORKERS of [ '0', '2.5', 'many', '100' ]) {
      run({ PORT: String(await freePort()), WORKERS });
      assert.equal(await chat.end(), 1);
      assert.equal(chat.output, `chat example: WORKERS is '${WORKERS}', expected a number from 1 to 99.\n`);
    }
  });
});
