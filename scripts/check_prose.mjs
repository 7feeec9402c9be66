// Whether the English pages, and the comments of the code, read like English: a part of `npm run lint`. The retext rules find repeated
// words and a wrong `a` or `an` in pages; the bans below are this project's own habits, each with a hint. Takes files; without any, it
// checks all.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import remarkParse from 'remark-parse';
import remarkRetext from 'remark-retext';
import retextEnglish from 'retext-english';
import retextIndefiniteArticle from 'retext-indefinite-article';
import retextRepeatedWords from 'retext-repeated-words';
import ts from 'typescript';
import { unified } from 'unified';
import { VFile } from 'vfile';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const FOLDERS = [ '.', 'benchmark', 'docs', 'example/chat', 'templates/js', 'templates/ts' ];

/** Code in a sentence stands for a name: it is read as one, and nothing in it is prose. */
const NAME = 'X';
const START = '(?:^|[.:;]\\s+)';

const BANS = [
  [ /\bas it says\b/i, 'say what to do' ],
  [ /\bso many\b/i, 'write "this many", or the number' ],
  [ new RegExp(`${START}(?:Whoever|Whose|Who|What) [^?:.]*[.]`), 'begin with a noun' ],
  [ /\b(?:Asked|Told|Shown|Meant) (?:is|are)\b/, 'put the subject first' ],
  [ /\b(?:refuses?|rejects?|tells?|asks?|answers?|closes?|serves?) (?:who|whoever)\b/i, 'write "a client that …"' ],
  [ /\b(?:of|to|for|from) whoever\b/i, 'write "anybody who …"' ],
  [ /\bhears? (?:of|it|them|that|an?)\b/i, 'write "gets", "receives" or "is notified"' ],
  [ /\b(?:is|are) (?:told of|asked(?! (?:to|for)\b)|let in|let go of|gone by|handed on)\b/i, 'use the verb of the field, such as "gets", "runs", "is accepted"' ],
  [ /\bbeside\b/i, 'write "next to", "compared with" or "besides"' ],
  [ /\b(?:that|which|it|who) (?:is|are) (?:none|no (?:page|string|function|array|object|file|folder|class|schema|method|HTTP))\b/i, 'write "is not a …"' ],
  [ /\b(?:schemas?|contexts?|timers?|events?|lines?|handlers?|entry|one|once|arguments?) an? (?:event|argument|call|connection|app|turn|round|namespace)\b/i, 'write "per …"' ],
  [ /\b(?:stands?|stood) (?:in|at|above|below|before|behind|beside|under|elsewhere|there|here)\b/i, 'write "is …" or "goes into …"' ],
  [ /\bmend(?:s|ed|ing)?\b/i, 'write "fix" or "repair"' ],
  [ /\b(?:anew|therein|thereof|whereby|thereby)\b/i, 'use a plain word' ],
  [ /\bpassed on\b/i, 'write "forwarded"' ],
  [ /\bat one time\b/i, 'write "at a time" or "at once"' ],
  [ /\bin place of\b/i, 'write "instead of"' ],
  [ /\bis (?:not|never) to be told\b/i, 'say who cannot tell' ],
  [ /\bthe own\b/i, 'write "its own"' ],
];

/** The text of a paragraph or heading as it is read, and where it begins. */
function* textsOf(node) {
  if (node.type === 'paragraph' || node.type === 'heading') {
    const read = child => (child.type === 'inlineCode' || child.type === 'html' ? NAME : child.value ?? child.children?.map(read).join('') ?? ' ');
    yield { text: node.children.map(read).join(''), line: node.position.start.line, isHeading: node.type === 'heading' };
  } else {
    for (const child of node.children ?? []) yield* textsOf(child);
  }
}

/** Tables are paragraphs to Markdown without its extensions; a cell is a sentence of its own. */
function sentencesOf({ text, line, isHeading }) {
  if (!text.startsWith('|')) return [{ text, line, isHeading }];
  return text.split('\n').flatMap((row, i) => row.split('|').map(cell => ({ text: cell.trim(), line: line + i, isHeading: true })));
}

/** @return {Promise<string[]>} what to change in a page: `file:line: …` */
async function checkPage(file, content) {
  const tree = unified().use(remarkParse).parse(content);
  const found = [ ...textsOf(tree) ].flatMap(sentencesOf).flatMap(bannedIn);
  const page = new VFile({ path: file, value: content });
  const english = unified().use(retextEnglish).use(retextIndefiniteArticle).use(retextRepeatedWords);
  await unified().use(remarkParse).use(remarkRetext, english).run(tree, page);
  const rules = page.messages.map(({ line, reason }) => ({ line, text: reason }));
  return [ ...found, ...rules ].sort((a, b) => a.line - b.line).map(({ line, text }) => `${file}:${line}: ${text}`);
}

/** The banned phrases of a text, and the line that they are in or, for a paragraph of a page, begins at. */
function bannedIn({ text, line, isHeading }) {
  return BANS.filter(([ pattern ]) => pattern.test(text) && !(isHeading && pattern.source.startsWith(START)))
    .map(([ pattern, instead ]) => ({ line, text: `"${pattern.exec(text)[0].trim()}": ${instead}` }));
}

/** The comments of a source file, as texts. */
function* commentsOf(content) {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, false, ts.LanguageVariant.Standard, content);
  for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
    if (token !== ts.SyntaxKind.SingleLineCommentTrivia && token !== ts.SyntaxKind.MultiLineCommentTrivia) continue;
    const text = scanner.getTokenText().replace(/^\/\*+|\*\/$|^\/\/|^\s*\* ?/gm, '').replace(/`[^`]*`/g, NAME).replace(/\s+/g, ' ')
      .trim();
    yield { text, line: content.slice(0, scanner.getTokenStart()).split('\n').length, isHeading: false };
  }
}

/** @return {string[]} what to change in the comments of a source file */
function checkCode(file, content) {
  return [ ...commentsOf(content) ].flatMap(bannedIn).map(({ line, text }) => `${file}:${line}: ${text}`);
}

/** The English pages. */
function pages() {
  return FOLDERS.flatMap(folder => readdirSync(path.join(ROOT, folder)).map(name => path.join(folder, name)))
    .filter(name => name.endsWith('.md') && !name.includes('zh-CN'));
}

/** The sources that are published. */
function sources() {
  const below = [ 'app', 'config', 'lib' ].flatMap(folder => (
    readdirSync(path.join(ROOT, folder), { recursive: true }).map(name => path.join(folder, name))
  ));
  return [ ...below, ...readdirSync(ROOT) ].filter(name => /(?<!\.d)\.m?ts$/.test(name));
}

const files = process.argv.length > 2 ? process.argv.slice(2) : [ ...pages(), ...sources() ];
const found = await Promise.all(files.map(file => {
  const check = file.endsWith('.md') ? checkPage : checkCode;
  return check(file, readFileSync(path.resolve(ROOT, file), 'utf8'));
}));
for (const problem of found.flat()) console.error(problem);
if (found.flat().length > 0) process.exitCode = 1;
