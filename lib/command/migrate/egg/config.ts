import type * as ts from 'typescript';
import { bare, dedent, nameOf, propertyOf, stringOf } from '../source/nodes';
import { MARKER, type Source } from '../source/source';
import { importLine } from './bindings';
import { placeForImports } from './imports';
import { namespaceOf } from './names';

/** A namespace in `config.io.namespace`. */
export interface NamespaceConfig { name: string; connectionMiddleware: string[]; packetMiddleware: string[]; comments: string[] }

/** An entry of a config file: `exports.name = …`, `config.name = …` or `name: …`. */
export interface Entry { holder: ts.ExpressionStatement | ts.PropertyAssignment; nameNode: ts.Node; value: ts.Expression }

/** Whether a property is one of the config itself, and not of an option in it. */
function isTop({ ts }: Source, property: ts.PropertyAssignment): boolean {
  for (let node: ts.Node = property.parent.parent; node; node = node.parent) {
    if (ts.isPropertyAssignment(node)) return false;
    if (ts.isStatement(node)) return true;
  }
  return true;
}

/** The entries of a name in a config file. */
export function entriesOf(source: Source, name: string): Entry[] {
  const { ts, tree } = source;
  const found: Entry[] = [];
  const visit = (node: ts.Node): void => {
    const assigned = ts.isExpressionStatement(node) && ts.isBinaryExpression(node.expression) ? node.expression : undefined;
    const target = assigned && ts.isPropertyAccessExpression(assigned.left) ? assigned.left : undefined;
    if (target && target.name.text === name && assigned!.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
      found.push({ holder: node as ts.ExpressionStatement, nameNode: target.name, value: bare(ts, assigned!.right) });
    } else if (ts.isPropertyAssignment(node) && nameOf(ts, node.name) === name && isTop(source, node)) {
      found.push({ holder: node, nameNode: node.name, value: bare(ts, node.initializer) });
    } else node.forEachChild(visit);
  };
  visit(tree);
  return found;
}

const EIO3 = [ '// Clients of Socket.IO 2 keep working; remove it when the last one has been updated.', 'allowEIO3: true,' ];

const INIT = new Set([
  'pingTimeout', 'pingInterval', 'maxHttpBufferSize', 'transports', 'allowUpgrades', 'upgradeTimeout', 'perMessageDeflate', 'httpCompression', 'path',
  'serveClient', 'parser', 'allowRequest',
]);
const GONE: Record<string, string> = {
  origins: 'use cors; without it, only pages of the app\'s own origin may connect.',
  namespace: 'the namespaces of this file could not be read; give their middleware to @WSController() or defineSocketController().',
};

/** The lines of an object's members, in the order of the file. */
class Members {
  readonly lines: string[] = [];
  needsRedis = false;

  constructor(private readonly source: Source, private readonly indent: string) {}

  add(node: ts.Node, text: string): void {
    const { source, indent } = this;
    const own = source.indentAt(source.start(node));
    const comments = source.text.slice(source.commentStart(node), source.start(node)).trimEnd();
    if (comments) this.lines.push(...dedent(comments, own, indent).split('\n').map((line, i) => (i === 0 ? indent + line : line)));
    // The comma stands between a member and the comment behind it.
    const end = source.text[node.end] === ',' ? node.end + 1 : node.end;
    const trailing = source.ts.getTrailingCommentRanges(source.text, end)?.map(({ pos, end: to }) => source.text.slice(pos, to)) ?? [];
    this.lines.push(indent + dedent(text, own, indent) + [ ',', ...trailing ].join(' ').replace(/^, /, ', '));
  }

  markOut(node: ts.Node, message: string): void {
    const { source, indent } = this;
    const text = dedent(source.text.slice(source.start(node), node.end), source.indentAt(source.start(node)));
    this.lines.push(`${indent}// ${MARKER} ${message}`, ...text.split('\n').map(line => `${indent}// ${line}`.trimEnd()));
  }

  addInit(property: ts.ObjectLiteralElementLike): void {
    const { ts } = this.source;
    const name = nameOf(ts, property.name) ?? '';
    const value = ts.isPropertyAssignment(property) ? bare(ts, property.initializer) : undefined;
    if (name === 'wsEngine' && value && ts.isStringLiteralLike(value)) return;
    if (name === 'cookie' && value && ts.isStringLiteralLike(value)) {
      this.add(property, `cookie: { name: ${value.getText(this.source.tree)} }`);
    } else if (INIT.has(name) || name === 'wsEngine' || name === 'cookie') this.add(property, this.source.renderNode(property));
    else this.markOut(property, GONE[name] ?? 'this is no option of Socket.IO 4 that the command knows; see docs/options.md.');
  }

  addRedis(property: ts.PropertyAssignment): void {
    const { source } = this;
    const value = bare(source.ts, property.initializer);
    if (source.ts.isObjectLiteralExpression(value)) {
      for (const member of value.properties) {
        const isPassword = source.ts.isPropertyAssignment(member) && /^(auth_pass|auth)$/.test(nameOf(source.ts, member.name) ?? '');
        if (isPassword) source.replace(member.name, 'password');
      }
    }
    this.add(property, `adapter: createRedisAdapter(${source.renderNode(property.initializer)})`);
    this.needsRedis = true;
  }
}

/** The namespaces of `config.io`, or nothing if they are not written out. */
function namespacesOf(source: Source, value: ts.Expression): NamespaceConfig[] | undefined {
  const { ts } = source;
  if (!ts.isObjectLiteralExpression(value)) return undefined;
  const found: NamespaceConfig[] = [];
  for (const property of value.properties) {
    const name = nameOf(ts, property.name);
    const options = ts.isPropertyAssignment(property) ? bare(ts, property.initializer) : undefined;
    if (name === undefined || !options || !ts.isObjectLiteralExpression(options)) return undefined;
    const comments = source.commentsIn(source.commentStart(property), property.end);
    const namespace: NamespaceConfig = { name: namespaceOf(name), connectionMiddleware: [], packetMiddleware: [], comments };
    for (const option of options.properties) {
      const key = nameOf(ts, option.name);
      const list = ts.isPropertyAssignment(option) ? bare(ts, option.initializer) : undefined;
      if (key !== 'connectionMiddleware' && key !== 'packetMiddleware') return undefined;
      if (!list || !ts.isArrayLiteralExpression(list)) return undefined;
      const names = list.elements.map(element => stringOf(ts, element));
      if (names.includes(undefined)) return undefined;
      namespace[key] = names as string[];
    }
    found.push(namespace);
  }
  return found;
}

/** Adds lines to a `socketio` that is there already, in place of `io`. */
function mergeInto(source: Source, own: ts.ObjectLiteralExpression, holder: Entry['holder'], lines: readonly string[]): void {
  const { text } = source;
  const last = own.properties.at(-1);
  const end = last ? source.commentEnd(last) : own.properties.pos;
  if (last && !own.properties.hasTrailingComma) source.insert(last.end, ',');
  const at = last && own.properties.hasTrailingComma ? text.indexOf(',', end) + 1 : end;
  const close = own.end - 1;
  const isOneLine = !text.slice(at, close).includes('\n');
  source.change(at, isOneLine ? close : at, `\n${lines.join('\n')}${isOneLine ? `\n${source.indentAt(source.start(own))}` : ''}`);
  source.remove(holder, source.commentStart(holder), text[holder.end] === ',' ? holder.end + 1 : holder.end);
}

/**
 * Turns `config.io` of a file into `config.socketio`.
 *
 * @param source - the config file, which is edited
 * @param isDefault - whether it is config.default, whose namespaces become those of the controllers
 * @return the namespaces
 */
export function translateConfig(source: Source, isDefault: boolean): NamespaceConfig[] {
  const { ts } = source;
  const namespaces: NamespaceConfig[] = [];
  for (const { holder, nameNode, value } of entriesOf(source, 'io')) {
    if (!ts.isObjectLiteralExpression(value)) {
      source.mark(holder, 'config.io is not an object literal here; write config.socketio by hand, see docs/migrating-from-egg-socket.io.md.');
      continue;
    }
    const outer = source.indentAt(source.start(holder));
    const members = new Members(source, `${outer}  `);
    for (const property of value.properties) {
      const key = nameOf(ts, property.name);
      const given = ts.isPropertyAssignment(property) ? bare(ts, property.initializer) : undefined;
      const read = key === 'namespace' && isDefault && given ? namespacesOf(source, given) : undefined;
      if (read) namespaces.push(...read);
      else if (key === 'init' && given && ts.isObjectLiteralExpression(given)) for (const option of given.properties) members.addInit(option);
      else if (key === 'redis' && ts.isPropertyAssignment(property)) members.addRedis(property);
      else if (key === 'generateId') members.add(property, source.renderNode(property));
      else members.markOut(property, GONE[key ?? ''] ?? 'this could not be translated; see docs/migrating-from-egg-socket.io.md.');
    }
    const comments = value.properties.length > 0 ? [] : source.commentsIn(source.start(value), value.end);
    members.lines.push(...comments.map(comment => `${outer}  ${comment}`));
    const own = entriesOf(source, 'socketio')[0]?.value;
    const isThere = own && ts.isObjectLiteralExpression(own);
    if (isDefault && !(isThere && propertyOf(ts, own, 'allowEIO3'))) members.lines.push(...EIO3.map(line => `${outer}  ${line}`));
    if (isThere) mergeInto(source, own, holder, members.lines);
    else {
      source.replace(nameNode, 'socketio');
      source.replace(value, members.lines.length > 0 ? `{\n${members.lines.join('\n')}\n${outer}}` : '{}');
    }
    if (members.needsRedis) source.insert(placeForImports(source), importLine([ 'createRedisAdapter' ], source.isModule));
  }
  return namespaces;
}
