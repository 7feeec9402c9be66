import type * as ts from 'typescript';
import { isReference, nameOf, walk } from '../source/nodes';
import type { Source } from '../source/source';
import { importsOf, translateImports } from './imports';

/** Whether a file has a socket controller of Midway. */
export function isMidwayController(source: Source): boolean {
  return importsOf(source).length > 0 && /@WSController\(/.test(source.text);
}

function decoratorsOf({ ts, tree }: Source, node: ts.Node): { name: string; call?: ts.CallExpression }[] {
  if (!ts.canHaveDecorators(node)) return [];
  return (ts.getDecorators(node) ?? []).map(({ expression }) => (
    ts.isCallExpression(expression) ? { name: expression.expression.getText(tree), call: expression } : { name: expression.getText(tree) }
  ));
}

/** The parameter for the ack, which Midway passes last, becomes a variable. */
function translateAck(source: Source, method: ts.MethodDeclaration, hasContext: boolean): void {
  const { ts } = source;
  const last = method.parameters.at(-1);
  if (!last || !method.body || !ts.isIdentifier(last.name)) return;
  const { text } = last.name;
  let isCalled = false;
  walk(method.body, node => {
    const isAck = ts.isIdentifier(node) && node.text === text && isReference(ts, node);
    if (isAck && ts.isCallExpression(node.parent) && node.parent.expression === node) isCalled = true;
  });
  if (!isCalled) return;
  const [ first ] = method.body.statements;
  if (!hasContext) {
    source.mark(method, `the ack is no argument here: inject ctx, and use ctx.ack in place of ${text}.`);
    return;
  }
  source.change(method.parameters.at(-2)?.end ?? source.start(last), last.end, '');
  source.insert(source.start(first), `const ${text} = this.ctx.ack!;\n${source.indentAt(source.start(first))}`);
}

function translateMember(source: Source, member: ts.ClassElement, hasContext: boolean, hasService: (name: string) => boolean): void {
  const { ts, tree } = source;
  const decorators = decoratorsOf(source, member);
  for (const { name, call } of decorators) {
    const [ given ] = call?.arguments ?? [];
    if (name === 'App' && given) {
      if (/WS_IO$|^(['"])socketIO\1$/.test(given.getText(tree))) source.change(call!.arguments.pos, call!.arguments.end, '');
      else source.mark(member, 'only the Socket.IO server is injected by @App(); Egg\'s application is ctx.app.');
    }
    if (/^On(WS)?Connection$/.test(name) && given) source.mark(member, 'a connection handler has no middleware: use connectionMiddleware of @WSController(), or a guard.');
    if (/^On(WS)?Message$/.test(name) && ts.isMethodDeclaration(member)) translateAck(source, member, hasContext);
    const property = nameOf(ts, member.name) ?? '';
    if (name === 'Inject' && ts.isPropertyDeclaration(member) && !given && /Service$/.test(property) && !hasService(property)) {
      source.mark(member, `nothing in app/service is called ${property.replace(/Service$/, '')}: make this provider a service of Egg.`);
    }
  }
  if (ts.isPropertyDeclaration(member) && decorators.length === 0) source.mark(member, 'an instance lives for one call; keep what lasts in ctx.data.');
}

/** Marks the names of middleware classes. */
function markMiddleware(source: Source, call: ts.CallExpression): void {
  const { ts, tree } = source;
  walk(call, node => {
    if (!ts.isPropertyAssignment(node) || !ts.isArrayLiteralExpression(node.initializer)) return;
    if (!/^(connectionMiddleware|middleware)$/.test(nameOf(ts, node.name) ?? '')) return;
    const names = node.initializer.elements.filter(element => ts.isIdentifier(element)).map(element => element.getText(tree));
    const classes = names.filter(name => /Middleware$/.test(name));
    if (classes.length > 0) source.mark(node, `middleware is a function (ctx, next) here, and no class: ${classes.join(', ')}.`);
  });
}

/**
 * Translates a socket controller of Midway, which is edited in place.
 *
 * @param source - the file
 * @param hasService - whether Egg has a service for an injected property
 */
export function translateController(source: Source, hasService: (name: string) => boolean): void {
  const { ts, tree } = source;
  translateImports(source);
  walk(tree, node => {
    if (ts.isClassDeclaration(node) && decoratorsOf(source, node).some(({ name }) => name === 'WSController')) {
      const hasContext = node.members.some(member => nameOf(ts, member.name) === 'ctx');
      for (const member of node.members) translateMember(source, member, hasContext, hasService);
      for (const { call } of [ node, ...node.members ].flatMap(part => decoratorsOf(source, part))) if (call) markMiddleware(source, call);
    }
    if (ts.isPropertyAccessExpression(node) && /^(requestContext|getAttr|setAttr)$/.test(node.name.text)) {
      source.mark(node, `ctx has no ${node.name.text}: use ctx.data for what lasts, and ctx itself for what is needed in one event.`);
    }
  });
}
