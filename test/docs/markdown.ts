import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.join(__dirname, '../..');

/** A fenced block of code. */
export interface CodeBlock {
  /** The first word behind the fence: `ts`, `js`, `json`, `sh`, … */
  language: string;
  /** What follows that word: `fragment: <reason>` for a block that cannot stand alone. */
  info: string;
  content: string;
  /** The block's path in an app, from a first line such as `// app/socket/hello.ts`. */
  path: string | undefined;
  /** `README.md:12`, the fence's line. */
  where: string;
}

/** A file of Markdown, from the repository's root. */
export interface Page {
  file: string;
  text: string;
}

/** The page in Chinese of one in English. */
export function translationOf(file: string): string {
  return file === 'README.md' ? 'README.zh-CN.md' : file.replace(/^docs\//, 'docs/zh/');
}

/** The page in English of one in Chinese; one in English is its own. */
export function originalOf(file: string): string {
  return file === 'README.zh-CN.md' ? 'README.md' : file.replace(/^docs\/zh\//, 'docs/');
}

export function isTranslation({ file }: Page): boolean {
  return originalOf(file) !== file;
}

/** README and docs, in all languages; not the API reference, which is made from docstrings. */
export function readPages(): Page[] {
  const names = [
    ...readdirSync(ROOT).filter(name => /^README.*\.md$/.test(name)),
    ...[ 'docs', 'docs/zh' ].flatMap(folder => readdirSync(path.join(ROOT, folder)).map(name => `${folder}/${name}`)).filter(name => name.endsWith('.md')),
  ];
  return names.map(file => ({ file, text: readFileSync(path.join(ROOT, file), 'utf8') }));
}

export function readPage(file: string): Page {
  return { file, text: readFileSync(path.join(ROOT, file), 'utf8') };
}

const FENCE = /^ *```(\S*) *(.*)\n([^]*?)^ *```$/gm;

export function codeBlocksOf({ file, text }: Page): CodeBlock[] {
  return [ ...text.matchAll(FENCE) ].map(({ 1: language, 2: info, 3: content, index }) => ({
    language, info, content,
    path: /^\/\/ (\S+\.[jt]s)\n/.exec(content)?.[1],
    where: `${file}:${text.slice(0, index).split('\n').length}`,
  }));
}

/** The text without its blocks of code, which keep their lines. */
function proseOf(text: string): string {
  return text.replace(FENCE, block => block.replace(/[^\n]/g, ''));
}

/** The cells of all rows of all tables, by the heading of their section; header and separator rows left out. */
export function tableRowsOf(page: Page, heading?: RegExp): string[][] {
  const sections = proseOf(page.text).split(/^(?=#+ )/m);
  return sections.filter(section => !heading || heading.test(section.split('\n', 1)[0])).flatMap(section => (
    section.split(/\n(?!\|)/).flatMap(part => {
      const rows = part.split('\n').filter(line => line.startsWith('|'));
      return rows.slice(2).map(row => row.slice(1, row.lastIndexOf('|')).split(/(?<!\\)\|/).map(cell => cell.trim()));
    })
  ));
}

/** A heading and what stands below it: its text without blocks of code, and the rows of its tables. */
export interface Section {
  level: number;
  title: string;
  text: string;
  rows: string[];
}

/** The sections of a page. Where it leads to other languages, on the third line, is left out. */
export function sectionsOf({ text }: Page): Section[] {
  const prose = proseOf(text).replace(/^(# .+\n\n).*\| ?(\[?简体中文).*\n/, '$1');
  return prose.split(/^(?=#+ )/m).map(section => {
    const [ heading, ...lines ] = section.split('\n');
    const [ , marks = '', title = heading ] = /^(#+) +(.+)$/.exec(heading) ?? [];
    const isRow = (line: string) => line.startsWith('|');
    return { level: marks.length, title, text: lines.filter(line => !isRow(line)).join('\n'), rows: lines.filter(isRow) };
  });
}

/** The anchors of a page's headings, as they are made where the page is shown. */
export function anchorsOf({ text }: Page): Set<string> {
  const anchors = new Set<string>();
  for (const [ , title ] of proseOf(text).matchAll(/^#+ +(.+)$/gm)) {
    const anchor = title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/ /g, '-');
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}

/** Where the links and images of a page lead, with the line. */
export function linksOf({ file, text }: Page): { target: string; where: string }[] {
  const prose = proseOf(text).replace(/`[^`\n]*`/g, code => code.replace(/[[\]]/g, ' '));
  const links = [ ...prose.matchAll(/\]\(([^)\s]*)\)/g), ...prose.matchAll(/^\[[^\]]+\]: +(\S+)/gm), ...prose.matchAll(/(?:href|src)="([^"]+)"/g) ];
  return links.map(({ 1: target, index }) => ({ target, where: `${file}:${prose.slice(0, index).split('\n').length}` }));
}
