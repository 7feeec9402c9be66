import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { MockApplication } from 'egg-mock';
import type { Presence } from '../../example/chat/app/lib/events';
import { CHAT, type ChatServer } from '../../example/chat/app/lib/socket_types';
import { useChromium } from '../support/chromium';
import { mockApp } from '../support/mock_app';
import { ChatPage } from './chat_page';
import { EXAMPLE } from './chat_process';

const IMAGES = path.join(__dirname, '../../docs/images');
/** A name and how the page is shown for it, in pixels of CSS. */
const PICTURES = { chat: { width: 1200, height: 720 }, 'chat-phone': { width: 360, height: 720 } } as const;
/** Pixels of the picture for one of CSS. */
const SCALE = 2;

describe('test/example/page.test.ts', function() {
  this.timeout(60_000);
  const chromium = useChromium();
  const open: ChatPage[] = [];
  let app: MockApplication;
  let io: ChatServer;
  let url: string;

  async function enter(nick: string, options?: object): Promise<ChatPage> {
    const page = await ChatPage.open(chromium.browser, url, options);
    open.push(page);
    await page.enter(nick);
    return page;
  }

  /** Loses every connection, as a proxy does that is restarted. */
  function loseConnections(): void {
    for (const socket of io.of(CHAT).sockets.values()) socket.conn.close();
  }

  before(async () => {
    app = mockApp({ baseDir: EXAMPLE });
    await app.ready();
    io = app.io as ChatServer;
    const server = (app as unknown as { server: Server }).server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    const errors = open.flatMap(page => page.errors);
    await Promise.all(open.splice(0).map(page => page.close()));
    assert.deepEqual(errors, []);
  });
  after(() => app?.close());

  it('shows how it is connected, to which worker, and how far away that is', async () => {
    const page = await enter('Barbara');
    await page.isState('Connected');
    await page.shows('transport', /^polling\s*websocket$/);
    await page.shows('session', /^new$/);
    await page.shows('round-trip', /^\d+(\.\d)? ms$/);
    assert.equal(await page.worker(), process.pid);
  });
});
