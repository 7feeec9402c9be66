import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { MockApplication } from 'egg-mock';
import type { Application } from 'egg-socketio';
import type { Presence } from '../../example/chat/app/lib/events';
import { useChromium } from '../support/chromium';
import { mockApp } from '../support/mock_app';
import { ChatPage } from './chat_page';
import { EXAMPLE } from './chat_process';

const IMAGES = path.join(__dirname, '../../docs/images');
/** A name and how the page is shown for it, in pixels of CSS. */
const PICTURES = { chat: { width: 1200, height: 720 }, 'chat-phone': { width: 360, height: 720 } } as const;
/** Pixels of the picture for one of CSS. */
const SCALE = 2;

/** Size and number of colours of a PNG, as a browser sees it. */
async function look(page: ChatPage, png: Buffer): Promise<{ size: [number, number]; colours: number }> {
  // As text, because the compiler knows no DOM here.
  return page.page.evaluate(`(async () => {
    const bytes = Uint8Array.from(atob('${png.toString('base64')}'), character => character.charCodeAt(0));
    const image = await createImageBitmap(new Blob([ bytes ], { type: 'image/png' }));
    const { width, height } = image;
    const canvas = new OffscreenCanvas(width, height).getContext('2d');
    canvas.drawImage(image, 0, 0);
    const pixels = new Uint32Array(canvas.getImageData(0, 0, width, height).data.buffer);
    return { size: [ width, height ], colours: new Set(pixels).size };
  })()`);
}

describe('test/example/page.test.ts', function() {
  this.timeout(120_000);
  const chromium = useChromium();
  const open: ChatPage[] = [];
  let app: MockApplication;
  let io: Application;
  let url: string;

  async function enter(nick: string, options?: object): Promise<ChatPage> {
    const page = await ChatPage.open(chromium.browser, url, options);
    open.push(page);
    await page.enter(nick);
    return page;
  }

  /** Loses every connection, as a proxy does that is restarted. */
  function loseConnections(): void {
    for (const socket of io.of('/chat').sockets.values()) socket.conn.close();
  }

  before(async () => {
    app = mockApp({ baseDir: EXAMPLE });
    await app.ready();
    io = app.io;
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

  it('shows transport, worker and round-trip time of its connection', async () => {
    const page = await enter('Barbara');
    await page.isState('Connected');
    await page.shows('transport', /^polling\s*websocket$/);
    await page.shows('session', /^new$/);
    await page.shows('round-trip', /^\d+(\.\d)? ms$/);
    assert.equal(await page.worker(), process.pid);
  });

  it('recovers its state after a short loss of the connection', async () => {
    const page = await enter('Katherine');
    await page.text.fill('Half a sentence');
    loseConnections();
    await page.shows('session', /^recovered$/);
    await page.isState('Connected');
    await page.shows('transport', /^polling\s*websocket$/);
    await page.shows('round-trip', /ms$/);
    assert.equal(await page.text.inputValue(), 'Half a sentence');
    assert.equal(await page.worker(), process.pid);
  });

  it('refuses a returning user whose nickname was taken meanwhile', async () => {
    const page = await enter('Dorothy');
    await page.goOffline();
    loseConnections();
    await page.isState('Reconnecting…');
    await enter('Dorothy');
    await page.goOnline();
    await page.page.getByRole('alert').getByText('“Dorothy” is already here.').waitFor();
  });

  it('shows that it is offline, without the old figures', async () => {
    const page = await enter('Annie');
    await page.goOffline();
    loseConnections();
    await page.isState('Reconnecting…');
    await page.page.getByText(/^attempt [2-9]$/).waitFor();
    await page.assertFits();
    for (const fact of [ 'transport', 'worker', 'session', 'round-trip' ] as const) await page.shows(fact, /^–$/);
    await page.goOnline();
    await page.shows('session', /^recovered$/);
    await page.isState('Connected');
  });

  it('shows the newer of two lists of people that arrive in the wrong order from two workers', async () => {
    const page = await enter('Ada');
    const tell = (asOf: number, ...nicks: string[]): void => {
      const presence: Presence = { people: nicks.map(nick => ({ nick, room: 'lobby' })), rooms: [ 'lobby' ], asOf };
      io.of('/chat').emit('presence', presence);
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

  it('says why Enter sends nothing while there is no connection, and keeps the text', async () => {
    const page = await enter('Edith');
    await page.goOffline();
    loseConnections();
    await page.isState('Reconnecting…');
    await page.say('Later');
    await page.page.getByRole('status').getByText('There is no connection just now. Your text stays here until there is.').waitFor();
    assert.equal(await page.text.inputValue(), 'Later');
    await page.goOnline();
    await page.isState('Connected');
    await page.text.press('Enter');
    await page.sees('Later');
  });

  it('does not offer to send again what is refused each time', async () => {
    const page = await enter('Lise');
    await page.page.evaluate('document.querySelector("#text").removeAttribute("maxlength")');
    await page.say('a'.repeat(1001));
    await page.log.getByText('A message has at most 1000 characters.').waitFor();
    assert.equal(await page.log.getByRole('button', { name: 'Try again' }).count(), 0);
  });

  it('marks a nickname that the server refuses as invalid, until it is accepted', async () => {
    const page = await ChatPage.open(chromium.browser, url);
    open.push(page);
    await page.nickname.fill('---');
    await page.nickname.press('Enter');
    await page.page.getByRole('alert').getByText(/^A nickname is/).waitFor();
    assert.equal(await page.nickname.getAttribute('aria-invalid'), 'true');
    await page.enter('Irène 🦊');
    await page.people.getByText('Irène 🦊').waitFor();
  });

  for (const width of [ 1280, 768, 360 ]) {
    it(`keeps names and the state of the connection on one line each at ${width} pixels`, async () => {
      const page = await enter('W'.repeat(20), { viewport: { width, height: 720 } });
      await page.shows('round-trip', /ms$/);
      await page.assertOneLine('#me', '#people .entry', '.fact dt', '.fact dd');
      await page.goOffline();
      loseConnections();
      await page.page.getByText(/^attempt [2-9]$/).waitFor();
      await page.page.evaluate('document.querySelector("#attempt").textContent = "attempt 10"');
      await page.assertOneLine('#attempt', '#state-text', '.fact dt');
      await page.assertFits();
    });
  }

  it('speaks Chinese to a browser that asks for it', async () => {
    const page = await ChatPage.open(chromium.browser, url, { locale: 'zh-CN' });
    open.push(page);
    await page.page.getByLabel('你的昵称').fill('---');
    await page.page.getByRole('button', { name: '进入聊天室' }).click();
    await page.page.getByRole('alert').getByText('昵称为 1 到 20 个字母').waitFor();
    await page.page.getByLabel('你的昵称').fill('小明');
    await page.page.getByRole('button', { name: '进入聊天室' }).click();
    await page.page.getByPlaceholder('在 #lobby 中发言').waitFor();
    await page.page.getByRole('status').getByText('已连接').waitFor();
    // As text, because the compiler knows no DOM here.
    const shown = await page.page.evaluate<string>(`
      [ ...document.querySelectorAll('.rooms-pane, .me-pane, .people-pane .pane-title, #connection dt, #state-text, .top, .composer') ].map(part => part.innerText).join()`);
    assert.deepEqual(shown.match(/[A-Za-z]+/g)?.filter(word => ![ 'Egg', 'lobby', 'ideas', 'random', 'Worker' ].includes(word)), []);
  });

  for (const colorScheme of [ 'light', 'dark' ] as const) {
    it(`is accessible by the rules of axe-core: ${colorScheme}`, async () => {
      const door = await ChatPage.open(chromium.browser, url, { colorScheme });
      open.push(door);
      await door.assertAccessible();
      const page = await enter(`Rosa ${colorScheme}`, { colorScheme });
      await page.say('Hello');
      await page.assertAccessible();
      await page.goOffline();
      loseConnections();
      await page.isState('Reconnecting…');
      await page.assertAccessible();
      await page.goOnline();
    });
  }

  describe('the pictures of it', () => {
    /** Whether to write them. They are made all the same. */
    const UPDATE = process.env.UPDATE_SCREENSHOT === '1';

    /** Takes a picture, which is as large as the committed one. */
    async function take(page: ChatPage, name: keyof typeof PICTURES): Promise<void> {
      const picture = await page.page.screenshot({ animations: 'disabled', caret: 'hide' });
      const file = path.join(IMAGES, `${name}.png`);
      if (UPDATE) writeFileSync(file, picture);
      const [ taken, committed ] = [ await look(page, picture), await look(page, readFileSync(file)) ];
      const { width, height } = PICTURES[name];
      for (const { size, colours } of [ taken, committed ]) {
        assert.deepEqual(size, [ width * SCALE, height * SCALE ]);
        assert.ok(colours > 200, `${name}.png has ${colours} colours: there is next to nothing on it`);
      }
    }

    it('are like those in the documentation', async () => {
      const as = (name: keyof typeof PICTURES) => ({ viewport: PICTURES[name], deviceScaleFactor: SCALE, colorScheme: 'light' as const });
      const ada = await enter('Ada', as('chat'));
      const grace = await enter('Grace');
      const linus = await enter('Linus', { ...as('chat-phone'), isMobile: true, hasTouch: true });
      await linus.hears('Good morning! I closed the lid of my laptop, and was back without a reload.', grace);
      await ada.hears('Same here, in the train. Not a message is missing.', linus);
      await linus.hears('It says “recovered” then, in the corner below the people.', ada);
      await linus.hears('And which worker one is on.', ada);
      await ada.announce('Lunch is in ten minutes');
      await linus.hears('Four of them here, and it does not matter who is where.', grace);
      await grace.people.getByRole('button', { name: 'Ada' }).click();
      await grace.say('Coffee?');
      await grace.rooms.getByRole('button', { name: 'lobby' }).click();
      await ada.people.getByRole('button', { name: 'Grace 1 unread' }).waitFor();
      loseConnections();
      for (const page of [ ada, grace, linus ]) {
        await page.shows('session', /^recovered$/);
        await page.shows('transport', /websocket$/);
        await page.shows('round-trip', /ms$/);
      }
      if (UPDATE) await ada.hasDrawn(12);
      await grace.text.pressSequentially('I');
      await ada.page.getByText('Grace is typing…').waitFor();
      await take(ada, 'chat');
      await take(linus, 'chat-phone');
    });
  });
});
