import path from 'node:path';
import type * as ts from 'typescript';
import { isRequire, referencesIn, walk } from '../source/nodes';
import type { Source } from '../source/source';
import { movedTo } from './names';

/** The strings of `import`, `export … from`, `import()` and `require()`. */
function specifiersOf({ ts, tree }: Source): ts.StringLiteral[] {
  const found: ts.StringLiteral[] = [];
  walk(tree, node => {
    const given = ts.isImportDeclaration(node) || ts.isExportDeclaration(node) ? node.moduleSpecifier
      : ts.isExternalModuleReference(node) ? node.expression
        : ts.isCallExpression(node) && (node.expression.getText(tree) === 'require' || node.expression.kind === ts.SyntaxKind.ImportKeyword)
          ? node.arguments[0] : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
    if (given && ts.isStringLiteral(given)) found.push(given);
  });
  return found;
}

/** A relative path of an import as it is from another folder; nothing if it stays the same. */
function correctedPath(file: string, to: string, given: string, placeOf: (file: string) => string | undefined): string | undefined {
  if (!given.startsWith('.')) return undefined;
  const named = path.posix.join(path.posix.dirname(file), given);
  const relative = path.posix.relative(path.posix.dirname(to), placeOf(named) ?? named);
  const corrected = relative.startsWith('.') ? relative : `./${relative}`;
  return path.posix.normalize(corrected) === path.posix.normalize(given) ? undefined : corrected;
}

/** The text of an import, for a file in another folder. */
export function importFor(source: Source, statement: ts.Statement, to: string): string {
  const specifier = specifiersOf(source).find(({ pos, end }) => pos >= statement.pos && end <= statement.end);
  const text = statement.getText(source.tree);
  const corrected = specifier && correctedPath(source.file, to, specifier.text, movedTo);
  return corrected ? text.replace(specifier.getText(source.tree), `'${corrected}'`) : text;
}

/** Corrects the relative paths in a file that moves, or that names one that moves. */
export function correctPaths(source: Source, to: string, placeOf: (file: string) => string | undefined = movedTo): void {
  for (const node of specifiersOf(source)) {
    const corrected = correctedPath(source.file, to, node.text, placeOf);
    if (!corrected) continue;
    const [ quote ] = node.getText(source.tree);
    source.replace(node, quote + corrected + quote);
  }
}

/** Where imports are added: after the last import or require at the top, or after 'use strict' and the file's comment. */
export function placeForImports(source: Source): number {
  const { ts, tree } = source;
  const isImport = (statement: ts.Statement) => ts.isImportDeclaration(statement)
    || isRequire(ts, statement);
  const isDirective = (statement: ts.Statement) => ts.isExpressionStatement(statement) && ts.isStringLiteral(statement.expression);
  const last = tree.statements.filter(statement => isImport(statement) || isDirective(statement)).at(-1);
  if (!last) return 0;
  const end = source.text.indexOf('\n', source.commentEnd(last));
  return end === -1 ? source.text.length : end + 1;
}

/** Whether a line for imports that is added there needs an empty line before it. */
export function isAfterDirective({ ts, tree }: Source): boolean {
  const statements = tree.statements.filter(statement => ts.isExpressionStatement(statement) && ts.isStringLiteral(statement.expression));
  return statements.length > 0 && !tree.statements.some(statement => isRequire(ts, statement));
}

/** Removes the import of Egg's Controller, if the given statements were all that used it. */
export function dropController(source: Source, isGone: (node: ts.Node) => boolean): void {
  const { ts, tree } = source;
  if (referencesIn(ts, tree, 'Controller').some(node => !isGone(node))) return;
  for (const statement of tree.statements) {
    const text = statement.getText(tree);
    if (/^(const|let|var)\s+(Controller\s*=\s*require\(['"]egg['"]\)\.Controller|\{\s*Controller\s*\}\s*=\s*require\(['"]egg['"]\));?$/.test(text)
      || /^import\s+\{\s*Controller\s*\}\s+from\s+['"]egg['"];?$/.test(text)) source.remove(statement);
  }
}
