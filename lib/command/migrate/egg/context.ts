import type * as ts from 'typescript';
import { bare, type FunctionNode, isReference, nameOf, walk } from '../source/nodes';
import type { Source } from '../source/source';

/** An expression in a handler that stands for a member of its context, and the code that stands for the context there. */
export interface Occurrence { node: ts.Expression; ctx: string }

/**
 * The expression for the context in a function.
 *
 * - `class`: `this.ctx`, which stays
 * - `method`: `this.ctx`, which becomes a parameter
 * - `function`: `this`, or the first parameter
 */
export type Style = 'class' | 'method' | 'function';

/** Where the context, and variables that hold its members, are used in a function. */
export class ContextUses {
  /** The name of the context's variable or parameter. */
  readonly ctxName: string;
  private readonly contexts = new Set<string>();
  private readonly members = new Map<string, { member: string; ctx: string }>();

  /**
   * @param source - the file
   * @param fn - the function
   * @param style - of its context
   * @param isHandler - whether its first parameter is the context; the parameters of other methods of a class are its own
   */
  constructor(readonly source: Source, readonly fn: FunctionNode, readonly style: Style, readonly isHandler = true) {
    const { ts } = source;
    const [ parameter ] = fn.parameters.filter(({ name }) => name.getText(source.tree) !== 'this');
    const given = isHandler && parameter && ts.isIdentifier(parameter.name) ? parameter.name.text : undefined;
    this.ctxName = given && given !== 'next' ? given : 'ctx';
    if (given && given !== 'next') this.contexts.add(given);
    this.readVariables();
  }

  isContext(expression: ts.Expression): boolean {
    const { source: { ts }, style, contexts } = this;
    const node = bare(ts, expression);
    if (ts.isIdentifier(node)) return contexts.has(node.text);
    if (style === 'function') return node.kind === ts.SyntaxKind.ThisKeyword;
    return ts.isPropertyAccessExpression(node) && node.expression.kind === ts.SyntaxKind.ThisKeyword && node.name.text === 'ctx';
  }

  /** The code for the context, where it is written like this. */
  text(expression: ts.Expression): string {
    const text = expression.getText(this.source.tree);
    return this.style !== 'class' && text.startsWith('this') ? this.ctxName : text;
  }

  /** Where a member of the context is used. */
  of(member: string): Occurrence[] {
    const { source: { ts }, members } = this;
    const found: Occurrence[] = [];
    walk(this.fn, node => {
      if (ts.isPropertyAccessExpression(node) && node.name.text === member && this.isContext(node.expression)) {
        found.push({ node, ctx: this.text(node.expression) });
      } else if (ts.isIdentifier(node) && members.get(node.text)?.member === member && isReference(ts, node)) {
        found.push({ node, ctx: members.get(node.text)!.ctx });
      }
    });
    return found;
  }

  /** The elements of `const { member } = ctx`. */
  bindingsOf(member: string): ts.BindingElement[] {
    const { source: { ts } } = this;
    const found: ts.BindingElement[] = [];
    walk(this.fn, node => {
      if (!ts.isVariableDeclaration(node) || !ts.isObjectBindingPattern(node.name)) return;
      if (!node.initializer || !this.isContext(node.initializer)) return;
      found.push(...node.name.elements.filter(element => nameOf(ts, element.propertyName ?? element.name) === member));
    });
    return found;
  }

  /** `const { ctx: { args } } = this`. */
  private readPattern({ elements }: ts.ObjectBindingPattern, ctx: string): void {
    const { source: { ts } } = this;
    for (const { name, propertyName } of elements) {
      if (ts.isIdentifier(name)) this.members.set(name.text, { member: nameOf(ts, propertyName ?? name)!, ctx });
    }
  }

  private readVariables(): void {
    const { source: { ts }, contexts, members, style } = this;
    walk(this.fn, node => {
      if (!ts.isVariableDeclaration(node) || !node.initializer) return;
      const initializer = bare(ts, node.initializer);
      if (ts.isIdentifier(node.name)) {
        if (this.isContext(initializer)) contexts.add(node.name.text);
        else if (ts.isPropertyAccessExpression(initializer) && this.isContext(initializer.expression)) {
          members.set(node.name.text, { member: initializer.name.text, ctx: this.text(initializer.expression) });
        }
      } else if (ts.isObjectBindingPattern(node.name)) {
        const isThis = style !== 'function' && initializer.kind === ts.SyntaxKind.ThisKeyword;
        for (const { name, propertyName } of node.name.elements) {
          const member = nameOf(ts, propertyName ?? name)!;
          const isContext = isThis && member === 'ctx';
          if (isContext && ts.isObjectBindingPattern(name)) this.readPattern(name, style === 'class' ? 'this.ctx' : this.ctxName);
          if (!ts.isIdentifier(name)) continue;
          if (isContext) contexts.add(name.text);
          else if (this.isContext(initializer)) members.set(name.text, { member, ctx: this.text(initializer) });
        }
      }
    });
  }
}
