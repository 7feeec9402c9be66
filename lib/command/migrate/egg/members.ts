import type * as ts from 'typescript';
import { walk } from '../source/nodes';
import type { ContextUses } from './context';

/** Members of egg-socket.io's context, and where they are now. */
const MOVED: Record<string, (ctx: string) => string> = {
  client: ctx => `${ctx}.socket.client`,
  server: ctx => `${ctx}.app.io`,
  adapter: ctx => `${ctx}.nsp.adapter`,
  disconnected: ctx => `${ctx}.socket.disconnected`,
};
const GONE: Record<string, string> = {
  acks: 'ctx.acks is gone: Socket.IO 4 keeps its acks private.',
  json: 'ctx.json is gone: Socket.IO 4 needs no flag for JSON.',
  write: 'ctx.write() is gone; use ctx.send(), which emits the event message.',
};
/** Members of the context as well as of the socket. In TypeScript, `ctx.socket` of Egg's own context has the type of a TCP socket. */
const ON_CONTEXT = new Set([
  'id', 'handshake', 'rooms', 'nsp', 'conn', 'connected', 'broadcast', 'volatile', 'emit', 'send', 'join', 'leave', 'to', 'in', 'compress', 'disconnect',
]);

function translateSocket(uses: ContextUses): void {
  const { source } = uses;
  const { ts } = source;
  for (const { node, ctx } of uses.of('socket')) {
    const access = node.parent;
    if (!ts.isPropertyAccessExpression(access) || access.expression !== node) continue;
    const { parent } = access;
    const isLeft = ts.isBinaryExpression(parent) && parent.left === access && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
    if (isLeft) source.mark(access, `keep ${access.name.text} in ctx.data: it is typed, and restored when a connection is recovered.`);
    const isAlias = ts.isIdentifier(node);
    if (source.isTypeScript && uses.style === 'class' && !isAlias && ON_CONTEXT.has(access.name.text)) source.replace(node, ctx);
    const call = access.parent;
    if (/^(join|leave)$/.test(access.name.text) && ts.isCallExpression(call) && call.expression === access && call.arguments.length > 1) {
      source.mark(call, `${access.name.text}() no longer takes a callback, which would never be called; await it.`);
    }
  }
}

/** `Object.keys(ctx.socket.rooms)`: rooms are a Set now. */
function translateRooms({ source, fn }: ContextUses): void {
  const { ts, tree } = source;
  walk(fn, node => {
    if (!ts.isCallExpression(node) || node.expression.getText(tree) !== 'Object.keys' || node.arguments.length !== 1) return;
    const [ rooms ] = node.arguments;
    if (!/\.rooms$/.test(rooms.getText(tree))) return;
    source.change(source.start(node), source.start(rooms), '[ ...');
    source.change(rooms.end, node.end, ' ]');
  });
}

/** Members of the context that are elsewhere, or gone. */
export function translateMembers(uses: ContextUses): void {
  const { source } = uses;
  for (const [ member, moved ] of Object.entries(MOVED)) {
    for (const { node, ctx } of uses.of(member)) if (source.ts.isPropertyAccessExpression(node)) source.replace(node, moved(ctx));
    for (const element of uses.bindingsOf(member)) source.mark(element, `${member} is no longer on the context: use ${moved('ctx')}.`);
  }
  for (const [ member, message ] of Object.entries(GONE)) for (const { node } of uses.of(member)) source.mark(node, message);
  translateSocket(uses);
  translateRooms(uses);
}

/** `ctx.packet`, an array of the event, its arguments and the ack. */
export function translatePacket(uses: ContextUses): void {
  const { source } = uses;
  const { ts } = source;
  const isWritten = (node: ts.Expression) => ts.isBinaryExpression(node.parent) && node.parent.left === node
    && node.parent.operatorToken.kind >= ts.SyntaxKind.FirstAssignment && node.parent.operatorToken.kind <= ts.SyntaxKind.LastAssignment;
  for (const { node, ctx } of uses.of('packet')) {
    const { parent } = node;
    if (ts.isElementAccessExpression(parent) && parent.expression === node && ts.isNumericLiteral(parent.argumentExpression)) {
      const index = Number(parent.argumentExpression.text);
      if (index > 0) source.replace(parent, `${ctx}.args[${index - 1}]`);
      else if (isWritten(parent)) source.mark(parent, 'an event cannot be renamed here; handle it under the name that clients send.');
      else source.replace(parent, `${ctx}.event`);
    } else if (isWritten(node) || (ts.isPropertyAccessExpression(parent) && parent.expression === node)) {
      source.mark(parent, 'ctx.packet is gone: use ctx.event and ctx.args, which has the arguments without the ack.');
    } else if (ts.isPropertyAccessExpression(node)) source.replace(node, `[ ${ctx}.event, ...${ctx}.args ]`);
    else source.mark(node, 'packet is gone: use ctx.event and ctx.args, which has the arguments without the ack.');
  }
}
