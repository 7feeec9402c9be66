import type * as ts from 'typescript';
import type { TypeScript } from './typescript';

interface Edit { start: number; end: number; text: string }

/** The start of each comment for the user, so that one search finds all of them. */
export const MARKER = 'MIGRATE(egg-socketio):';

/**
 * A file, its syntax tree, and edits of its text. Text that no edit touches stays as it is, with comments and layout. Line ends are LF
 * inside; {@link Source.restored} gives a text those of the file, and its byte order mark.
 */
export class Source {
  readonly text: string;
  readonly tree: ts.SourceFile;
  private readonly edits: Edit[] = [];
  private readonly hasMark: boolean;
  private readonly hasCarriageReturns: boolean;

  /**
   * @param ts - the parser
   * @param file - its path in the app, with slashes
   * @param content - of the file
   */
  constructor(readonly ts: TypeScript, readonly file: string, readonly content: string) {
    this.hasMark = content.startsWith('\uFEFF');
    this.hasCarriageReturns = content.includes('\r\n');
    this.text = content.replace(/^\uFEFF/, '').replace(/\r\n/g, '\n');
    const kind = /\.[cm]?ts$/.test(file) ? ts.ScriptKind.TS : ts.ScriptKind.JS;
    this.tree = ts.createSourceFile(file, this.text, ts.ScriptTarget.Latest, true, kind);
  }

  get isTypeScript(): boolean {
    return /\.[cm]?ts$/.test(this.file);
  }

  /** Whether it uses `import` and `export`. */
  get isModule(): boolean {
    const { ts } = this;
    return this.tree.statements.some(statement => ts.isImportDeclaration(statement) || ts.isExportAssignment(statement)
      || (ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)));
  }

  get isEdited(): boolean {
    return this.edits.length > 0;
  }

  start(node: ts.Node): number {
    return node.getStart(this.tree);
  }

  /** The 1-based line of a node. */
  lineOf(node: ts.Node): number {
    return this.tree.getLineAndCharacterOfPosition(this.start(node)).line + 1;
  }

  replace(node: ts.Node, text: string): void {
    this.change(this.start(node), node.end, text);
  }

  insert(at: number, text: string): void {
    this.change(at, at, text);
  }

  change(start: number, end: number, text: string): void {
    this.edits.push({ start, end, text });
  }

  /** The position after the indentation's line feed. */
  lineStart(at: number): number {
    return this.text.lastIndexOf('\n', at - 1) + 1;
  }

  indentAt(at: number): string {
    return /^[ \t]*/.exec(this.text.slice(this.lineStart(at)))![0];
  }

  /** Removes a node, with its whole lines if nothing else is on them. */
  remove(node: ts.Node, start = this.start(node), end = node.end): void {
    const [ from, to ] = this.wholeLines(start, end);
    this.change(from, to, '');
  }

  /** A range, with the line's start and end if nothing else is on its lines. */
  wholeLines(start: number, end: number): [number, number] {
    const lineStart = this.lineStart(start);
    const rest = /^[ \t]*(\n|$)/.exec(this.text.slice(end));
    return rest && this.text.slice(lineStart, start).trim() === '' ? [ lineStart, end + rest[0].length ] : [ start, end ];
  }

  /** The text of a range, with its edits. An edit around others wins. */
  render(start = 0, end = this.text.length): string {
    const inside = this.edits.map((edit, order) => ({ ...edit, order })).filter(edit => edit.start >= start && edit.end <= end)
      .sort((a, b) => a.start - b.start || Number(a.end > a.start) - Number(b.end > b.start) || b.end - a.end || a.order - b.order);
    let [ at, out ] = [ start, '' ];
    for (const edit of inside) {
      if (edit.start < at) continue;
      out += this.text.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
    return out + this.text.slice(at, end);
  }

  renderNode(node: ts.Node): string {
    return this.render(this.start(node), node.end);
  }

  /** The start of the comments that belong to a node: those right above it, after an empty line or the end of the code before. */
  commentStart(node: ts.Node): number {
    const ranges = this.ts.getLeadingCommentRanges(this.text, node.getFullStart()) ?? [];
    // A comment on the line of the code before belongs to that.
    const above = ranges.filter(({ pos }) => pos === 0 || this.text.slice(this.lineStart(pos), pos).trim() === '');
    return above[0]?.pos ?? this.start(node);
  }

  /** The end of a node, its comment on the same line included. */
  commentEnd(node: ts.Node): number {
    return this.ts.getTrailingCommentRanges(this.text, node.end)?.at(-1)?.end ?? node.end;
  }

  /** The comments of a range. */
  commentsIn(start: number, end: number): string[] {
    const { ts } = this;
    const scanner = ts.createScanner(ts.ScriptTarget.Latest, false, ts.LanguageVariant.Standard, this.text.slice(start, end));
    const found: string[] = [];
    for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
      const isComment = token === ts.SyntaxKind.SingleLineCommentTrivia || token === ts.SyntaxKind.MultiLineCommentTrivia;
      if (isComment) found.push(scanner.getTokenText());
    }
    return found;
  }

  /** Puts a comment for the user above the line where the statement or member around a node begins. */
  mark(node: ts.Node, message: string): void {
    let at = node;
    while (at.parent && this.text.slice(this.lineStart(this.start(at)), this.start(at)).trim() !== '') at = at.parent;
    while (at.parent && !this.isLineOfItsOwn(at)) at = at.parent;
    const start = this.start(at);
    this.insert(start, `// ${MARKER} ${message}\n${this.indentAt(start)}`);
  }

  /** Gives a text the line ends and the byte order mark of this file. */
  restored(text: string): string {
    return (this.hasMark ? '\uFEFF' : '') + (this.hasCarriageReturns ? text.replace(/\n/g, '\r\n') : text);
  }

  /** Whether a line comment may stand before it: inside an expression or a template, it could change the code. */
  private isLineOfItsOwn(node: ts.Node): boolean {
    const { ts } = this;
    return ts.isStatement(node) || ts.isClassElement(node) || ts.isObjectLiteralElement(node) || ts.isSourceFile(node);
  }
}
