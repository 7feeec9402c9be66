import type * as ts from 'typescript';
import { bare, dedent, walk } from '../source/nodes';
import type { Source } from '../source/source';
import { entriesOf } from '../egg/config';

/** Options as text, and the comments above them. */
export interface Options { text: string; comments: string[] }

/** Removes `socketIO` from a config of Midway, and returns its text. */
export function takeOptions(source: Source): Options | undefined {
  const [ entry ] = entriesOf(source, 'socketIO');
  if (!entry || !source.ts.isObjectLiteralExpression(entry.value)) return undefined;
  const { holder, value } = entry;
  const text = dedent(source.renderNode(value), source.indentAt(source.start(holder)), '  ');
  const end = source.text[holder.end] === ',' ? holder.end + 1 : holder.end;
  source.remove(holder, source.commentStart(holder), end);
  return { text, comments: source.commentsIn(source.commentStart(holder), source.start(holder)) };
}

/** The options in `new Framework().configure({ … })` of a bootstrap file, which Egg does not need. */
export function optionsOfBootstrap(source: Source): Options | undefined {
  const { ts, tree } = source;
  if (!source.text.includes('@midwayjs/socketio')) return undefined;
  let options: ts.ObjectLiteralExpression | undefined;
  walk(tree, node => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression) || node.expression.name.text !== 'configure') return;
    const framework = bare(ts, node.expression.expression);
    const name = ts.isNewExpression(framework) ? framework.expression.getText(tree) : '';
    const [ given ] = node.arguments;
    const isSocket = new RegExp(`\\b${name}\\b[^;\\n]*@midwayjs/socketio|@midwayjs/socketio['"]\\)\\.Framework`).test(source.text);
    if (isSocket && /socket|framework/i.test(name) && given && ts.isObjectLiteralExpression(given)) options = given;
  });
  source.mark(tree.statements[0], 'Egg starts the server itself: remove what starts Socket.IO here.');
  return options && { text: dedent(options.getText(tree), source.indentAt(source.start(options)), '  '), comments: [] };
}

/** Removes the component from the configuration class: its import, and its place in `imports`. */
export function removeComponent(source: Source): void {
  const { ts, tree } = source;
  const declaration = tree.statements.find((statement): statement is ts.ImportDeclaration => (
    ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier) && statement.moduleSpecifier.text === '@midwayjs/socketio'
  ));
  const bindings = declaration?.importClause?.namedBindings;
  const local = bindings && ts.isNamespaceImport(bindings) ? bindings.name.text : declaration?.importClause?.name?.text;
  if (!declaration || !local) return;
  source.remove(declaration);
  walk(tree, node => {
    if (!ts.isArrayLiteralExpression(node) || !ts.isPropertyAssignment(node.parent) || node.parent.name.getText(tree) !== 'imports') return;
    const left = node.elements.filter(element => element.getText(tree) !== local);
    if (left.length < node.elements.length) source.replace(node, left.length > 0 ? `[${left.map(element => element.getText(tree)).join(', ')}]` : '[]');
  });
}
