import type { Browser, BrowserContext, Page } from 'playwright-core';

/** The page of a new app, in a browser of its own. */
export class AppPage {
  /** What went wrong in the page. */
  readonly errors: string[] = [];

  private constructor(private readonly context: BrowserContext, private readonly page: Page) {
    page.setDefaultTimeout(30_000);
    page.on('pageerror', error => this.errors.push(error.message));
  }

  /** Opens it, and waits until it is connected over WebSocket. */
  static async open(browser: Browser, url: string, width = 1280): Promise<AppPage> {
    const context = await browser.newContext({ viewport: { width, height: 800 } });
    const page = new AppPage(context, await context.newPage());
    await page.page.goto(url);
    await page.isConnected();
    return page;
  }

  async isConnected(): Promise<void> {
    await this.page.getByRole('status').getByText('connected', { exact: true }).waitFor();
    await this.page.getByText('websocket', { exact: true }).waitFor();
  }

  /** Waits until it shows a text. */
  async sees(text: string): Promise<void> {
    await this.page.getByText(text, { exact: true }).waitFor();
  }

  async say(text: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Message' }).fill(text);
    await this.page.getByRole('button', { name: 'Send' }).click();
  }

  /** The process id of the worker, as it is shown. */
  async worker(): Promise<number> {
    return Number(await this.page.locator('#worker').textContent());
  }

  /** How many pixels of it are beyond the window's right edge. */
  hiddenPixels(): Promise<number> {
    // As text, because the compiler knows no DOM here.
    return this.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  }

  /** Notes something in the page that a reload would lose; see {@link isTheSame}. */
  mark(): Promise<unknown> {
    return this.page.evaluate('window.isMarked = true');
  }

  isTheSame(): Promise<boolean> {
    return this.page.evaluate<boolean>('window.isMarked === true');
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
