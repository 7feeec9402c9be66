import type * as ts from 'typescript';
import { nameOf, referencesIn, walk, declaredIn } from '../source/nodes';
import type { ContextUses } from './context';

/** Members of Egg's controllers, as members of the context. */
const ON_CONTEXT: Record<string, string> = { app: '.app', service: '.service', logger: '.logger', config: '.app.config' };

/** A function that takes the place of a method. */
export interface Sibling { name: string; needsContext: boolean }

/** `const { ctx, app } = this`. */
function splitThis(uses: ContextUses, declaration: ts.VariableDeclaration, pattern: ts.ObjectBindingPattern): string | undefined {
  const { source, ctxName } = uses;
  const { ts, tree } = source;
  const list = declaration.parent as ts.VariableDeclarationList;
  if (list.declarations.length > 1) return 'it takes this apart together with other variables';
  const keyword = source.text.slice(source.start(list), source.start(list.declarations[0])).trim();
  const lines: string[] = [];
  const plain: string[] = [];
  for (const element of pattern.elements) {
    const member = nameOf(ts, element.propertyName ?? element.name)!;
    const local = element.name.getText(tree);
    if (member === 'ctx') {
      if (local !== ctxName) lines.push(`${keyword} ${local} = ${ctxName};`);
    } else if (member === 'config') lines.push(`${keyword} ${local === 'config' ? '{ config }' : `{ config: ${local} }`} = ${ctxName}.app;`);
    else if (ON_CONTEXT[member] && !element.dotDotDotToken) plain.push(element.getText(tree));
    else return `it takes ${member} of this apart`;
  }
  if (plain.length > 0) lines.unshift(`${keyword} { ${plain.join(', ')} } = ${ctxName};`);
  const statement = list.parent;
  if (lines.length > 0) source.replace(statement, lines.join(`\n${source.indentAt(source.start(statement))}`));
  else source.remove(statement);
  return undefined;
}

/** `const ctx = this.ctx` would declare the parameter again. */
function isOwnName({ source: { ts }, ctxName }: ContextUses, node: ts.Node): node is ts.VariableDeclaration {
  return ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === ctxName;
}

/**
 * Replaces `this` by the context, which becomes a parameter.
 *
 * @param uses - of the context
 * @param siblings - the class's methods, the names of the functions that take their place, and whether those need the context
 * @return why it cannot be done; nothing if it could
 */
export function translateThis(uses: ContextUses, siblings: ReadonlyMap<string, Sibling>): string | undefined {
  const { source, fn, ctxName, style } = uses;
  const { ts } = source;
  let problem: string | undefined;
  const visit = (node: ts.Node): boolean | void => {
    if (problem) return false;
    // These have a this of their own.
    if (node !== fn && (ts.isFunctionExpression(node) || ts.isFunctionDeclaration(node) || ts.isClassLike(node))) return false;
    if (isOwnName(uses, node) && node.initializer && uses.isContext(node.initializer)) {
      const list = node.parent as ts.VariableDeclarationList;
      if (list.declarations.length > 1) problem = `it declares ${ctxName} together with other variables`;
      else source.remove(list.parent);
      return false;
    }
    if (node.kind === ts.SyntaxKind.SuperKeyword) problem = 'it uses super';
    if (node.kind !== ts.SyntaxKind.ThisKeyword) return undefined;
    const { parent } = node;
    if (style === 'function') source.replace(node, ctxName);
    else if (ts.isVariableDeclaration(parent) && ts.isObjectBindingPattern(parent.name)) problem = splitThis(uses, parent, parent.name);
    else if (!ts.isPropertyAccessExpression(parent)) problem = 'it uses this for something else than its members';
    else if (parent.name.text === 'ctx') source.replace(parent, ctxName);
    else if (ON_CONTEXT[parent.name.text]) source.replace(parent, ctxName + ON_CONTEXT[parent.name.text]);
    else if (siblings.has(parent.name.text) && ts.isCallExpression(parent.parent) && parent.parent.expression === parent) {
      const call = parent.parent;
      const { name, needsContext } = siblings.get(parent.name.text)!;
      source.replace(parent, name);
      if (needsContext) source.insert(call.arguments.pos, call.arguments.length > 0 ? `${ctxName}, ` : ctxName);
    } else problem = `it uses this.${parent.name.text}`;
    return undefined;
  };
  walk(fn, visit);
  return problem && `${problem} (line ${source.lineOf(fn)})`;
}

/** Replaces the parameter of `app => …`, which the function no longer is in. */
export function translateApp({ source, fn, ctxName }: ContextUses, appName: string | undefined, parts: readonly ts.Node[] = [ fn ]): void {
  const { ts } = source;
  if (!appName || declaredIn(ts, fn).has(appName)) return;
  for (const node of parts.flatMap(part => referencesIn(ts, part, appName))) {
    source.replace(node, ts.isShorthandPropertyAssignment(node.parent) ? `${appName}: ${ctxName}.app` : `${ctxName}.app`);
  }
}

/** co's generators become async functions: `yield` awaits. */
export function translateYields({ source, fn }: ContextUses): void {
  const { ts } = source;
  if (!('asteriskToken' in fn) || !fn.asteriskToken) return;
  walk(fn, node => {
    if (node !== fn && ts.isFunctionLike(node)) return false;
    if (!ts.isYieldExpression(node)) return undefined;
    const given = node.expression;
    if (given && ts.isIdentifier(given) && given.text === 'next') source.replace(node, 'await next()');
    else if (!given || ts.isObjectLiteralExpression(given)) source.mark(node, 'await does not wait for the members of an object, as yield did.');
    else if (ts.isArrayLiteralExpression(given)) {
      source.change(source.start(node), source.start(given), 'await Promise.all(');
      source.insert(given.end, ')');
    } else source.change(source.start(node), source.start(given), 'await ');
    return undefined;
  });
}
