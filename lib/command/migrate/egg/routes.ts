import type * as ts from 'typescript';
import { declaredIn, referencesIn, walk } from '../source/nodes';
import type { Source } from '../source/source';
import { constantOf, resolvedChain } from './chains';
import { namespaceOf } from './names';

/** A call of `route()`. */
export interface Route {
  source: Source;
  call: ts.CallExpression;
  namespace: string;
  event: string;
  /** The names after `app.io.controller`. */
  handler: string[];
  /** Those above the statement, and behind it. */
  comments: string[];
}

/** The namespace that the object of a `route` call stands for; nothing if it is not one of Socket.IO's. */
function namespaceOfChain(chain: readonly string[]): string | undefined {
  const [ last, before ] = [ chain.at(-1)!, chain.at(-2) ];
  if (last === 'io') return '/';
  const of = /^of\((.*)\)$/.exec(last);
  return of && before === 'io' ? namespaceOf(of[1]) : undefined;
}

function commentsOf(source: Source, statement: ts.Statement): string[] {
  return [
    ...source.commentsIn(source.commentStart(statement), source.start(statement)),
    ...source.commentsIn(statement.end, source.commentEnd(statement)),
  ];
}

/** The routes of a file. Those that cannot be read get a comment. */
export function routesOf(source: Source): Route[] {
  const { ts } = source;
  const routes: Route[] = [];
  walk(source.tree, node => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression) || node.expression.name.text !== 'route') return;
    const chain = resolvedChain(source, node.expression.expression);
    const isOfIo = chain?.includes('io') ?? /\bio\b.*\.of\(/.test(node.expression.expression.getText(source.tree));
    if (!isOfIo) return;
    const namespace = chain && namespaceOfChain(chain);
    const event = constantOf(source, node.arguments[0]);
    const handler = node.arguments[1] && resolvedChain(source, node.arguments[1]);
    const at = handler?.findIndex(name => name === 'controller' || name === 'controllers') ?? -1;
    if (namespace === undefined) source.mark(node, 'the namespace of this route is only known at run time; write a controller for it in app/socket.');
    else if (event === undefined) source.mark(node, 'the event of this route is only known at run time; write its handler in app/socket.');
    else if (!handler || handler[at - 1] !== 'io') source.mark(node, 'this handler is not one of app.io.controller; move it to a controller in app/socket.');
    else if (!ts.isExpressionStatement(node.parent)) source.mark(node, 'this route is part of an expression; move its handler to app/socket.');
    else routes.push({ source, call: node, namespace, event, handler: handler.slice(at + 1), comments: commentsOf(source, node.parent) });
  });
  return routes;
}

function isInside(node: ts.Node, ranges: readonly (readonly [number, number])[]): boolean {
  return ranges.some(([ start, end ]) => node.pos >= start && node.end <= end);
}

/** Removes a statement and its comments; at the start of a block, also the empty lines behind it. */
function removeStatement(source: Source, statement: ts.Statement): void {
  const [ start, end ] = [ source.commentStart(statement), source.commentEnd(statement) ];
  const { parent } = statement;
  source.remove(statement, start, end);
  if (!source.ts.isBlock(parent) || parent.statements[0] !== statement) return;
  const [ , first, spare ] = /^([ \t]*\n)((?:[ \t]*\n)+)/.exec(source.text.slice(end)) ?? [];
  if (spare) source.change(end + first.length, end + first.length + spare.length, '');
}

/** Removes variables that only removed code has used. */
function removeUnused(source: Source, names: Iterable<string>, ranges: [number, number][]): void {
  const { ts, tree } = source;
  const removed = new Map<ts.ObjectBindingPattern, Set<ts.BindingElement>>();
  const isUsed = (name: string, own: ts.Node) => referencesIn(ts, tree, name).some(node => node.parent !== own && !isInside(node, ranges));
  const pending = [ ...names ];
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    walk(tree, node => {
      if (!(ts.isVariableDeclaration(node) || ts.isBindingElement(node)) || !ts.isIdentifier(node.name) || node.name.text !== name) return;
      if (isInside(node, ranges) || isUsed(name!, node)) return;
      const statement = node.parent.parent;
      if (ts.isVariableDeclaration(node) && ts.isVariableStatement(statement) && statement.declarationList.declarations.length === 1) {
        removeStatement(source, statement);
        ranges.push([ statement.pos, statement.end ]);
      } else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
        const gone = removed.get(node.parent) ?? new Set();
        removed.set(node.parent, gone.add(node));
        ranges.push([ node.pos, node.end ]);
      } else return;
      walk(node, inner => { if (ts.isIdentifier(inner) && inner.text !== name) pending.push(inner.text); });
    });
  }
  for (const [ pattern, gone ] of removed) {
    const left = pattern.elements.filter(element => !gone.has(element)).map(element => element.getText(source.tree));
    const statement = pattern.parent.parent?.parent;
    if (left.length > 0) source.replace(pattern, `{ ${left.join(', ')} }`);
    else if (statement && ts.isVariableStatement(statement)) removeStatement(source, statement);
    else if (ts.isParameter(pattern.parent)) source.replace(pattern.parent, '');
  }
}

/** Removes the empty lines around removed statements that would be left at the end of a block, or twice. */
function removeEmptyLines(source: Source, gone: ReadonlySet<ts.Node>): void {
  const { ts, text } = source;
  for (const block of new Set([ ...gone ].map(({ parent }) => parent))) {
    if (!ts.isBlock(block) && !ts.isSourceFile(block)) continue;
    const { statements } = block;
    statements.forEach((statement, i) => {
      const previous = statements[i - 1];
      if (!gone.has(statement)) return;
      let end = i;
      while (end < statements.length && gone.has(statements[end])) end++;
      const after = text.slice(source.commentEnd(statements[end - 1]));
      const start = source.lineStart(source.commentStart(statement));
      const empty = /\n((?:[ \t]*\n)+)$/.exec(text.slice(0, start))?.[1].length ?? 0;
      if (previous && gone.has(previous)) {
        source.change(start - empty, start, '');
        return;
      }
      if (previous && empty > 0 && (end === statements.length || /^[ \t]*\n[ \t]*\n/.test(after))) source.change(start - empty, start, '');
      const [ , first, spare ] = /^([ \t]*\n)((?:[ \t]*\n)+)/.exec(after) ?? [];
      const place = source.commentEnd(statements[end - 1]) + (first?.length ?? 0);
      if (!previous && spare && end < statements.length) source.change(place, place + spare.length, '');
    });
  }
}

/** Removes translated routes, and the variables that only they have used. */
export function removeRoutes(routes: readonly Route[]): void {
  for (const source of new Set(routes.map(route => route.source))) {
    const ranges: [number, number][] = [];
    const names = new Set<string>();
    for (const route of routes.filter(({ source: its }) => its === source)) {
      const statement = route.call.parent;
      source.remove(statement, source.commentStart(statement), source.commentEnd(statement));
      ranges.push([ statement.pos, statement.end ]);
      walk(statement, node => { if (source.ts.isIdentifier(node)) names.add(node.text); });
    }
    removeEmptyLines(source, new Set(routes.filter(({ source: its }) => its === source).map(({ call }) => call.parent)));
    const declared = declaredIn(source.ts, source.tree);
    removeUnused(source, [ ...names ].filter(name => declared.has(name)), ranges);
  }
}
