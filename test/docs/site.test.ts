import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { useChromium } from '../support/chromium';
import { ROOT } from './markdown';

const SITE = path.join(ROOT, 'scripts/site/dist');
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json' };

/** The file of an address without `.html`, as a web server finds it. */
function fileOf(pathname: string): string | undefined {
  const wanted = path.join(SITE, decodeURIComponent(pathname));
  return [ wanted, `${wanted}.html`, path.join(wanted, 'index.html') ].find(file => file.startsWith(SITE) && existsSync(file) && statSync(file).isFile());
}

describe('test/docs/site.test.ts', function() {
  this.timeout(60_000);
  const chromium = useChromium();
  let server: Server;
  let page: Page;
  let broken: string[];

  before(async function() {
    if (!existsSync(path.join(SITE, 'index.html'))) {
      const reason = 'the documentation site is not built: run npm ci --prefix scripts/site, then npm run docs:build.';
      if (process.env.CI === 'true') throw new Error(reason);
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    server = createServer((req, res) => {
      const file = fileOf(new URL(req.url!, 'http://site').pathname);
      res.writeHead(file ? 200 : 404, { 'Content-Type': TYPES[path.extname(file ?? '')] ?? 'application/octet-stream' });
      res.end(file && readFileSync(file));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server?.close());
  beforeEach(async () => {
    broken = [];
    page = await chromium.browser.newPage();
    page.on('pageerror', error => broken.push(error.message));
    page.on('response', answer => { if (answer.status() >= 400) broken.push(`${answer.status()} ${answer.url()}`); });
  });
  afterEach(async () => {
    await page.close();
    assert.deepEqual(broken, []);
  });

  const open = (pathname: string) => page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`);

  async function search(words: string): Promise<string> {
    await page.locator('.VPNavBarSearch button').click();
    await page.locator('.VPLocalSearchBox input').fill(words);
    await page.locator('.VPLocalSearchBox .result').first().waitFor();
    return (await page.locator('.VPLocalSearchBox .result').allInnerTexts()).join('\n');
  }

  it('finds a page by its words', async () => {
    await open('/');
    assert.match(await search('connectionsPerAddress'), /Security/);
    await page.locator('.VPLocalSearchBox .result[href*="/security"]').first().click();
    await page.waitForURL(/\/security/);
  });

  it('finds a page by Chinese words', async () => {
    await open('/zh/');
    assert.match(await search('多个 worker'), /多个 worker|多 worker/);
  });

  it('switches to the same page in Chinese, and back', async () => {
    await open('/many-workers');
    for (const [ language, title, pathname ] of [[ '简体中文', '多 worker', '/zh/many-workers' ], [ 'English', 'Many workers', '/many-workers' ]]) {
      await page.locator('.VPNavBarTranslations button').hover();
      await page.locator('.VPNavBarTranslations').getByText(language, { exact: true }).click();
      await page.locator('h1', { hasText: title }).waitFor();
      assert.equal(new URL(page.url()).pathname, pathname);
    }
  });

  it('fits a phone, with all pages in the menu', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const pathname of [ '/', '/options', '/performance', '/zh/options', '/zh/performance', '/reference/egg-socketio' ]) {
      await open(pathname);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      assert.ok(Number(width) <= 360, `${pathname} is ${String(width)} pixels wide`);
    }
    await open('/');
    await page.locator('.VPLocalNav .menu').click();
    await page.locator('.VPSidebar').getByText('Troubleshooting', { exact: true }).click();
    await page.waitForURL(/\/troubleshooting$/);
  });

  it('shows the charts of measurements with Chinese texts on the Chinese page, which the menu has', async () => {
    await open('/zh/');
    await page.locator('.VPSidebar').getByText('性能', { exact: true }).click();
    // The address changes before the page does.
    await page.locator('h1', { hasText: '性能' }).waitFor();
    assert.match(page.url(), /\/zh\/performance$/);
    const sources: string[] = await page.locator('.vp-doc img').evaluateAll(images => images.map(image => (image as unknown as { src: string }).src));
    assert.ok(sources.length > 15, `${sources.length} charts`);
    for (const source of sources) assert.match(await (await fetch(source)).text(), /<text[^>]*>[^<]*\p{Script=Han}/u, source);
  });

  it('leads from a docstring in the reference to its page', async () => {
    await open('/reference/egg-socketio');
    await page.locator('.vp-doc a', { hasText: /^types$/ }).first().click();
    await page.waitForURL(/\/types$/);
  });
});
