import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MockApplication } from 'egg-mock';
import type { Application, EndedEventMessage } from 'egg-socketio';
import type { Locator } from 'playwright-core';
import { useChromium } from '../support/chromium';
import { mockApp } from '../support/mock_app';
import { ChatPage } from './chat_page';
import { EXAMPLE } from './chat_process';

const ENDED = 'egg-socketio:event:end';
const LIMIT = 2 * 1024 * 1024;
const PIECE = 65_536;

/** From now on, only the first piece of a file can be read. As text, because the compiler knows no DOM here. */
const STALL = `File.prototype.stream = () => new ReadableStream({ start(controller) { controller.enqueue(new Uint8Array(${PIECE})); } })`;

/** Keeps what the progress bar shows. */
const WATCH = `(bar => {
  globalThis.shown = [];
  new MutationObserver(() => shown.push(bar.value)).observe(bar, { attributeFilter: [ 'value' ] });
})(document.querySelector('progress'))`;

describe('test/example/files.test.ts', function() {
  this.timeout(60_000);
  const chromium = useChromium();
  const open: ChatPage[] = [];
  let app: MockApplication;
  let url: string;

  async function enter(nick: string, options?: object): Promise<ChatPage> {
    const page = await ChatPage.open(chromium.browser, url, options);
    open.push(page);
    await page.enter(nick);
    await page.isState('Connected');
    return page;
  }

  const bar = (page: ChatPage, name: string): Locator => page.page.getByRole('progressbar', { name: `Sending ${name}` });
  const attach = (page: ChatPage): Locator => page.page.getByRole('button', { name: 'Send a file to the room' });

  /** Sends a file that does not get further than its first piece, and waits until that has arrived. */
  async function stall(page: ChatPage, name = 'endless.bin'): Promise<void> {
    await page.page.evaluate(STALL);
    await page.sendFile(name, Buffer.alloc(4 * PIECE));
    await page.page.locator(`progress[value="${PIECE}"]`).waitFor();
  }

  /** The end of the next upload, which has not begun: the end of an event is published to those who subscribed before its start. */
  function ended(): Promise<EndedEventMessage> {
    return new Promise(resolve => {
      const listener = (message: unknown): void => {
        if ((message as EndedEventMessage).event !== 'upload') return;
        unsubscribe(ENDED, listener);
        resolve(message as EndedEventMessage);
      };
      subscribe(ENDED, listener);
    });
  }

  before(async () => {
    app = mockApp({ baseDir: EXAMPLE });
    await app.ready();
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

  it('sends a file of the largest size to the room, while its progress bar moves', async () => {
    const [ ada, grace ] = [ await enter('Ada'), await enter('Grace') ];
    const content = Buffer.alloc(LIMIT, 'The first and the last byte differ.');
    await ada.page.evaluate(WATCH);
    await ada.sendFile('notes.bin', content);
    for (const page of [ ada, grace ]) assert.ok((await page.saveFile('notes.bin')).equals(content));
    await bar(ada, 'notes.bin').waitFor({ state: 'hidden' });
    const shown = await ada.page.evaluate<number[]>('shown');
    assert.deepEqual(shown, [ ...shown ].sort((a, b) => a - b));
    assert.ok(new Set(shown).size > 3, `it showed ${shown.join()}`);
    assert.equal(shown.at(-1), LIMIT);
    assert.equal(await grace.log.getByText('You').count(), 0);
  });

  it('ends the handler when the sender cancels, and sends the file to nobody', async () => {
    const [ hedy, ivan ] = [ await enter('Hedy'), await enter('Ivan') ];
    const end = ended();
    await stall(hedy);
    assert.equal(await bar(hedy, 'endless.bin').getAttribute('max'), String(4 * PIECE));
    assert.equal(await attach(hedy).isDisabled(), true);
    // The button has the focus, so that the keyboard is enough.
    await hedy.page.keyboard.press('Enter');
    await bar(hedy, 'endless.bin').waitFor({ state: 'hidden' });
    assert.equal((await end).code, 'STREAM_CANCELLED');
    assert.equal(await hedy.page.evaluate('document.activeElement.id'), 'attach');
    assert.equal(await hedy.page.locator('#upload-error').textContent(), '');
    await ivan.hears('Too slow', hedy);
    for (const page of [ hedy, ivan ]) assert.equal(await page.log.getByText('endless.bin').count(), 0);
  });

  it('ends the handler when the sender leaves', async () => {
    const page = await enter('Ken');
    const end = ended();
    await stall(page);
    await page.page.getByRole('button', { name: 'Leave' }).click();
    assert.equal((await end).outcome, 'failed');
  });

  it('says that a file is too large, and then sends a smaller one', async () => {
    const page = await enter('Lise');
    await page.sendFile('large.bin', Buffer.alloc(LIMIT + 1));
    await page.page.getByRole('alert').getByText('large.bin: A file has at most 2 MiB.').waitFor();
    assert.equal(await page.log.getByText('large.bin').count(), 0);
    await page.sendFile('small.bin', Buffer.from('small'));
    await page.log.getByRole('button', { name: 'small.bin' }).waitFor();
    assert.equal(await page.page.locator('#upload-error').textContent(), '');
  });

  it('says that the connection was lost, and takes the next file when it is back', async () => {
    const page = await enter('Mary');
    await page.shows('transport', /^polling\s*websocket$/);
    await stall(page);
    for (const socket of ((app as unknown as { io: Application }).io).of('/chat').sockets.values()) socket.conn.close();
    await page.page.getByRole('alert').getByText(/^endless\.bin: the connection was lost/).waitFor();
    await page.isState('Connected');
    await stall(page, 'second.bin');
  });

  it('offers no files in a private conversation', async () => {
    const [ page ] = [ await enter('Nora'), await enter('Olga') ];
    await page.people.getByRole('button', { name: 'Olga' }).click();
    await attach(page).waitFor({ state: 'hidden' });
    await page.rooms.getByRole('button', { name: 'lobby' }).click();
    await attach(page).waitFor();
  });

  for (const colorScheme of [ 'light', 'dark' ] as const) {
    it(`is accessible and fits a phone while a file is sent, and after one was refused: ${colorScheme}`, async () => {
      const page = await enter(`Rosa ${colorScheme}`, { colorScheme, viewport: { width: 360, height: 720 } });
      await page.sendFile('small.bin', Buffer.from('small'));
      await page.log.getByRole('button', { name: 'small.bin' }).waitFor();
      await stall(page, `${'a very long name '.repeat(6)}.bin`);
      await page.assertAccessible();
      await page.assertFits();
      await page.page.getByRole('button', { name: 'Cancel' }).click();
      await page.sendFile(`${'another_long_name_'.repeat(6)}.bin`, Buffer.alloc(LIMIT + 1));
      await page.page.getByRole('alert').getByText('A file has at most 2 MiB.').waitFor();
      await page.assertAccessible();
      await page.assertFits();
    });
  }

  it('speaks Chinese about files to a browser that asks for it', async () => {
    const page = await ChatPage.open(chromium.browser, url, { locale: 'zh-CN' });
    open.push(page);
    await page.page.getByLabel('你的昵称').fill('小明');
    await page.page.getByRole('button', { name: '进入聊天室' }).click();
    const chosen = page.page.waitForEvent('filechooser');
    await page.page.getByRole('button', { name: '向房间发送文件' }).click();
    await (await chosen).setFiles({ name: '大.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(LIMIT + 1) });
    await page.page.getByRole('alert').getByText('大.bin: 文件最大 2 MiB。').waitFor();
  });
});
