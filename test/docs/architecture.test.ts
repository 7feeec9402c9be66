import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { anchorsOf, type Page, readPage, ROOT, sectionsOf, tableRowsOf } from './markdown';

/** The parts of a record, in their order; only the third may be missing. */
const PARTS = [ 'What', 'Why', 'Also tried', 'Where' ];
const PARTS_IN_CHINESE = [ '做法', '原因', '试过', '位置' ];
const MOST_SENTENCES = 3;
const MOST_CHARACTERS = 600;

interface Part { readonly name: string; readonly text: string }
interface Record { readonly title: string; readonly parts: readonly Part[] }

/** The records of a page: the third level of its headings. */
function recordsOf(page: Page): Record[] {
  return sectionsOf(page).filter(({ level }) => level === 3).map(({ title, text }) => ({
    title,
    parts: text.split('\n').filter(Boolean).map(line => {
      const [ , name = line, rest = '' ] = /^- \*\*([^*:]+)(?:\*\*：|:\*\* )(.+)$/.exec(line) ?? [];
      return { name, text: rest };
    }),
  }));
}

function sentencesIn(text: string): number {
  const prose = text.replace(/`[^`]*`/g, 'X').replace(/\]\([^)]*\)/g, ']').replace(/\b(?:Socket|Engine|Node)\.(?:IO|js)\b/g, 'X');
  return prose.split(/[.!?。！？](?:\s+|$|(?=\p{Script=Han}))/u).filter(sentence => sentence.trim()).length;
}

/** Returns the mistakes in the shape of a record. */
function flawsOf({ title, parts }: Record, names: readonly string[]): string[] {
  const flaws: string[] = [];
  const expected = parts.length === names.length ? names : names.filter(name => name !== names[2]);
  const found = parts.map(({ name }) => name);
  if (found.join() !== expected.join()) flaws.push(`${title}: has ${found.join(', ')} and not ${expected.join(', ')}`);
  for (const { name, text } of parts) {
    if (sentencesIn(text) > MOST_SENTENCES) flaws.push(`${title}: ${name}: more than ${MOST_SENTENCES} sentences`);
    if (text.length > MOST_CHARACTERS) flaws.push(`${title}: ${name}: ${text.length} characters`);
  }
  if (!/^`(lib|test|scripts)\/|^`package\.json`/.test(parts.at(-1)?.text ?? '')) flaws.push(`${title}: does not begin the place with a file`);
  return flaws;
}

/** The files that a page names. */
function filesIn({ text }: Page): string[] {
  return [ ...text.matchAll(/`((?:app|config|lib|scripts|test)\/[\w./-]+\.\w+)`/g) ].map(([ , file ]) => file);
}

const codeIn = (text: string) => [ ...text.matchAll(/`([^`]+)`/g) ].map(([ , code ]) => code);

/** A source as its messages are printed: its strings without quotes and line breaks between them. */
function printedBy(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8').replace(/['`]\s*\+ ['`]/g, '').replace(/\\'/g, "'");
}

/** Returns the mistakes in a row that leads from a text to its file and its record. */
function lostIn([ said, from, to ]: string[], page: Page): string[] {
  const [ file ] = codeIn(from);
  const source = printedBy(file);
  const parts = codeIn(said).flatMap(text => text.split('…')).map(part => part.trim());
  const lost = parts.filter(part => !source.includes(part)).map(part => `${file} does not have "${part}"`);
  const [ , anchor ] = /\]\(#(.+)\)$/.exec(to) ?? [];
  const record = recordsOf(page)[[ ...anchorsOf({ ...page, text: titlesOf(page) }) ].indexOf(anchor)];
  if (!record) return [ ...lost, `${to} does not lead to a record` ];
  const isOthers = file.startsWith('node_modules/');
  return isOthers || codeIn(record.parts.at(-1)!.text).includes(file) ? lost : [ ...lost, `${record.title} does not name ${file}` ];
}

/** Only the headings of the records. */
function titlesOf(page: Page): string {
  return recordsOf(page).map(({ title }) => `### ${title}\n`).join('');
}

const pages: [file: string, parts: readonly string[], messages: RegExp][] = [
  [ 'docs/architecture.md', PARTS, /^## From a log line to the code/ ],
  [ 'docs/zh/architecture.md', PARTS_IN_CHINESE, /^## 从一行日志到代码/ ],
];

describe('test/docs/architecture.test.ts', () => {
  it('a record with another order, too many sentences or no file is reported', () => {
    const parts = [{ name: 'Why', text: 'One. Two. Three. Four.' }, { name: 'What', text: 'One.' }, { name: 'Where', text: 'Somewhere.' }];
    assert.deepEqual(flawsOf({ title: 'A', parts }, PARTS), [
      'A: has Why, What, Where and not What, Why, Where', 'A: Why: more than 3 sentences', 'A: does not begin the place with a file',
    ]);
  });

  it('a text that its file does not have, and a record that does not name the file, are reported', () => {
    const page = { file: 'docs/test.md', text: '# Page\n\n### The cork\n\n- **Where:** `lib/limits/cors.ts`\n' };
    assert.deepEqual(lostIn([ '`no such words … class Bucket`', '`lib/limits/rate.ts`', '[The cork](#the-cork)' ], page), [
      'lib/limits/rate.ts does not have "no such words"', 'The cork does not name lib/limits/rate.ts',
    ]);
    assert.deepEqual(lostIn([ 'No text', '`lib/limits/cors.ts`', '[The cord](#the-cord)' ], page), [ '[The cord](#the-cord) does not lead to a record' ]);
  });

  for (const [ file, names, messages ] of pages) {
    const page = readPage(file);

    it(`${file}: each decision says what, why, perhaps what else was tried, and where, in three sentences at most`, () => {
      const records = recordsOf(page);
      assert.ok(records.length > 40, `${records.length} records were found`);
      assert.deepEqual(records.flatMap(record => flawsOf(record, names)), []);
    });

    it(`${file}: each text in the tables of messages is in the file next to it, which the linked record names`, () => {
      const rows = tableRowsOf(page, messages);
      assert.ok(rows.length > 30, `${rows.length} texts were found`);
      assert.deepEqual(rows.flatMap(row => lostIn(row, page)), []);
    });

    it(`${file}: no title occurs twice`, () => {
      const titles = sectionsOf(page).map(({ title }) => title);
      assert.deepEqual(titles.filter((title, i) => titles.indexOf(title) !== i), []);
    });

    it(`${file}: every named file exists`, () => {
      const files = filesIn(page);
      assert.ok(files.length > 100, `${files.length} files were found`);
      assert.deepEqual(files.filter(name => !existsSync(path.join(ROOT, name))), []);
    });
  }
});
