import type * as ts from 'typescript';
import { isReference, walk } from '../source/nodes';
import { ContextUses, type Occurrence } from './context';

const LIKE_AN_ACK = /^(ack|callback|cb|fn|done|reply|respond)$/i;

/** Whether an expression is called, or its type compared with 'function'. */
function isUsedAsFunction(uses: ContextUses, node: ts.Node): boolean {
  const { source: { ts, tree } } = uses;
  const { parent } = node;
  if (ts.isCallExpression(parent)) return parent.expression === node || isGivenAsAck(uses, parent, node);
  return ts.isTypeOfExpression(parent) && ts.isBinaryExpression(parent.parent) && parent.parent.getText(tree).includes('function');
}

/** Whether it is an argument of a method of the same class, which uses it as an ack. */
function isGivenAsAck({ source }: ContextUses, { expression, arguments: given }: ts.CallExpression, node: ts.Node): boolean {
  const { ts } = source;
  if (!ts.isPropertyAccessExpression(expression) || expression.expression.kind !== ts.SyntaxKind.ThisKeyword) return false;
  let isAck = false;
  walk(source.tree, method => {
    if (!ts.isMethodDeclaration(method) || method.name.getText(source.tree) !== expression.name.text) return;
    const name = method.parameters[given.findIndex(argument => argument === node)]?.name;
    if (name && ts.isIdentifier(name) && isAckVariable(new ContextUses(source, method, 'method', false), name.text)) isAck = true;
  });
  return isAck;
}

function isAckVariable(uses: ContextUses, name: string): boolean {
  const { source: { ts } } = uses;
  let isAck = LIKE_AN_ACK.test(name);
  walk(uses.fn, node => {
    if (ts.isIdentifier(node) && node.text === name && isReference(ts, node) && isUsedAsFunction(uses, node)) isAck = true;
  });
  return isAck;
}

/** The variable that an expression is the value of. */
function variableOf({ source: { ts } }: ContextUses, node: ts.Expression): string | undefined {
  let { parent } = node;
  while (ts.isAsExpression(parent) || ts.isParenthesizedExpression(parent) || ts.isNonNullExpression(parent)) ({ parent } = parent);
  return ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name) ? parent.name.text : undefined;
}

/** `args.pop()`, `args.slice(-1)[0]`, `args[args.length - 1]` and so on: the whole expression, if it takes the last argument. */
function lastArgument({ source: { ts, tree } }: ContextUses, { node }: Occurrence): ts.Expression | undefined {
  const { parent } = node;
  const args = node.getText(tree);
  if (ts.isElementAccessExpression(parent) && parent.expression === node) {
    return parent.argumentExpression.getText(tree).replace(/\s/g, '') === `${args.replace(/\s/g, '')}.length-1` ? parent : undefined;
  }
  if (!ts.isPropertyAccessExpression(parent) || !ts.isCallExpression(parent.parent)) return undefined;
  const call = parent.parent;
  const given = call.arguments.map(argument => argument.getText(tree)).join();
  if (parent.name.text === 'pop' || (parent.name.text === 'at' && given === '-1')) return call;
  const isFirst = ts.isElementAccessExpression(call.parent) && call.parent.argumentExpression.getText(tree) === '0';
  return isFirst && /^-1(,1)?$/.test(given) && /^(slice|splice)$/.test(parent.name.text) ? call.parent as ts.Expression : undefined;
}

/** `const [ text, ack ] = ctx.args`. */
function splitPattern(uses: ContextUses, { node, ctx }: Occurrence): boolean {
  const { source } = uses;
  const { ts } = source;
  let { parent } = node;
  while (ts.isAsExpression(parent) || ts.isNonNullExpression(parent)) ({ parent } = parent);
  if (!ts.isVariableDeclaration(parent) || !ts.isArrayBindingPattern(parent.name)) return false;
  const { elements } = parent.name;
  const last = elements.at(-1);
  if (!last || !ts.isBindingElement(last) || !ts.isIdentifier(last.name) || last.dotDotDotToken) return false;
  if (!isAckVariable(uses, last.name.text)) return false;
  const name = last.name.text;
  if (elements.length === 1) {
    source.replace(parent.name, name);
    source.replace(parent.initializer!, `${ctx}.ack`);
    return true;
  }
  source.change(elements.at(-2)!.end, last.end, '');
  const isConst = (parent.parent as ts.VariableDeclarationList).flags & ts.NodeFlags.Const;
  const statement = parent.parent.parent;
  source.insert(statement.end, `\n${source.indentAt(source.start(statement))}${isConst ? 'const' : 'let'} ${name} = ${ctx}.ack;`);
  return true;
}

/** In egg-socket.io, the ack is the last one of `ctx.args`; here it is `ctx.ack`. */
export function translateAck(uses: ContextUses): void {
  const { source } = uses;
  const { ts, tree } = source;
  const args = uses.of('args');
  const indexOf = ({ node: { parent }, node }: Occurrence) => {
    const index = ts.isElementAccessExpression(parent) && parent.expression === node ? parent.argumentExpression : undefined;
    return index && ts.isNumericLiteral(index) ? index.text : undefined;
  };
  const isAck = (node: ts.Expression) => {
    const name = variableOf(uses, node);
    return name === undefined ? isUsedAsFunction(uses, node) : isAckVariable(uses, name);
  };
  const acks = new Set(args.filter(use => indexOf(use) !== undefined && isAck(use.node.parent as ts.Expression)).map(indexOf));
  let isFound = false;
  const others: Occurrence[] = [];
  for (const use of args) {
    const last = lastArgument(uses, use);
    if (last ? isAck(last) : acks.has(indexOf(use))) {
      source.replace(last ?? use.node.parent, `${use.ctx}.ack`);
      // pop() and splice() have taken the ack off, as here.
      isFound ||= !last || !/\.(pop|splice)\(/.test(last.getText(tree));
    } else if (splitPattern(uses, use)) isFound = true;
    // The length inside of args[args.length - 1] goes with it.
    else if (indexOf(use) === undefined && !/\[[^\]]*\.length\s*-\s*1$/.test(tree.text.slice(0, use.node.parent.end + 4).slice(-60))) others.push(use);
  }
  for (const { node: { parent }, node } of isFound ? others : []) {
    const isPattern = ts.isVariableDeclaration(parent) && ts.isArrayBindingPattern(parent.name);
    if (!isPattern) source.mark(node, 'ctx.args no longer has the ack at its end; see whether this counts on it.');
  }
}
