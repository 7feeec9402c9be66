import assert from 'node:assert/strict';
import path from 'node:path';
import ts from 'typescript';
import {
  anchorsOf, type CodeBlock, codeBlocksOf, isTranslation, linksOf, type Page, readPage, readPages, originalOf, sectionsOf, translationOf,
} from './markdown';

const printer = ts.createPrinter({ removeComments: true });

/** A block without what may be translated: its comments. */
function withoutComments({ language, content }: CodeBlock): string {
  if (language === 'ts' || language === 'js') return printer.printFile(ts.createSourceFile(`block.${language}`, content, ts.ScriptTarget.ES2022));
  return content.replace(/(^|\s)#\s.*$/gm, '$1');
}

const sorted = (values: Iterable<string>) => [ ...new Set(values) ].sort();

/** What a link leads to, in any language: the English page, and the number of the heading. */
function targetOf(page: Page, target: string): string {
  if (/^https?:/.test(target)) return target.replace('/zh-CN', '');
  const [ file, anchor ] = target.split('#');
  const linked = file ? path.join(path.dirname(page.file), file) : page.file;
  if (!anchor) return originalOf(linked);
  const anchors = [ ...anchorsOf(linked === page.file ? page : readPage(linked)) ];
  return `${originalOf(linked)}#${anchors.indexOf(anchor)}`;
}

/** What is the same in every language: code, numbers, and where links lead. */
function factsOf(page: Page, text: string): { code: string[]; numbers: string[]; links: string[] } {
  const prose = text.replace(/`[^`\n]+`/g, '').replace(/\]\([^)]*\)/g, ']');
  return {
    code: sorted([ ...text.matchAll(/`([^`\n]+)`/g) ].map(([ , code ]) => code)),
    numbers: sorted([ ...prose.matchAll(/\d{2,}/g) ].map(([ number ]) => number)),
    links: sorted(linksOf({ ...page, text }).map(({ target }) => targetOf(page, target))),
  };
}

/** The facts of each section: those of its text, then those of each row of its tables. */
function outlineOf(page: Page) {
  return sectionsOf(page).map(({ level, title, text, rows }) => ({
    level,
    facts: [ factsOf(page, `${title}\n${text}`), ...rows.map(row => factsOf(page, row)) ],
  }));
}

describe('test/docs/translation.test.ts', () => {
  const originals = readPages().filter(page => !isTranslation(page));
  const translations = readPages().filter(isTranslation);

  it('every page is there in both languages', () => {
    assert.deepEqual(sorted(translations.map(({ file }) => file)), sorted(originals.map(({ file }) => translationOf(file))));
  });

  it('every page leads to itself in the other language, below its title', () => {
    for (const { file, text } of originals) {
      const other = translationOf(file);
      const [ here, there ] = [ file, other ].map(name => path.dirname(name));
      assert.match(text, new RegExp(`^# .+\n\nEnglish \\| \\[简体中文\\]\\(${path.relative(here, other)}\\)\n`), file);
      assert.match(readPage(other).text, new RegExp(`^# .+\n\n\\[English\\]\\(${path.relative(there, file)}\\) \\| 简体中文\n`), other);
    }
  });

  for (const translation of translations) {
    const original = readPage(originalOf(translation.file));

    it(`${translation.file} has the code of ${original.file}, but for the comments`, () => {
      const shown = (page: Page) => codeBlocksOf(page).map(block => ({ ...block, where: '', content: withoutComments(block) }));
      assert.deepEqual(shown(translation), shown(original));
    });

    it(`${translation.file} has the sections, code words, numbers and links of ${original.file}`, () => {
      const [ expected, actual ] = [ original, translation ].map(outlineOf);
      for (const [ index, section ] of expected.entries()) {
        assert.deepEqual(actual[index], section, `section ${index} of ${original.file}: ${sectionsOf(original)[index].title}`);
      }
      assert.equal(actual.length, expected.length);
    });
  }

  it('Chinese is set as Chinese: spaces beside Latin letters and code, full-width punctuation', () => {
    const wrong = translations.flatMap(({ file, text }) => sectionsOf({ file, text }).flatMap(section => (
      [ section.title, ...section.text.split('\n'), ...section.rows ]
        .flatMap(line => line.match(/.{0,12}(\p{Script=Han}[A-Za-z0-9`]|[A-Za-z0-9`]\p{Script=Han}|\p{Script=Han}[,;:!?.]|\p{Script=Han} ?\().{0,12}/u)?.[0] ?? [])
        .map(found => `${file}: ${found}`)
    )));
    assert.deepEqual(wrong, []);
  });
});
