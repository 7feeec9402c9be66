import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { DEFAULT_LIMITS } from '../../lib/limits/limits';
import { type Page, readPage, ROOT, sectionsOf, tableRowsOf } from './markdown';

/** The text of a title; `…` stands for what is not written in it. */
function titleOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
}

/** The titles of the tests and suites of a file. Where one is a variable, it is what properties of that name have. */
function titlesOf(file: string): Set<string> {
  const titles = new Set<string>();
  const variables = new Set<string>();
  const properties: [name: string, title: string][] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(it|describe)$/.test(node.expression.getText())) {
      const [ given ] = node.arguments;
      const title = titleOf(given);
      if (title !== undefined) titles.add(title);
      if (ts.isIdentifier(given)) variables.add(given.text);
    }
    if (ts.isPropertyAssignment(node) && ts.isStringLiteralLike(node.initializer)) {
      properties.push([ node.name.getText(), node.initializer.text ]);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(path.join(ROOT, file), 'utf8'), ts.ScriptTarget.ES2022, true));
  for (const [ name, title ] of properties) {
    if (variables.has(name)) titles.add(title);
  }
  return titles;
}

interface Named { file: string; title: string }

/** The tests that a cell names: links to files, each followed by titles in code marks. */
function testsOf({ file }: Page, cell: string): Named[] {
  return cell.split(/(?=\[\w+\]\([^)]+\.test\.ts\))/).flatMap(part => {
    const [ , target ] = /^\[\w+\]\(([^)]+)\)/.exec(part) ?? [];
    if (!target) return [];
    return [ ...part.matchAll(/`([^`]+)`/g) ].map(([ , title ]) => ({ file: path.join(path.dirname(file), target), title }));
  });
}

function lostTests(tests: readonly Named[]): string[] {
  const isThere = ({ file, title }: Named) => existsSync(path.join(ROOT, file)) && titlesOf(file).has(title);
  return tests.filter(test => !isThere(test)).map(({ file, title }) => `${file}: ${title}`);
}

describe('test/docs/security.test.ts', () => {
  const page = readPage('docs/security.md');
  const headings = sectionsOf(page);
  const begin = headings.findIndex(({ title }) => title === 'Threats and protections');
  const end = headings.findIndex(({ level }, i) => level === 2 && i > begin);
  const tables = headings.slice(begin + 1, end).filter(({ rows }) => rows.length > 0);
  const attacks = tables.flatMap(({ title }) => tableRowsOf(page, new RegExp(`^### ${title}$`)));

  it('docs/security.md names a test for each attack', () => {
    assert.ok(attacks.length > 40, `${attacks.length} attacks were found`);
    assert.deepEqual(attacks.filter(cells => testsOf(page, cells[3]).length === 0).map(([ attack ]) => attack), []);
  });

  it('docs/security.md names files and titles of tests that exist', () => {
    assert.deepEqual(lostTests(attacks.flatMap(cells => testsOf(page, cells[3]))), []);
    const links = '[links](../test/docs/links.test.ts): `README leads to every page`, `nobody leads here`';
    const wrong = testsOf(page, `${links}; [lost](../test/docs/lost.test.ts): \`lost\``);
    assert.deepEqual(lostTests(wrong), [ 'test/docs/links.test.ts: nobody leads here', 'test/docs/lost.test.ts: lost' ]);
  });

  it('docs/security.md has an attack for each limit', () => {
    const named = attacks.map(cells => cells[2]).join();
    assert.deepEqual(Object.keys(DEFAULT_LIMITS).filter(limit => !named.includes(`[\`${limit}\`](#limits)`)), []);
  });
});
