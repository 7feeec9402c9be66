import assert from 'node:assert/strict';
import { freePort } from '../support/free_port';

const TIMES = 100;

describe('test/base/free_port.test.ts', () => {
  it('a port is not given twice in a row of many, so that a stopped server finds its own free', async () => {
    const ports = [];
    for (let i = 0; i < TIMES; i++) ports.push(await freePort());
    assert.equal(new Set(ports).size, TIMES);
  });

  it('a process of `npm test` only takes ports that no other one takes', async () => {
    const first = Number(process.env.TEST_PORTS?.split(' ')[0] ?? 20_000);
    const count = Number(process.env.TEST_PORTS?.split(' ')[1] ?? 10_000);
    for (let i = 0; i < TIMES; i++) {
      const port = await freePort();
      assert.ok(port >= first && port < first + count, `${port}`);
    }
  });
});
