import type * as ts from 'typescript';
import { walk } from '../source/nodes';
import type { Source } from '../source/source';
import { resolvedChain } from './chains';

/** Methods of Socket.IO 2's adapters, and what to use now. */
const ADAPTER: Record<string, string> = {
  clients: 'fetchSockets() of the namespace', clientRooms: 'fetchSockets() of the namespace, whose sockets have rooms',
  remoteJoin: 'nsp.in(id).socketsJoin(room)', remoteLeave: 'nsp.in(id).socketsLeave(room)', remoteDisconnect: 'nsp.in(id).disconnectSockets(true)',
  customRequest: 'serverSideEmit()',
};

function isNamespace(source: Source, node: ts.Expression): boolean {
  const chain = resolvedChain(source, node);
  const last = chain?.at(-1);
  return last !== undefined && ((/^of\(/.test(last) && chain!.includes('io')) || last === 'nsp');
}

/** Whether it stands for the namespace itself: a variable that is called so is not enough. */
function nameOfAccess({ ts }: Source, node: ts.Expression): { object: ts.Expression; name: string } | undefined {
  return ts.isPropertyAccessExpression(node) ? { object: node.expression, name: node.name.text } : undefined;
}

/** Whether a string is what a file imports, or declares members of. */
function isModuleName({ ts }: Source, { parent }: ts.StringLiteral): boolean {
  return ts.isImportDeclaration(parent) || ts.isModuleDeclaration(parent) || ts.isExternalModuleReference(parent)
    || ts.isCallExpression(parent);
}

/** Whether it is part of a route, which is translated or marked itself. */
function isInRoute({ ts }: Source, node: ts.Node): boolean {
  for (let at = node.parent; at && !ts.isStatement(at); at = at.parent) {
    if (ts.isCallExpression(at) && ts.isPropertyAccessExpression(at.expression) && at.expression.name.text === 'route') return true;
  }
  return false;
}

/** Marks or translates the parts of Socket.IO 2's API that are gone, wherever the app uses them. */
export function translateUsages(source: Source): void {
  const { ts, tree } = source;
  walk(tree, node => {
    if (ts.isElementAccessExpression(node)) {
      const access = nameOfAccess(source, node.expression);
      if (access && (access.name === 'sockets' || access.name === 'connected') && isNamespace(source, access.object)) {
        source.change(access.object.end, source.start(node.argumentExpression), '.sockets.get(');
        source.change(node.argumentExpression.end, node.end, ')');
      }
    }
    if (ts.isPropertyAccessExpression(node)) {
      const access = nameOfAccess(source, node.expression);
      if (access?.name === 'adapter' && ADAPTER[node.name.text]) source.mark(node, `adapter.${node.name.text}() is gone: use ${ADAPTER[node.name.text]}.`);
      const chain = /^(controllers?|middlewares?)$/.test(node.name.text) && !isInRoute(source, node) ? resolvedChain(source, node) : undefined;
      if (chain?.at(-2) === 'io' && chain.at(-3) === 'app') source.mark(node, `app.io.${node.name.text} is gone: controllers and middleware are loaded from app/socket.`);
    }
    if (ts.isStringLiteral(node) && node.text === 'egg-socket.io' && isModuleName(source, node)) {
      const [ quote ] = node.getText(tree);
      source.replace(node, `${quote}egg-socketio${quote}`);
    }
  });
}
