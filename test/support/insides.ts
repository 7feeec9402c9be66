import path from 'node:path';
import ts from 'typescript';
import { ROOT } from '../docs/markdown';

const LIB = path.join(ROOT, 'lib') + path.sep;
const PACKAGES: ReadonlySet<string | undefined> = new Set([
  'socket.io', 'engine.io', 'socket.io-adapter', 'socket.io-parser', '@types/ws', 'ioredis', 'egg', '@types/node',
]);
const HIDDEN = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;

/** A use of what a package keeps to itself. */
export interface FoundInside { readonly member: string; readonly room: string; readonly how: string; readonly where: string }

function packageOf(declaration: ts.Declaration): string | undefined {
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(declaration.getSourceFile().fileName)?.[1];
}

function isOfLib(declaration: ts.Declaration | undefined): boolean {
  return Boolean(declaration?.getSourceFile().fileName.startsWith(LIB));
}

function constituentsOf(type: ts.Type): ts.Type[] {
  return type.isUnionOrIntersection() ? type.types.flatMap(constituentsOf) : [ type ];
}

/** Whether a type is a class or an interface of one of the packages. */
function isTheirs(type: ts.Type): boolean {
  const symbol = type.aliasSymbol ?? type.getSymbol();
  return /^[A-Z]/.test(symbol?.name ?? '') && (symbol?.declarations ?? []).some(each => PACKAGES.has(packageOf(each)));
}

function isHidden(symbol: ts.Symbol | undefined): boolean {
  const declaration = symbol?.declarations?.[0];
  return !declaration || (ts.getCombinedModifierFlags(declaration) & HIDDEN) !== 0;
}

/**
 * Finds what lib/ uses of the insides of other packages:
 *
 * - casts between a type of theirs and one of ours that has members which theirs does not show;
 * - members that their types show, and call private, protected or internal, or that begin with an underscore;
 * - members of that kind that a class of ours overrides;
 * - names with an underscore in our own descriptions of their objects.
 */
export function findInsides(): FoundInside[] {
  const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), name => ts.sys.readFile(name));
  const { fileNames, options } = ts.parseJsonConfigFileContent({ ...config, include: [ 'lib/**/*.ts' ] }, ts.sys, ROOT);
  const program = ts.createProgram(fileNames, options);
  const types = program.getTypeChecker();
  const found: FoundInside[] = [];

  function findIn(file: ts.SourceFile): void {
    const name = path.relative(LIB, file.fileName).split(path.sep).join('/');
    const note = (node: ts.Node, member: string, how: string) => {
      // Symbols and #private members are our own.
      if (member.startsWith('__@') || member.includes('#')) return;
      const { line } = file.getLineAndCharacterOfPosition(node.getStart());
      found.push({ member, room: path.posix.dirname(name), how, where: `lib/${name}:${line + 1}` });
    };

    function compare(node: ts.Node, theirs: ts.Type, ours: ts.Type): void {
      for (const each of constituentsOf(theirs).filter(isTheirs)) {
        for (const property of ours.getProperties()) {
          if (isOfLib(property.declarations?.[0]) && isHidden(each.getProperty(property.name))) note(node, property.name, 'a cast');
        }
      }
    }

    function visitCast(node: ts.AsExpression): void {
      let inner: ts.Expression = node;
      while (ts.isAsExpression(inner) || ts.isParenthesizedExpression(inner)) inner = inner.expression;
      const [ from, to ] = [ types.getTypeAtLocation(inner), types.getTypeAtLocation(node) ];
      compare(node, from, to);
      compare(node, to, from);
    }

    function visitMember(node: ts.Node, name: ts.Identifier, holder: ts.Type): void {
      for (const each of constituentsOf(types.getNonNullableType(holder))) {
        const declaration = each.getProperty(name.text)?.declarations?.[0];
        if (!declaration || !PACKAGES.has(packageOf(declaration))) continue;
        const tags = ts.getJSDocTags(declaration).map(({ tagName }) => tagName.text);
        const isInside = name.text.startsWith('_') || tags.includes('private') || tags.includes('internal')
          || (ts.getCombinedModifierFlags(declaration) & HIDDEN) !== 0;
        if (isInside) note(node, name.text, 'an access');
      }
    }

    function visitClass(node: ts.ClassLikeDeclaration): void {
      const base = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
      const type = base && types.getTypeAtLocation(base);
      for (const { name } of type ? node.members : []) {
        if (!name || !ts.isIdentifier(name)) continue;
        const declaration = type!.getProperty(name.text)?.declarations?.[0];
        if (declaration && PACKAGES.has(packageOf(declaration)) && ts.getCombinedModifierFlags(declaration) & HIDDEN) note(name, name.text, 'an override');
      }
    }

    function visit(node: ts.Node): void {
      if (ts.isAsExpression(node) && !ts.isAsExpression(node.parent)) visitCast(node);
      else if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.name)) {
        visitMember(node, node.name, types.getTypeAtLocation(node.expression));
      } else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
        const key = node.propertyName ?? node.name;
        if (ts.isIdentifier(key)) visitMember(node, key, types.getTypeAtLocation(node.parent));
      } else if (ts.isClassLike(node)) visitClass(node);
      else if (ts.isPropertySignature(node) || ts.isMethodSignature(node)) {
        if (/^_[a-z]/.test(node.name.getText())) note(node, node.name.getText(), 'a description');
      } else if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal) && /^_[a-z]/.test(node.literal.text)) {
        note(node, node.literal.text, 'a description');
      }
      ts.forEachChild(node, visit);
    }
    visit(file);
  }

  for (const file of program.getSourceFiles()) {
    if (isOfLib(file as unknown as ts.Declaration)) findIn(file);
  }
  return found;
}
