import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { readPage, ROOT, tableRowsOf } from './markdown';

const ENTRIES = [ 'app.ts', 'agent.ts', 'index.ts', 'mock.ts', 'app/extend/application.ts', 'app/extend/application.unittest.ts' ];

/** The plugin's own files that a start or an import reaches. */
function reachedFiles(): Map<string, string> {
  const files = new Map<string, string>();
  const reach = (file: string) => {
    if (files.has(file)) return;
    const text = readFileSync(file, 'utf8');
    files.set(file, text);
    for (const { fileName } of ts.preProcessFile(text).importedFiles.filter(imported => imported.fileName.startsWith('.'))) {
      const target = path.join(path.dirname(file), fileName);
      reach(existsSync(`${target}.ts`) ? `${target}.ts` : path.join(target, 'index.ts'));
    }
  };
  for (const entry of ENTRIES) reach(path.join(ROOT, entry));
  return files;
}

/** What is always the same in a message that is made of texts and values. */
function fixedParts(node: ts.Node): string[] {
  if (ts.isStringLiteralLike(node)) return node.text.split(/%[sdj]/);
  if (ts.isTemplateExpression(node)) return [ node.head.text, ...node.templateSpans.map(span => span.literal.text) ];
  if (ts.isBinaryExpression(node)) return [ ...fixedParts(node.left), ...fixedParts(node.right) ];
  if (ts.isConditionalExpression(node)) return [ ...fixedParts(node.whenTrue), ...fixedParts(node.whenFalse) ];
  return [];
}

/** The longest fixed part of each message that the code can print: errors at the start, warnings, the test client's. */
function messages(): string[] {
  const found: string[] = [];
  const note = (node: ts.Node | undefined) => {
    const [ longest = '' ] = (node ? fixedParts(node) : []).map(part => part.replace(/^(\[egg-socketio\])?[^\w@]+/, '').trim())
      .sort((a, b) => b.length - a.length);
    // What is left out is made of other messages.
    if (longest.length >= 10) found.push(longest);
  };
  for (const [ file, text ] of reachedFiles()) {
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node)) {
        const called = node.expression.getText();
        if (called === 'startupError') note(node.arguments[1]);
        if (/logger\.(warn|error)$/.test(called)) note(node.arguments[0]);
        if (/refusals\.add$/.test(called)) note((node.arguments[1] as ts.ArrowFunction).body);
      }
      if (ts.isNewExpression(node) && node.expression.getText() === 'Error') note(node.arguments?.[0]);
      if (ts.isPropertyAssignment(node) && node.name.getText() === 'missing') note(node.initializer);
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true));
  }
  return found;
}

describe('test/docs/messages.test.ts', () => {
  const page = readPage('docs/troubleshooting.md');
  const section = /^#+ (Config|Controllers|Middleware, guards and filters|Injection|Warnings at the start|In the log|In tests)/;

  it('docs/troubleshooting.md has every message of the code', () => {
    const all = messages();
    assert.ok(all.length > 25, `${all.length} messages were found`);
    assert.deepEqual(all.filter(message => !page.text.includes(message)), []);
  });

  it('the code has every message of docs/troubleshooting.md', () => {
    const code = [ ...reachedFiles().values() ].join('\n').replace(/['`]\s*\+ ['`]/g, '').replace(/\\'/g, "'").replace(/%[sd]/g, '…');
    const shown = tableRowsOf(page, section).flatMap(([ cell ]) => /^`(.+)`$/.exec(cell)?.[1] ?? []);
    assert.ok(shown.length > 25, `${shown.length} messages are shown`);
    const lost = shown.flatMap(message => message.split('…').map(part => part.trim()).filter(part => part.length > 4 && !code.includes(part)));
    assert.deepEqual(lost, []);
  });
});
