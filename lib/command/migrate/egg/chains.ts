import type * as ts from 'typescript';
import type { Source } from '../source/source';
import { bare, chainOf, nameOf, stringOf } from '../source/nodes';

/** The declaration of a variable of this name in the file; a parameter counts. */
function declarationOf({ ts, tree }: Source, name: string): ts.VariableDeclaration | ts.BindingElement | undefined {
  let found: ts.VariableDeclaration | ts.BindingElement | undefined;
  const visit = (node: ts.Node): void => {
    if (found) return;
    const isVariable = ts.isVariableDeclaration(node) || ts.isBindingElement(node);
    if (isVariable && ts.isIdentifier(node.name) && node.name.text === name) found = node;
    else node.forEachChild(visit);
  };
  visit(tree);
  return found;
}

function chainOfBinding(source: Source, element: ts.BindingElement): string[] | undefined {
  const { ts } = source;
  const name = nameOf(ts, element.propertyName ?? element.name);
  const holder = element.parent.parent;
  if (name === undefined || !ts.isObjectBindingPattern(element.parent)) return undefined;
  const before = ts.isBindingElement(holder) ? chainOfBinding(source, holder)
    // The first parameter of a file's function is the app.
    : ts.isParameter(holder) ? [ 'app' ] : holder.initializer && resolvedChain(source, holder.initializer);
  return before && [ ...before, name ];
}

/**
 * What an expression stands for, as a list of names: variables are followed to what they were set to, and `.of('/x')` is `of(/x)`.
 * `const { io } = app; io.of('/x').route` is `app`, `io`, `of(/x)`, `route`.
 */
export function resolvedChain(source: Source, expression: ts.Expression, depth = 0): string[] | undefined {
  const { ts } = source;
  const node = bare(ts, expression);
  if (depth > 20) return undefined;
  if (ts.isIdentifier(node)) {
    const declaration = declarationOf(source, node.text);
    if (!declaration) return [ node.text ];
    if (ts.isBindingElement(declaration)) return chainOfBinding(source, declaration);
    return declaration.initializer ? resolvedChain(source, declaration.initializer, depth + 1) : [ node.text ];
  }
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    const name = ts.isPropertyAccessExpression(node) ? node.name.text : stringOf(ts, node.argumentExpression);
    const before = resolvedChain(source, node.expression, depth + 1);
    return name === undefined ? undefined : before && [ ...before, name ];
  }
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === 'of') {
    const namespace = stringOf(ts, node.arguments[0]);
    const before = resolvedChain(source, node.expression.expression, depth + 1);
    return namespace === undefined ? undefined : before && [ ...before, `of(${namespace})` ];
  }
  return chainOf(ts, node);
}

/** The text of a string literal, or of a constant of the file that is one. */
export function constantOf(source: Source, node: ts.Expression | undefined): string | undefined {
  const { ts } = source;
  if (!node) return undefined;
  if (!ts.isIdentifier(node)) return stringOf(ts, bare(ts, node));
  const declaration = declarationOf(source, node.text);
  const value = declaration && ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
  return value && stringOf(ts, bare(ts, value));
}
