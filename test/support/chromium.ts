import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';

/** Chromium without a window, of a package of its own, does the same with half the CPU time. */
const HEADLESS_PATH = '/usr/bin/chromium-headless-shell';
const { CHROMIUM_PATH = existsSync(HEADLESS_PATH) ? HEADLESS_PATH : '/usr/bin/chromium' } = process.env;

/** No sandbox, because CI runs as root; and nothing that calls home. */
const ARGUMENTS = [ '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync' ];

/**
 * Starts the system's Chromium for a suite, headless and with a profile of its own, and stops it after it. Where there
 * is none the suite is skipped; on CI that is a failure. So it is on Node.js 18, which playwright-core does not run on, there
 * without a failure.
 */
export function useChromium(): { readonly browser: Browser } {
  let browser: Browser | undefined;

  before(async function() {
    if (!existsSync(CHROMIUM_PATH)) {
      const reason = `there is no Chromium at ${CHROMIUM_PATH}: install it, or set CHROMIUM_PATH.`;
      if (process.env.CI === 'true') throw new Error(reason);
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    if (Number.parseInt(process.versions.node, 10) < 20) {
      console.log('      skipped: playwright-core needs Node.js 20.');
      this.skip();
    }
    const { chromium } = await import('playwright-core');
    const launched = browser = await chromium.launch({ executablePath: CHROMIUM_PATH, headless: true, args: ARGUMENTS });
    const { newContext } = launched;
    launched.newContext = async options => {
      const context = await newContext.call(launched, options);
      // The compiler has functions that are sent to a page call this.
      await context.addInitScript('globalThis.__name = value => value');
      return context;
    };
  });
  after(() => browser?.close());

  return { get browser() { return browser!; } };
}
