import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dial } from '../support/sticky_http';
import { StickyProcess } from '../support/sticky_process';
import { StickySession } from '../support/sticky_session';

/** Enough for a process to start. */
const DESCRIPTORS = 100;

const HOST = 'Host: x\r\n';
const UPGRADE = `${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n`;

/** Sends a request on a connection, and returns once the worker has it. */
async function send(worker: StickyProcess, socket: Socket, request: string): Promise<{ answer: Promise<string> }> {
  const answer = once(socket, 'data').then(([ data ]) => String(data));
  const asked = worker.says('asked');
  socket.write(request);
  await asked;
  return { answer };
}

/** A connection that the worker has accepted already: without descriptors it accepts none. */
async function dialAccepted(worker: StickyProcess): Promise<Socket> {
  const socket = await dial(worker.port);
  const { answer } = await send(worker, socket, `GET /socket.io/?EIO=4&transport=none HTTP/1.1\r\n${HOST}\r\n`);
  assert.match(await answer, /^HTTP\/1\.1 400 /);
  return socket;
}

describe('test/sticky/descriptors.test.ts', () => {
  let folder: string;
  let owner: StickyProcess;
  let other: StickyProcess;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sticky-'));
    [ owner, other ] = await Promise.all([ StickyProcess.start('aaaaaaaa', folder), StickyProcess.start('bbbbbbbb', folder, DESCRIPTORS) ]);
  });
  afterEach(async () => {
    await Promise.all([ owner.kill(), other.kill() ]);
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [ what, requestOf, expected ] of [
    [ 'a request', (url: string) => `POST ${url} HTTP/1.1\r\n${HOST}Content-Length: 2\r\n\r\n40`, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok$/ ],
    [ 'an upgrade', (url: string) => `GET ${url.replace('polling', 'websocket')} HTTP/1.1\r\n${UPGRADE}\r\n`, /^HTTP\/1\.1 101 / ],
  ] as const) {
    describe(`${what} for a sibling's session that comes to a worker without file descriptors`, () => {
      it('is forwarded once there are descriptors again, and its client gets its answer', async () => {
        const session = await StickySession.open(owner);
        const socket = await dialAccepted(other);
        await other.leaveDescriptors(false);
        const { answer } = await send(other, socket, requestOf(session.path));
        await other.leaveDescriptors(true);
        assert.match(await answer, expected);
        socket.destroy();
      });

      it('is answered 503 if there are none for long, and its session stays open', async () => {
        const session = await StickySession.open(owner);
        const socket = await dialAccepted(other);
        await other.leaveDescriptors(false);
        const { answer } = await send(other, socket, requestOf(session.path));
        assert.match(await answer, /^HTTP\/1\.1 503 Service Unavailable\r\nRetry-After: 1\r\n/);
        await other.leaveDescriptors(true);
        await session.send(other, '40');
        socket.destroy();
      });
    });
  }
});
