import assert from 'node:assert/strict';
import path from 'node:path';
import ts from 'typescript';
import { type CodeBlock, codeBlocksOf, isTranslation, type Page, readPages } from './markdown';

/** As in a user's app; docs/getting-started.md shows the same. */
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.Node10,
  lib: [ 'lib.es2023.d.ts' ],
  types: [ 'node', 'mocha' ],
  strict: true,
  strictPropertyInitialization: false,
  experimentalDecorators: true,
  esModuleInterop: true,
  skipLibCheck: true,
  allowJs: true,
  checkJs: true,
  noEmit: true,
};
// Plain JavaScript has no types on the parameters of its functions.
const CHECKED: Record<string, ts.CompilerOptions> = { ts: OPTIONS, js: { ...OPTIONS, strict: false } };

/** Blocks that cannot stand alone say so, and why: ```ts fragment: <reason>. */
const isFragment = ({ info }: CodeBlock) => /^fragment: \S/.test(info);

/**
 * Compiles blocks as if they were files of an app below the repository, each page an app of its own, so that they may
 * import each other and the package by its name.
 *
 * @return what the compiler says, with page and line
 */
function typeErrors(pages: readonly Page[], language: string): string[] {
  // What a page declares for all of an app is not for the apps of other pages.
  const declaring = pages.filter(({ text }) => text.includes("declare module 'egg-socketio'"));
  const others = pages.filter(page => !declaring.includes(page));
  return [ others, ...language === 'ts' ? declaring.map(page => [ page ]) : [] ].flatMap(group => typeErrorsOf(group, language));
}

function typeErrorsOf(pages: readonly Page[], language: string): string[] {
  const blocks = new Map<string, CodeBlock>();
  for (const page of pages) {
    for (const block of codeBlocksOf(page).filter(b => b.language === language && !isFragment(b))) {
      const folder = path.join(__dirname, '.blocks', page.file);
      const named = path.join(folder, block.path ?? `block.${language}`);
      blocks.set(blocks.has(named) || !block.path ? path.join(folder, `${blocks.size}`, path.basename(named)) : named, block);
    }
  }
  const host = ts.createCompilerHost(CHECKED[language], true);
  const { fileExists, directoryExists, readFile, getSourceFile } = host;
  host.fileExists = file => blocks.has(file) || fileExists(file);
  // An import is not looked for in a folder that does not exist.
  const folders = new Set([ ...blocks.keys() ].map(file => path.dirname(file)));
  host.directoryExists = folder => folders.has(folder) || directoryExists!(folder);
  // Without an import or export it would be a script, and share its names with the others.
  const textOf = (file: string) => `${blocks.get(file)!.content}${language === 'ts' ? 'export {};\n' : ''}`;
  host.readFile = file => (blocks.has(file) ? textOf(file) : readFile(file));
  host.getSourceFile = (file, target, ...rest) => (
    blocks.has(file) ? ts.createSourceFile(file, textOf(file), target) : getSourceFile(file, target, ...rest)
  );
  const program = ts.createProgram([ ...blocks.keys() ], CHECKED[language], host);
  const diagnostics = [ ...blocks.keys() ].flatMap(name => {
    const file = program.getSourceFile(name)!;
    return [ ...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file) ];
  });
  return [ ...program.getGlobalDiagnostics(), ...program.getOptionsDiagnostics(), ...diagnostics ].map(({ file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, '\n');
    if (!file) return text;
    const { where } = blocks.get(file.fileName)!;
    const [ page, fence ] = where.split(':');
    return `${page}:${Number(fence) + 1 + file.getLineAndCharacterOfPosition(start!).line}: ${text}`;
  });
}

const page = (...lines: string[]): Page => ({ file: 'docs/wrong.md', text: lines.join('\n') });

describe('test/docs/code.test.ts', function() {
  this.timeout(120_000);
  // The code of translations is that of their originals, as test/docs/translation.test.ts shows.
  const pages = readPages().filter(page => !isTranslation(page));
  const all = pages.flatMap(codeBlocksOf);

  it('every fence is closed, and names a language that is known here', () => {
    for (const { file, text } of readPages()) {
      assert.equal([ ...text.matchAll(/^ *```/gm) ].length, 2 * codeBlocksOf({ file, text }).length, file);
    }
    const known = new Set([ 'ts', 'js', 'json', 'html', 'sh', 'yaml', '' ]);
    assert.deepEqual(all.filter(block => !known.has(block.language)).map(block => `${block.where}: ${block.language}`), []);
    assert.deepEqual(all.filter(block => block.info && !isFragment(block)).map(block => `${block.where}: ${block.info}`), []);
  });

  it('compiles every block of TypeScript', () => {
    assert.ok(all.filter(block => block.language === 'ts').length > 20);
    const wrong = page('```ts', "import type { Context } from 'egg-socketio';", 'export const wrong = (ctx: Context): number => ctx.id;', '```');
    assert.deepEqual(typeErrors([ ...pages, wrong ], 'ts'), [ "docs/wrong.md:3: Type 'string' is not assignable to type 'number'." ]);
  });

  it('compiles every block of JavaScript, where it leaves types to be inferred', () => {
    const wrong = page('```js', "const { defineSocketController } = require('egg-socketio');", 'defineSocketController({ onDisconnect() {} });', '```');
    const errors = typeErrors([ ...pages, wrong ], 'js');
    assert.equal(errors.length, 1, errors.join('\n'));
    assert.match(errors[0], /^docs\/wrong\.md:3: .*'onDisconnect' does not exist in type 'ControllerDefinition<"\/">'/);
  });

  it('parses every block of JSON', () => {
    for (const { where, content } of all.filter(block => block.language === 'json')) {
      assert.doesNotThrow(() => JSON.parse(content), where);
    }
  });

  it('checks every block but those for packages that only pages use', () => {
    assert.deepEqual(all.filter(isFragment).map(({ where, info }) => `${where.split(':')[0]}: ${info}`), [
      'docs/client-recipes.md: fragment: react is not installed here',
      'docs/client-recipes.md: fragment: vue is not installed here',
      'docs/streams.md: fragment: ai is not installed here',
    ]);
  });
});
