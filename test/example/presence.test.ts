import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MockApplication } from 'egg-mock';
import { CHAT, type ChatServer, type Presence } from '../../example/chat/app/lib/protocol';
import { useChromium } from '../support/chromium';
import { mockApp } from '../support/mock_app';
import { ChatPage } from './chat_page';
import { EXAMPLE } from './chat_process';

describe('test/example/presence.test.ts', function() {
  this.timeout(60_000);
  const chromium = useChromium();
  let app: MockApplication;
  let page: ChatPage;

  before(async () => {
    app = mockApp({ baseDir: EXAMPLE });
    await app.ready();
    const server = (app as unknown as { server: Server }).server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    page = await ChatPage.open(chromium.browser, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  after(async () => {
    await page?.close();
    await app?.close();
  });

  it('is the later one of two that have crossed each other on their way from two workers', async () => {
    await page.enter('Ada');
    const tell = (asOf: number, ...nicks: string[]): void => {
      const presence: Presence = { people: nicks.map(nick => ({ nick, room: 'lobby' })), rooms: [ 'lobby' ], asOf };
      (app.io as ChatServer).of(CHAT).emit('presence', presence);
    };
    const now = Date.now();
    tell(now + 2, 'Ada', 'Grace');
    await page.people.getByRole('button', { name: 'Grace' }).waitFor();
    tell(now + 1, 'Ada');
    tell(now + 2, 'Ada', 'Grace', 'Ken');
    // Were the older one shown, Grace would have left before Ken came.
    await page.sees('Ken came in');
    assert.equal(await page.log.getByText('Grace left').count(), 0);
  });
});
