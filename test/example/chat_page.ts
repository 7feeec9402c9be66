import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const SOCKET_IO = '**/socket.io/**';

/** The chat in a browser of its own, used through what people see and screen readers read. */
export class ChatPage {
  /** What went wrong in the page: exceptions, and whatever its content security policy had to stop. */
  readonly errors: string[] = [];

  private constructor(private readonly context: BrowserContext, readonly page: Page) {
    page.setDefaultTimeout(15_000);
    page.on('pageerror', error => this.errors.push(error.message));
    page.on('console', message => {
      if (message.text().includes('Content Security Policy')) this.errors.push(message.text());
    });
  }

  /** Opens the page, and leaves it at the door. */
  static async open(browser: Browser, url: string, options?: BrowserContextOptions): Promise<ChatPage> {
    const context = await browser.newContext(options);
    const chat = new ChatPage(context, await context.newPage());
    await chat.page.goto(url);
    return chat;
  }

  get nickname(): Locator { return this.page.getByLabel('Your nickname'); }
  get text(): Locator { return this.page.getByRole('textbox', { name: /^Message/ }); }
  get log(): Locator { return this.page.getByRole('log'); }
  get people(): Locator { return this.page.getByRole('region', { name: 'Online' }); }
  get rooms(): Locator { return this.page.getByRole('navigation', { name: 'Rooms' }); }
  get title(): Locator { return this.page.getByRole('heading', { level: 1 }); }

  /** The process id of the worker that it is connected to, as it is shown to people. */
  async worker(): Promise<number> {
    await this.shows('worker', /^\d+$/);
    return Number(await this.page.locator('#worker').textContent());
  }

  /** Waits until it is connected to another worker than the given ones, which may have to be started first. */
  async isElsewhere(...workers: number[]): Promise<void> {
    await this.shows('worker', new RegExp(`^(?!(?:${workers.join('|')})$)\\d+$`), 60_000);
  }

  /** Waits until it says this of its connection. */
  async shows(fact: 'transport' | 'worker' | 'session' | 'round-trip', value: RegExp, timeout?: number): Promise<void> {
    await this.page.locator(`#${fact}`).filter({ hasText: value }).waitFor({ timeout });
  }

  /** Waits until its line of round trips has this many points; a new one comes every two seconds. */
  async hasDrawn(roundTrips: number): Promise<void> {
    await this.page.evaluate(`new Promise(resolve => {
      const line = document.querySelector('#trend');
      const look = () => line.points.numberOfItems >= ${roundTrips} && resolve();
      new MutationObserver(look).observe(line, { attributes: true });
      look();
    })`);
  }

  /** Nothing that it sends over HTTP arrives any more; what is connected stays so. */
  async goOffline(): Promise<void> {
    await this.page.route(SOCKET_IO, route => route.abort());
  }

  async goOnline(): Promise<void> {
    await this.page.unroute(SOCKET_IO);
  }

  /** Goes in, and waits until it is in. */
  async enter(nick: string): Promise<void> {
    await this.nickname.fill(nick);
    await this.nickname.press('Enter');
    await this.text.waitFor();
  }

  /** Enters a room by the form for new ones. */
  async openRoom(room: string): Promise<void> {
    await this.page.getByLabel('Name of a new room').fill(room);
    await this.page.getByLabel('Name of a new room').press('Enter');
    await this.title.getByText(`# ${room}`).waitFor();
  }

  async say(text: string): Promise<void> {
    await this.text.fill(text);
    await this.text.press('Enter');
  }

  /** Chooses a file, as people do in the dialog of the browser, and so sends it. */
  async sendFile(name: string, buffer: Buffer): Promise<void> {
    const chosen = this.page.waitForEvent('filechooser');
    await this.page.getByRole('button', { name: 'Send a file to the room' }).click();
    await (await chosen).setFiles({ name, mimeType: 'application/octet-stream', buffer });
  }

  /** Saves a file that stands among the messages, once it is there, and returns its content. */
  async saveFile(name: string): Promise<Buffer> {
    const button = this.log.getByRole('button', { name });
    await button.waitFor();
    const [ download ] = await Promise.all([ this.page.waitForEvent('download'), button.click() ]);
    assert.equal(download.suggestedFilename(), name);
    return readFileSync(await download.path());
  }

  /** Waits until it has heard what another page says. */
  async hears(text: string, from: ChatPage): Promise<void> {
    await from.say(text);
    await this.sees(text);
  }

  async announce(text: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Announce to everybody' }).click();
    await this.page.getByLabel('Announcement', { exact: true }).fill(text);
    await this.page.getByRole('button', { name: 'Announce', exact: true }).click();
    await this.page.getByText(/^Announced to/).waitFor();
    await this.sees(text);
  }

  /** Waits until something stands among the messages. */
  async sees(text: string): Promise<void> {
    await this.log.getByText(text, { exact: true }).waitFor();
  }

  async isState(state: 'Connected' | 'Reconnecting…'): Promise<void> {
    await this.page.getByRole('status').filter({ hasText: state }).first().waitFor();
  }

  /** Fails if the page is wider than the window, or the messages are wider than their place. */
  async assertFits(): Promise<void> {
    // As text, because the compiler knows no DOM here.
    const [ page, available ] = await this.page.evaluate<[number, number]>('[ document.documentElement.scrollWidth, innerWidth ]');
    assert.ok(page <= available, `the page is ${page} pixels wide, the window ${available}`);
    const hidden = await this.page.evaluate<number>('(log => log.scrollWidth - log.clientWidth)(document.querySelector("[role=log]"))');
    assert.ok(hidden <= 0, `${hidden} pixels of the messages cannot be seen`);
  }

  /** Fails if one of these elements, as far as they are shown, has more than a line. */
  async assertOneLine(...selectors: string[]): Promise<void> {
    const wrapped = await this.page.evaluate<string[]>(`[ ...document.querySelectorAll(${JSON.stringify(selectors.join())}) ].filter(element => {
      const range = document.createRange();
      range.selectNodeContents(element);
      const tops = [ ...range.getClientRects() ].filter(({ width, height }) => width > 1 && height > 1).map(({ top, bottom }) => [ top, bottom ]);
      return tops.some(([ top ]) => tops.some(([ , bottom ]) => top >= bottom));
    }).map(element => element.textContent)`);
    assert.deepEqual(wrapped, []);
  }

  /** Fails on anything that axe-core objects to. */
  async assertAccessible(): Promise<void> {
    // axe-core looks at the colours of this moment, and those that a transition begins with have more contrast.
    await this.page.evaluate('Promise.all(document.getAnimations().filter(each => each instanceof CSSTransition).map(each => each.finished))');
    await this.page.evaluate(AXE);
    const { violations } = await this.page.evaluate<AxeResults>('axe.run()');
    assert.deepEqual(violations.map(({ id, nodes }) => [ id, ...nodes.map(({ html }) => html) ]), []);
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
