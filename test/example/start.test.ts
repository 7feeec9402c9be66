import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { ChatProcess, freePort } from './chat_process';

describe('test/example/start.test.ts', function() {
  this.timeout(60_000);

  it('prints the address, serves the page and the client, and stops at SIGINT', async () => {
    const port = await freePort();
    const chat = new ChatProcess(port);
    try {
      assert.equal(await chat.address(), `http://127.0.0.1:${port}`);
      const page = await fetch(`http://127.0.0.1:${port}/`);
      assert.equal(page.status, 200);
      assert.match(page.headers.get('content-security-policy')!, /default-src 'none'/);
      assert.match(await page.text(), /<script src="\/socket\.io\/socket\.io\.js" defer>/);
      assert.equal((await fetch(`http://127.0.0.1:${port}/socket.io/socket.io.js`)).status, 200);
    } finally {
      assert.equal(await chat.stop('SIGINT'), 0);
    }
    assert.equal(chat.output, `chat example: http://127.0.0.1:${port}\nchat example: stopped\n`);
  });

  it('says so when the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      const chat = new ChatProcess(port);
      assert.equal(await chat.end(), 1);
      assert.match(chat.output, new RegExp(`^chat example: port ${port} is in use\\..*PORT=${port + 1} npm start\n$`));
    } finally {
      other.close();
    }
  });

  it('refuses a PORT that is none', async () => {
    const chat = new ChatProcess('eighty');
    assert.equal(await chat.end(), 1);
    assert.equal(chat.output, "chat example: PORT is 'eighty', expected a number from 1 to 65535.\n");
  });
});
