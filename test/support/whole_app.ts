import { readFileSync } from 'node:fs';
import path from 'node:path';

const PAGE = path.join(__dirname, '../../docs/getting-started.md');
/** A block of code; the first line of most says which file it is. */
const BLOCK = /^```(\w+).*\n((?:\/\/ (\S+\.ts)\n|<!-- (\S+\.html) -->\n)?[^]*?)^```$/gm;

/**
 * Returns the files of the whole app that docs/getting-started.md shows.
 *
 * @param egg - the version of Egg that it is for
 */
export function wholeApp(egg: '3' | '4'): Map<string, string> {
  const section = /^## A whole app, by hand\n([^]*?)^## /m.exec(readFileSync(PAGE, 'utf8'))![1];
  const json = [ ...section.matchAll(BLOCK) ].filter(([ , language ]) => language === 'json').map(([ , , content ]) => content);
  const [ manifest, config ] = egg === '3' ? json.slice(0, 2) : json.slice(2);
  const files = new Map([[ 'package.json', manifest ], [ 'tsconfig.json', config ]]);
  for (const [ , , content, script, page ] of section.matchAll(BLOCK)) {
    // The page says that this import differs.
    if (script ?? page) files.set(script ?? page, egg === '4' ? content.replace('egg-mock/', '@eggjs/mock/') : content);
  }
  return files;
}
