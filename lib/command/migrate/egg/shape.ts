import type * as ts from 'typescript';
import { bare, type FunctionNode, hasModifier, isFunction, nameOf } from '../source/nodes';
import type { Source } from '../source/source';

/** A function of a controller. `holder` is what its comments belong to. */
export interface Member { name: string; fn: FunctionNode; holder: ts.Node }

/** The exports of a file of egg-socket.io. */
export interface Shape {
  kind: 'class' | 'functions';
  /** In a file that exports only one function, its name is empty. */
  members: Member[];
  classNode?: ts.ClassLikeDeclaration;
  /** The parameter of `app => …`. */
  appName?: string;
  /** The statements of the file that export it. */
  exported: Set<ts.Statement>;
  /** Other statements in the function `app => { … }`. */
  inner: ts.Statement[];
}

interface Scope { statements: readonly ts.Statement[] }

function namedStatement({ ts }: Source, { statements }: Scope, name: string): ts.Statement | undefined {
  return statements.find(statement => {
    if (ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement)) return statement.name?.text === name;
    if (!ts.isVariableStatement(statement)) return false;
    return statement.declarationList.declarations.some(({ name: own }) => ts.isIdentifier(own) && own.text === name);
  });
}

/** `a.name = function …` for each of the given names of `a`. */
function assignedFunctions(source: Source, { statements }: Scope, isTarget: (node: ts.Expression) => boolean): Map<ts.Statement, Member> {
  const { ts } = source;
  const found = new Map<ts.Statement, Member>();
  for (const statement of statements) {
    if (!ts.isExpressionStatement(statement) || !ts.isBinaryExpression(statement.expression)) continue;
    const { left, right } = statement.expression;
    const fn = bare(ts, right);
    if (!ts.isPropertyAccessExpression(left) || !isTarget(left.expression) || !isFunction(ts, fn)) continue;
    found.set(statement, { name: left.name.text, fn, holder: statement });
  }
  return found;
}

/** The functions of an object literal, or why it cannot be read. */
function membersOf({ ts }: Source, object: ts.ObjectLiteralExpression): Member[] | string {
  const members: Member[] = [];
  for (const property of object.properties) {
    const name = nameOf(ts, property.name);
    const fn = ts.isMethodDeclaration(property) ? property : ts.isPropertyAssignment(property) ? bare(ts, property.initializer) : undefined;
    if (name === undefined || !fn || !isFunction(ts, fn)) return 'the exported object has members that are not functions';
    members.push({ name, fn, holder: property });
  }
  return members;
}

function classMembers({ ts }: Source, node: ts.ClassLikeDeclaration): Member[] {
  return node.members.flatMap(member => (
    ts.isMethodDeclaration(member) ? [{ name: nameOf(ts, member.name) ?? '', fn: member, holder: member }] : []
  ));
}

/** The exports of a file, or why they cannot be read. */
export function shapeOf(source: Source): Shape | string {
  const { ts, tree } = source;
  const exported = new Set<ts.Statement>();
  const isExports = (node: ts.Expression) => /^(module\.)?exports$/.test(node.getText(tree));

  const read = (expression: ts.Node, scopes: readonly Scope[], appName?: string): Shape | string => {
    const node = ts.isExpression(expression) ? bare(ts, expression) : expression;
    const inner = scopes.length > 1 ? [ ...scopes[0].statements ] : [];
    if (ts.isClassLike(node)) return { kind: 'class', classNode: node, members: classMembers(source, node), appName, exported, inner };
    if (ts.isObjectLiteralExpression(node)) {
      const members = membersOf(source, node);
      return typeof members === 'string' ? members : { kind: 'functions', members, appName, exported, inner };
    }
    if (ts.isIdentifier(node)) {
      for (const scope of scopes) {
        const statement = namedStatement(source, scope, node.text);
        if (!statement) continue;
        const rest = scopes.slice(scopes.indexOf(scope));
        if (scope === scopes.at(-1)) exported.add(statement);
        const drop = (shape: Shape | string, ...gone: ts.Statement[]) => (
          typeof shape === 'string' ? shape : { ...shape, inner: shape.inner.filter(other => !gone.includes(other)) }
        );
        if (!ts.isVariableStatement(statement)) return drop(read(statement, rest, appName), statement);
        const declaration = statement.declarationList.declarations.find(({ name }) => name.getText(tree) === node.text)!;
        if (!declaration.initializer) break;
        const shape = drop(read(declaration.initializer, rest, appName), statement);
        const assigned = assignedFunctions(source, scope, target => ts.isIdentifier(target) && target.text === node.text);
        if (typeof shape === 'string' || shape.kind === 'class') return shape;
        if (scope === scopes.at(-1)) for (const other of assigned.keys()) exported.add(other);
        return drop({ ...shape, members: [ ...shape.members, ...assigned.values() ] }, ...assigned.keys());
      }
      return `${node.text}, which it exports, is not declared in the file`;
    }
    if (isFunction(ts, node)) {
      const isHandler = node.asteriskToken || hasModifier(ts, node, ts.SyntaxKind.AsyncKeyword);
      if (isHandler) return { kind: 'functions', members: [{ name: '', fn: node, holder: node }], appName, exported, inner };
      if (scopes.length > 1 || node.parameters.length > 1) return 'it exports a function that is neither async nor app => …';
      const parameter = node.parameters[0]?.name;
      if (parameter && !ts.isIdentifier(parameter)) return 'it takes app apart in its parameter';
      if (!node.body) return 'it exports a function without a body';
      if (!ts.isBlock(node.body)) return read(node.body, [{ statements: [] }, ...scopes ], parameter?.text);
      const last = node.body.statements.at(-1);
      if (!last || !ts.isReturnStatement(last) || !last.expression) return 'its function does not end with a return';
      return read(last.expression, [{ statements: node.body.statements.slice(0, -1) }, ...scopes ], parameter?.text);
    }
    return 'it exports something else than a class, functions, or app => …';
  };

  const scopes = [{ statements: tree.statements }];
  for (const statement of tree.statements) {
    const isDefault = hasModifier(ts, statement, ts.SyntaxKind.DefaultKeyword);
    if (ts.isExportAssignment(statement) || isDefault) {
      exported.add(statement);
      return read(ts.isExportAssignment(statement) ? statement.expression : statement, scopes);
    }
    if (ts.isExpressionStatement(statement) && ts.isBinaryExpression(statement.expression) && isExports(statement.expression.left)) {
      exported.add(statement);
      let { right } = statement.expression;
      while (ts.isBinaryExpression(right) && isExports(right.left)) ({ right } = right);
      return read(right, scopes);
    }
  }
  const functions = assignedFunctions(source, scopes[0], isExports);
  for (const statement of functions.keys()) exported.add(statement);
  return functions.size > 0 ? { kind: 'functions', members: [ ...functions.values() ], exported, inner: [] } : 'nothing that it exports could be found';
}
