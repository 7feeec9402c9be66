import type * as ts from 'typescript';
import type { TypeScript } from './typescript';

export type FunctionNode = ts.FunctionExpression | ts.ArrowFunction | ts.FunctionDeclaration | ts.MethodDeclaration;

/** Calls `use` with a node and all below it; where it returns false, nothing below is visited. */
export function walk(node: ts.Node, use: (node: ts.Node) => boolean | void): void {
  if (use(node) === false) return;
  node.forEachChild(child => walk(child, use));
}

/** Without parentheses, `as …`, `satisfies …` and `!`. */
export function bare(ts: TypeScript, node: ts.Expression): ts.Expression {
  // Before 4.9 there is no `satisfies`.
  const isWrapped = ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isNonNullExpression(node)
    || ts.isSatisfiesExpression?.(node);
  return isWrapped ? bare(ts, node.expression) : node;
}

export function isFunction(ts: TypeScript, node: ts.Node): node is FunctionNode {
  return ts.isFunctionExpression(node) || ts.isArrowFunction(node) || ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node);
}

/** The text of a string literal. */
export function stringOf(ts: TypeScript, node: ts.Node | undefined): string | undefined {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined;
}

/** The name of a property that is written out. */
export function nameOf(ts: TypeScript, node: ts.Node | undefined): string | undefined {
  if (!node) return undefined;
  return ts.isIdentifier(node) || ts.isPrivateIdentifier(node) || ts.isNumericLiteral(node) ? node.text : stringOf(ts, node);
}

/** The names of `a.b['c']`, or nothing for other expressions; `this` counts as a name. */
export function chainOf(ts: TypeScript, node: ts.Node): string[] | undefined {
  if (ts.isIdentifier(node)) return [ node.text ];
  if (node.kind === ts.SyntaxKind.ThisKeyword) return [ 'this' ];
  if (ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return chainOf(ts, node.expression);
  const name = ts.isPropertyAccessExpression(node) ? node.name.text
    : ts.isElementAccessExpression(node) ? stringOf(ts, node.argumentExpression) : undefined;
  if (name === undefined) return undefined;
  const before = chainOf(ts, (node as ts.PropertyAccessExpression).expression);
  return before && [ ...before, name ];
}

/** Whether an identifier stands for a variable, and is not the name of a property or a declaration. */
export function isReference(ts: TypeScript, node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent) || ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent)) return false;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isPropertyAssignment(parent) || ts.isVariableDeclaration(parent) || ts.isParameter(parent)) return parent.initializer === node;
  if (ts.isArrowFunction(parent)) return parent.body === node;
  if (ts.isFunctionLike(parent) || ts.isClassLike(parent)) return parent.name !== node;
  return !ts.isPropertySignature(parent) && !ts.isPropertyDeclaration(parent);
}

/** Whether an identifier is the name in a declaration of a variable, a parameter, a function, a class or an import. */
function isDeclared(ts: TypeScript, node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isBindingElement(parent)) return parent.name === node;
  if (ts.isMethodDeclaration(parent)) return false;
  return ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isFunctionLike(parent) || ts.isClassLike(parent)
    || ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent);
}

/** The names that are declared somewhere in a node: variables, parameters, functions. */
export function declaredIn(ts: TypeScript, root: ts.Node): Set<string> {
  const names = new Set<string>();
  walk(root, node => {
    if (ts.isIdentifier(node) && !isReference(ts, node) && isDeclared(ts, node)) names.add(node.text);
  });
  return names;
}

/** The references to a variable in a node. */
export function referencesIn(ts: TypeScript, root: ts.Node, name: string): ts.Identifier[] {
  const found: ts.Identifier[] = [];
  walk(root, node => {
    if (!ts.isIdentifier(node) || node.text !== name) return;
    if (isReference(ts, node) || ts.isShorthandPropertyAssignment(node.parent)) found.push(node);
  });
  return found;
}

/** Whether a statement is `const … = require(…)`. */
export function isRequire(ts: TypeScript, statement: ts.Node): boolean {
  return ts.isVariableStatement(statement) && /=\s*require\(/.test(statement.getText());
}

/** Whether a declaration has a modifier, such as `async`. */
export function hasModifier(ts: TypeScript, node: ts.Node, kind: ts.ModifierSyntaxKind): boolean {
  return ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(modifier => modifier.kind === kind) === true;
}

/** A property of an object literal, by its name. */
export function propertyOf(ts: TypeScript, object: ts.ObjectLiteralExpression, name: string): ts.ObjectLiteralElementLike | undefined {
  return object.properties.find(property => nameOf(ts, property.name) === name);
}

/** Removes the indentation that a text has more than its new place. Lines inside of template literals stay as they are. */
export function dedent(text: string, from: string, to = ''): string {
  if (from === to) return text;
  let isInTemplate = false;
  return text.split('\n').map((line, i) => {
    const moved = i > 0 && !isInTemplate && line.startsWith(from) ? to + line.slice(from.length) : line;
    // A template that ends on another line than it begins.
    if ((line.replace(/\\`/g, '').match(/`/g)?.length ?? 0) % 2 === 1) isInTemplate = !isInTemplate;
    return moved;
  }).join('\n');
}
