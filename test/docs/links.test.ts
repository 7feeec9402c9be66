import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { anchorsOf, linksOf, type Page, readPage, readPages, ROOT } from './markdown';

/** The links of pages that lead nowhere. Links to other sites are not followed. */
function brokenLinks(pages: readonly Page[]): string[] {
  return pages.flatMap(page => linksOf(page).flatMap(({ target, where }) => {
    if (/^https?:\/\//.test(target)) return [];
    const [ file, anchor ] = target.split('#');
    const linked = file && path.join(path.dirname(page.file), file);
    if (linked && !existsSync(path.join(ROOT, linked))) return [ `${where}: ${target}: there is no such file` ];
    if (anchor === undefined) return [];
    const anchors = anchorsOf(linked ? readPage(linked) : page);
    return anchors.has(anchor) ? [] : [ `${where}: ${target}: there is no such heading` ];
  }));
}

/** The sources of the project, some of which name a page. */
function sources(): string[] {
  const inFolder = (folder: string) => (
    readdirSync(path.join(ROOT, folder), { recursive: true }).map(name => path.join(folder, String(name)))
  );
  return [ ...readdirSync(ROOT), ...[ 'app', 'config', 'lib', 'scripts' ].flatMap(inFolder) ]
    .filter(name => /\.([cm]?js|ts)$/.test(name) && !name.includes('node_modules'));
}

describe('test/docs/links.test.ts', () => {
  it('finds links that lead nowhere', () => {
    const text = '# Here\n[a](nowhere.md) [b](errors.md#nowhere) [c](#here) [d](#there) `[ e ](f)` [g](errors.md#codes)\n\n[h]: ../LOST\n';
    assert.deepEqual(brokenLinks([{ file: 'docs/test.md', text }]), [
      'docs/test.md:2: nowhere.md: there is no such file',
      'docs/test.md:2: errors.md#nowhere: there is no such heading',
      'docs/test.md:2: #there: there is no such heading',
      'docs/test.md:4: ../LOST: there is no such file',
    ]);
  });

  it('every relative link and anchor of README and docs leads somewhere', () => {
    const pages = readPages();
    assert.ok(pages.flatMap(linksOf).length > 50);
    assert.deepEqual(brokenLinks(pages), []);
  });

  it('README leads to every page', () => {
    const readme = linksOf(readPage('README.md')).map(({ target }) => target);
    const pages = readPages().map(({ file }) => file).filter(file => /^docs\/[^/]+$/.test(file));
    assert.deepEqual(pages.filter(file => !readme.includes(file)), []);
  });

  it('the pages that the code names are there', () => {
    const lost = sources().flatMap(file => (
      [ ...readFileSync(path.join(ROOT, file), 'utf8').matchAll(/(?<![\w/])docs\/[\w./-]+\.md/g) ]
        .filter(([ page ]) => !existsSync(path.join(ROOT, page)))
        .map(([ page ]) => `${file}: ${page}`)
    ));
    assert.deepEqual(lost, []);
  });
});
