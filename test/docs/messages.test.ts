import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { readPage, ROOT, tableRowsOf } from './markdown';

const ENTRIES = [
  'app.ts', 'agent.ts', 'index.ts', 'mock.ts', 'prometheus.ts', 'client.ts', 'app/extend/application.ts', 'app/extend/agent.ts', 'app/extend/application.unittest.ts',
  'egg-socket.io/app.ts', 'egg-socket.io/agent.ts', 'lib/command/main.ts',
];

/** The plugin's own files that a start, an import or the command reaches. */
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
  // Its sentences are the end of a message, and all of them are in docs/internals.md.
  files.delete(path.join(ROOT, 'lib/internals/registry.ts'));
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

/** What reads like a message and is none of those that are printed. */
const NO_MESSAGES = [
  // What `expected …, but got …` and `Redis at …` have in them.
  /^(a|an|true, false or an?) /, /^letters, digits and any of/, /', '\w+' or '/, / to be an? (string|array|object)$/, /^the clients of the app$/, /^type: 'basic', username/,
  // HTTP, and the commands of a new app.
  /^(HTTP\/1\.1|400|503) /, /^(Connection|Content-Length): /, /^(npm run|egg-scripts|ets) /,
  // Scripts for Redis.
  /redis\.call\('/,
  // The code that a migration writes.
  /^(import|export default|type Context,) /, /^Clients of Socket\.IO 2 keep working; remove it when/,
  // What the command asks, and says when it is done.
  /^Usage: egg-socketio/, /\((my-app|Y\/n|3)\):$/, /^(y or n|3 or 4), please/, /^npm run dev {4}then open/, /^README\.md has the rest/,
];

const WORDS = 4;

/** All texts of four words or more, wherever they stand: most of what is printed is made of such. */
function sentences(): string[] {
  const found: string[] = [];
  for (const [ file, text ] of reachedFiles()) {
    const visit = (node: ts.Node): void => {
      // What Prometheus shows of a metric.
      if ((ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node)) && node.name.getText() === 'help') return;
      if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) found.push(...fixedParts(node));
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true));
  }
  return found.map(part => part.replace(/^(\[egg-socketio\])?[^\w@]+/, '').trim())
    .filter(part => part.split(/\s+/).length >= WORDS && !NO_MESSAGES.some(pattern => pattern.test(part)));
}

/** The longest fixed part of each message that the code can print: errors at the start, warnings, the test client's. */
function messages(): string[] {
  const found: string[] = [];
  const note = (node: ts.Node | undefined) => {
    const [ longest = '' ] = (node ? fixedParts(node) : []).map(part => part.replace(/^(\[egg-socketio\])?[^\w@]+/, '').trim())
      .sort((a, b) => b.length - a.length);
    // What is left out is made of other messages.
    if (longest.length >= 10 && !NO_MESSAGES.some(pattern => pattern.test(longest))) found.push(longest);
  };
  for (const [ file, text ] of reachedFiles()) {
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node)) {
        const called = node.expression.getText();
        if (called === 'startupError') note(node.arguments[1]);
        if (/[lL]ogger(Of\(.*\))?\.(warn|error)$/.test(called)) note(node.arguments[0]);
        if (/refusals\.add$/.test(called)) note((node.arguments[1] as ts.ArrowFunction).body);
        if (/^(this|connection)\.error$/.test(called)) note(node.arguments[0]);
      }
      if (ts.isNewExpression(node)) {
        const made = node.expression.getText();
        if (/^(Error|TypeError|UserError|UsageError)$/.test(made)) note(node.arguments?.[0]);
        if (made === 'SocketIOError') note(node.arguments?.[1]);
      }
      if (ts.isPropertyAssignment(node) && node.name.getText() === 'missing') note(node.initializer);
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true));
  }
  return found;
}

describe('test/docs/messages.test.ts', () => {
  const page = readPage('docs/troubleshooting.md');
  const section = /^#+ (Config|Controllers|Middleware, guards and filters|Injection|Warnings at the start|Decorators without effect|In the log|In tests|What mockSocketEvent|From `)/;

  it('docs/troubleshooting.md has every message of the code', () => {
    const all = messages();
    assert.ok(all.length > 25, `${all.length} messages were found`);
    assert.deepEqual(all.filter(message => !page.text.includes(message)), []);
  });

  it('docs/troubleshooting.md has every sentence of the code', () => {
    const all = sentences();
    assert.ok(all.length > 100, `${all.length} sentences were found`);
    // The default messages of errors stand with their codes.
    const text = page.text + readPage('docs/errors.md').text;
    assert.deepEqual(all.filter(sentence => !text.includes(sentence)), []);
  });

  it('the code has every message of docs/troubleshooting.md', () => {
    const code = [ ...reachedFiles().values() ].join('\n').replace(/['`]\s*\+ ['`]/g, '').replace(/\\'/g, "'").replace(/%[sd]/g, '…');
    const shown = tableRowsOf(page, section).flatMap(([ cell ]) => /^`(.+)`$/.exec(cell)?.[1].split('`, `') ?? []);
    assert.ok(shown.length > 25, `${shown.length} messages are shown`);
    const lost = shown.flatMap(message => message.split('…').map(part => part.trim()).filter(part => part.length > 4 && !code.includes(part)));
    assert.deepEqual(lost, []);
  });
});
