import type * as ts from 'typescript';
import { declaredIn, dedent, type FunctionNode, isRequire, referencesIn, walk } from '../source/nodes';
import { MARKER, type Source } from '../source/source';
import { importLine } from './bindings';
import { ContextUses } from './context';
import { importFor } from './imports';
import { translateMembers, translatePacket } from './members';
import { keyOf, quote, wordOf } from './names';
import { shapeOf } from './shape';
import { translateApp, translateThis, translateYields } from './this';

/** Where the config names a middleware. */
export interface Roles { connection: readonly string[]; packet: readonly string[] }

/** The statement `await next()` of a function, if it is one of its own statements. */
function nextOf({ ts }: Source, body: ts.Block): ts.Statement | undefined {
  return body.statements.find(statement => {
    if (!ts.isExpressionStatement(statement)) return false;
    const { expression } = statement;
    const awaited = ts.isAwaitExpression(expression) || ts.isYieldExpression(expression) ? expression.expression : undefined;
    return awaited && /^next(\(\))?$/.test(awaited.getText());
  });
}

/** The comment for code that ran at the disconnect and cannot be moved. */
function commentOut(source: Source, start: number, end: number, why: string): void {
  const indent = source.indentAt(start);
  const lines = dedent(source.text.slice(start, end), indent).split('\n').map(line => `// ${line}`.trimEnd());
  source.change(start, end, [ `// ${MARKER} this ran at the disconnect, ${why}; move it to onDisconnection.`, ...lines ].join(`\n${indent}`));
}

/** The statements at the top of the file that declare what some code uses; nothing if one of them is more than an import. */
function importsFor(source: Source, nodes: readonly ts.Node[], to: string): string[] | undefined {
  const { ts, tree } = source;
  const needed: string[] = [];
  for (const statement of tree.statements) {
    const isDeclaration = ts.isVariableStatement(statement) || ts.isImportDeclaration(statement) || ts.isFunctionDeclaration(statement)
      || ts.isClassDeclaration(statement);
    const names = isDeclaration ? declaredIn(ts, statement) : new Set<string>();
    if (![ ...names ].some(name => nodes.some(node => referencesIn(ts, node, name).length > 0))) continue;
    const isImport = ts.isImportDeclaration(statement) || isRequire(ts, statement);
    // The exported function declares parameters of its own.
    if (!isImport) {
      if (ts.isExportAssignment(statement) || ts.isExpressionStatement(statement)) continue;
      return undefined;
    }
    needed.push(importFor(source, statement, to));
  }
  return needed;
}

/** A controller for what a connection middleware did after `next()`. */
function disconnectController(
  source: Source, uses: ContextUses, after: readonly ts.Statement[], namespaces: readonly string[], imports: readonly string[],
): string {
  const text = source.render(source.commentStart(after[0]), source.commentEnd(after.at(-1)!));
  const body = dedent(text, source.indentAt(source.start(after[0])), '  ');
  const { isModule } = source;
  const { ctxName } = uses;
  const head = [ ...isModule ? [] : [ "'use strict';", '' ], ...imports, importLine([ 'defineSocketController' ], isModule) ].join('\n');
  const exports = namespaces.map((namespace, i) => {
    const target = namespaces.length > 1 ? (isModule ? `export const ${wordOf(namespace)} = ` : `exports.${keyOf(wordOf(namespace))} = `)
      : isModule ? 'export default ' : 'module.exports = ';
    return `${i > 0 ? '\n' : ''}${target}defineSocketController({\n  namespace: ${quote(namespace)},\n  onDisconnection,\n});\n`;
  });
  return `${head}\nasync function onDisconnection(${ctxName}${source.isTypeScript ? ': Context' : ''}) {\n  ${body}\n}\n\n${exports.join('')}`
    .replace('{ defineSocketController }', source.isTypeScript ? '{ type Context, defineSocketController }' : '{ defineSocketController }');
}

/** Marks places where a connection went on without `next()`. */
function markRefusals(source: Source, fn: FunctionNode, next: ts.Statement | undefined): void {
  const { ts } = source;
  if (!next) {
    const isCalled = /\bnext\(\)/.test(fn.getText(source.tree));
    if (!isCalled) source.mark(fn, 'without next(), the client was connected; now it is refused.');
    return;
  }
  walk(fn, node => {
    if (node !== fn && ts.isFunctionLike(node)) return false;
    if (ts.isReturnStatement(node) && node.pos < next.pos && !/\bnext\(\)/.test(node.getText(source.tree))) {
      source.mark(node, 'without next(), the client was connected; now it is refused. To refuse it, throw a SocketIOError, so that it gets the reason.');
    }
    return undefined;
  });
}

/**
 * Translates a middleware file, which is edited in place.
 *
 * @param source - the file
 * @param roles - the namespaces that it serves
 * @param to - the path of that controller
 * @return a controller for the code that ran at the disconnect, if there is any
 */
export function translateMiddleware(source: Source, { connection, packet }: Roles, to: string): string | undefined {
  const { ts, tree } = source;
  const shape = shapeOf(source);
  if (typeof shape === 'string' || shape.members.length !== 1) {
    source.mark(tree.statements[0] ?? tree, 'this middleware could not be read; compare it with docs/middleware.md.');
    return undefined;
  }
  const [{ fn }] = shape.members;
  const uses = new ContextUses(source, fn, 'function');
  const isGenerator = 'asteriskToken' in fn && fn.asteriskToken;
  if (isGenerator) {
    translateYields(uses);
    translateThis(uses, new Map());
    source.change(source.start(fn), source.start(fn.body!), `async (${uses.ctxName}, next) => `);
  }
  translateMembers(uses);
  if (packet.length > 0 || connection.length === 0) translatePacket(uses);
  const body = fn.body && ts.isBlock(fn.body) ? fn.body : undefined;
  const next = body && nextOf(source, body);
  if (connection.length === 0) return undefined;
  if (body) markRefusals(source, fn, next);
  const after = next ? body!.statements.slice(body!.statements.indexOf(next) + 1) : [];
  if (after.length === 0) return undefined;

  const [ start, end ] = [ source.commentStart(after[0]), source.commentEnd(after.at(-1)!) ];
  const before = body!.statements.slice(0, body!.statements.indexOf(next!) + 1);
  const kept = new Set(before.flatMap(statement => [ ...declaredIn(ts, statement) ]));
  const shared = [ ...kept ].find(name => after.some(statement => referencesIn(ts, statement, name).length > 0));
  const imports = importsFor(source, after, to);
  const isUsedAfter = (name: string) => after.some(node => referencesIn(ts, node, name).length > 0);
  const usesInner = shape.inner.some(statement => [ ...declaredIn(ts, statement) ].some(isUsedAfter));
  const why = shared ? `and uses ${shared} from before` : packet.length > 0 ? 'but after the event where this is packet middleware'
    : !imports || usesInner ? 'and uses what is declared around it' : undefined;
  if (why) {
    commentOut(source, start, end, why);
    return undefined;
  }
  translateApp(uses, shape.appName, after);
  const controller = disconnectController(source, uses, after, connection, imports!);
  const [ from, until ] = source.wholeLines(start, end);
  // An empty line above goes with it.
  const isAfterEmpty = source.text.slice(0, from).endsWith('\n\n');
  source.change(isAfterEmpty ? from - 1 : from, until, '');
  return controller;
}
