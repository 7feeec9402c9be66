import type * as ts from 'typescript';
import { declaredIn, dedent, type FunctionNode, hasModifier, referencesIn, walk } from '../source/nodes';
import type { Source } from '../source/source';
import { translateAck } from './ack';
import { type Binding, importLine, plainExports } from './bindings';
import { ContextUses } from './context';
import { dropController, isAfterDirective, placeForImports } from './imports';
import { translateMembers } from './members';
import type { Member, Shape } from './shape';
import { type Sibling, translateApp, translateThis, translateYields } from './this';

const RESERVED = /^(?:arguments|await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|eval|export|extends|false|finally|for|function|if|implements|import|in|instanceof|interface|let|new|null|package|private|protected|public|return|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield|require|module|exports|defineSocketController)$/;

/** Names for the functions that take the place of members: those of the members, unless the file has another use for them. */
function functionNames(source: Source, members: readonly Member[], appName: string | undefined, fallback: string): Map<string, string> {
  const taken = new Set([ ...declaredIn(source.ts, source.tree), ...appName ? [ appName ] : [] ]);
  return new Map(members.map(({ name }) => {
    const wanted = name === '' ? fallback : name;
    const isFree = !RESERVED.test(wanted) && !taken.has(wanted) && /^[A-Za-z_$][\w$]*$/.test(wanted);
    const safe = wanted.replace(/[^\w$]/g, '_');
    return [ name, isFree ? wanted : `on${safe[0].toUpperCase()}${safe.slice(1)}` ];
  }));
}

function parametersOf(uses: ContextUses): string {
  const { source, fn, ctxName, isHandler } = uses;
  const [ first ] = fn.parameters;
  const given = first && source.render(first.getStart(source.tree), fn.parameters.at(-1)!.end).replace(/^this\s*:[^,]*,?\s*/, '');
  return isHandler ? given || ctxName : [ ctxName, ...given ? [ given ] : [] ].join(', ');
}

/** Whether a method needs the context when it is no method any more. */
function usesContext({ ts }: Source, fn: FunctionNode, appName: string | undefined): boolean {
  let isUsed = appName !== undefined && referencesIn(ts, fn, appName).length > 0;
  walk(fn, node => { if (node.kind === ts.SyntaxKind.ThisKeyword) isUsed = true; });
  return isUsed;
}

/** A member as a function of its own. */
function asFunction(uses: ContextUses, { name, needsContext }: Sibling): string {
  const { source, fn } = uses;
  const { ts } = source;
  const own = fn.parameters.length > 0 ? source.render(fn.parameters[0].getStart(source.tree), fn.parameters.at(-1)!.end) : '';
  if (ts.isArrowFunction(fn)) {
    const text = source.renderNode(fn);
    return `const ${name} = ${fn.parameters.length > 0 ? text : text.replace('()', uses.ctxName)};`;
  }
  const isAsync = fn.asteriskToken || hasModifier(ts, fn, ts.SyntaxKind.AsyncKeyword);
  return `${isAsync ? 'async ' : ''}function ${name}(${needsContext ? parametersOf(uses) : own}) ${source.renderNode(fn.body!)}`;
}

function isEggController({ ts, tree }: Source, node: ts.ClassLikeDeclaration, appName: string | undefined): boolean {
  const clause = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
  if (!clause) return true;
  const name = clause.types[0].expression.getText(tree);
  const isImported = new RegExp('Controller\\b[^;]*(require\\(|from\\s*)[\'"]egg[\'"]').test(tree.text);
  if (name === 'Controller') return isImported;
  return name === `${appName ?? 'app'}.Controller` || name === 'egg.Controller' || /^require\(['"]egg['"]\)\.Controller$/.test(name);
}

function problemOf(source: Source, { kind, classNode, members, inner, appName }: Shape): string | undefined {
  const { ts, tree } = source;
  if (kind === 'class') {
    const other = classNode!.members.find(member => !ts.isMethodDeclaration(member) && !ts.isSemicolonClassElement(member));
    if (other) return `its class has more than methods (line ${source.lineOf(other)})`;
    if (classNode!.members.some(member => hasModifier(ts, member, ts.SyntaxKind.StaticKeyword))) return 'its class has static methods';
    if (!isEggController(source, classNode!, appName)) return 'its class extends one of the app';
  }
  const needsApp = appName && inner.find(statement => new RegExp(`\\b${appName}\\b`).test(statement.getText(tree)));
  if (needsApp) return `it computes something from ${appName} (line ${source.lineOf(needsApp)})`;
  return members.some(({ fn }) => !fn.body) ? 'a function has no body' : undefined;
}

/** The comments from one place to another, in lines of their own. */
function commentLines(source: Source, start: number, end: number): string[] {
  return source.commentsIn(start, end).map(comment => dedent(comment, source.indentAt(start)));
}

function withComments(source: Source, node: ts.Node, text: string): string {
  const start = source.commentStart(node);
  const comments = source.text.slice(start, source.start(node)).trimEnd();
  const trailing = source.commentsIn(node.end, source.commentEnd(node));
  const lead = comments ? `${dedent(comments, source.indentAt(source.start(node)))}\n` : '';
  return `${lead}${dedent(text, source.indentAt(source.start(node)))}${trailing.length > 0 ? ` ${trailing.join(' ')}` : ''}`;
}

/** The new text of a file, or why there is none. */
export type Translated = { text: string } | { problem: string };

/**
 * The plain form of a controller: its methods become functions whose first parameter is the context.
 *
 * @param source - the file
 * @param shape - what it exports
 * @param bindings - what it handles, by namespace
 * @param fallback - the name of the function in a file that exports only one
 */
export function plainController(source: Source, shape: Shape, bindings: readonly Binding[], fallback: string): Translated {
  const { ts, tree } = source;
  const { kind, members, appName, exported, inner, classNode } = shape;
  const problem = problemOf(source, shape);
  if (problem) return { problem };
  const names = functionNames(source, members, appName, fallback);
  const routed = new Set(bindings.flatMap(({ routes }) => routes.map(({ member }) => member)));
  const isHandler = ({ name }: Member) => kind === 'functions' || routed.has(name);
  const siblings = new Map(members.map(member => [
    member.name, { name: names.get(member.name)!, needsContext: isHandler(member) || usesContext(source, member.fn, appName) },
  ]));
  const functions = new Map<Member, string>();
  for (const member of members) {
    const uses = new ContextUses(source, member.fn, kind === 'class' ? 'method' : 'function', isHandler(member));
    const hasOther = !isHandler(member) && member.fn.parameters.some(({ name }) => name.getText(tree) === uses.ctxName);
    if (hasOther && siblings.get(member.name)!.needsContext) return { problem: `a parameter of ${member.name} is called ${uses.ctxName} as well` };
    const failed = translateThis(uses, siblings);
    if (failed) return { problem: failed };
    translateApp(uses, appName);
    translateYields(uses);
    translateAck(uses);
    translateMembers(uses);
    functions.set(member, asFunction(uses, siblings.get(member.name)!));
  }
  const isGone = (node: ts.Node) => !!classNode?.heritageClauses?.some(clause => node.pos >= clause.pos && node.end <= clause.end);
  dropController(source, isGone);

  const pieces: string[] = [];
  const isInside = (node: ts.Node, outer: ts.Node) => node.pos >= outer.pos && node.end <= outer.end;
  const done = new Set<ts.Node>();
  const addMembers = (statement: ts.Statement) => {
    const parts = [ ...inner.map(node => ({ node: node as ts.Node, text: source.renderNode(node) })),
      ...members.map(member => ({ node: member.holder, text: functions.get(member)! })) ]
      .filter(({ node }) => isInside(node, statement) && !done.has(node)).sort((a, b) => a.node.pos - b.node.pos);
    for (const { node, text } of parts) {
      done.add(node);
      // The holder of a file's only function begins where its statement does.
      const isOnly = node !== statement && (ts.isArrowFunction(node) || ts.isFunctionExpression(node));
      pieces.push(isOnly ? dedent(text, source.indentAt(source.start(node))) : withComments(source, node, text));
    }
    const last = parts.at(-1)?.node;
    if (last && last !== statement) pieces.push(...commentLines(source, source.commentEnd(last), statement.end));
  };
  const at = placeForImports(source);
  for (const statement of tree.statements) {
    if (statement.end <= at) continue;
    if (!exported.has(statement)) {
      pieces.push(source.render(source.commentStart(statement), source.commentEnd(statement)));
      continue;
    }
    const isOwnHolder = members.some(({ holder }) => holder === statement);
    const comments = isOwnHolder ? '' : source.text.slice(Math.max(at, source.commentStart(statement)), source.start(statement)).trimEnd();
    if (comments) pieces.push(comments);
    addMembers(statement);
  }
  const isModule = source.isModule;
  const head = source.render(0, at);
  const gap = head === '' || !isAfterDirective(source) || head.endsWith('\n\n') ? '' : '\n';
  const end = source.commentsIn(tree.statements.at(-1)?.end ?? 0, source.text.length)
    .filter(comment => !pieces.some(piece => piece.includes(comment)));
  const body = [ ...pieces, plainExports(bindings, isModule, member => names.get(member)!).trimEnd(), ...end ].join('\n\n');
  return { text: `${head}${gap}${importLine([ 'defineSocketController' ], isModule)}\n${body}\n` };
}

/** The functions that a controller would have in either form; for those that a route names but the file does not have. */
export function hasMember({ members }: Shape, name: string): boolean {
  return members.some(member => member.name === name);
}
