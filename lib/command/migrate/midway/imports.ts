import type * as ts from 'typescript';
import { referencesIn, walk } from '../source/nodes';
import { MARKER, type Source } from '../source/source';

const PACKAGES = new Set([ '@midwayjs/core', '@midwayjs/decorator', '@midwayjs/socketio' ]);

/** Names of Midway that this package has too. */
const VALUES = new Set([
  'WSController', 'OnWSConnection', 'OnWSMessage', 'OnWSDisConnection', 'WSEmit', 'WSBroadCast', 'Provide', 'Inject', 'App', 'Config', 'Logger', 'Plugin',
  'UseGuard', 'Catch', 'createRedisAdapter',
]);
const TYPES = new Set([ 'Context', 'Application' ]);
/** Deprecated names. */
const RENAMED: Record<string, string> = { OnConnection: 'OnWSConnection', OnMessage: 'OnWSMessage', Emit: 'WSEmit', OnDisConnection: 'OnWSDisConnection' };

export function importsOf({ ts, tree }: Source): ts.ImportDeclaration[] {
  return tree.statements.filter((statement): statement is ts.ImportDeclaration => (
    ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier) && PACKAGES.has(statement.moduleSpecifier.text)
  ));
}

/** Replaces the imports from Midway; what has no counterpart stays, with a comment. */
export function translateImports(source: Source): void {
  const { ts, tree } = source;
  const declarations = importsOf(source);
  const names = new Map<string, string>();
  const left: string[] = [];
  for (const declaration of declarations) {
    const bindings = declaration.importClause?.namedBindings;
    const unknown: string[] = [];
    if (!bindings || !ts.isNamedImports(bindings) || declaration.importClause?.name) left.push(declaration.getText(tree));
    else {
      for (const element of bindings.elements) {
        const given = (element.propertyName ?? element.name).text;
        const name = RENAMED[given] ?? given;
        const local = element.name.text === given ? name : element.name.text;
        const isUsed = referencesIn(ts, tree, element.name.text).length > 0 || usesType(source, element.name.text);
        const as = name === local ? name : `${name} as ${local}`;
        if (VALUES.has(name)) names.set(local, as);
        else if (TYPES.has(name)) names.set(local, `type ${as}`);
        // The framework's type is only needed for @App(…), whose argument goes.
        else if (given !== 'MidwayFrameworkType' && isUsed) unknown.push(element.getText(tree));
        if (RENAMED[given] && element.name.text === given) for (const node of referencesIn(ts, tree, given)) source.replace(node, name);
      }
      if (unknown.length > 0) left.push(`import { ${unknown.join(', ')} } from ${declaration.moduleSpecifier.getText(tree)};`);
    }
  }
  const [ first, ...others ] = declarations;
  const sorted = [ ...names ].sort(([ a ], [ b ]) => (a < b ? -1 : 1)).map(([ , text ]) => text);
  const marked = left.map(text => `// ${MARKER} Egg has nothing of this; see docs/migrating-from-midway.md.\n${text}`);
  source.replace(first, [ `import { ${sorted.join(', ')} } from 'egg-socketio';`, ...marked ].join('\n'));
  for (const declaration of others) source.remove(declaration);
}

function usesType({ ts, tree }: Source, name: string): boolean {
  let isUsed = false;
  walk(tree, node => { if (ts.isTypeReferenceNode(node) && node.typeName.getText(tree) === name) isUsed = true; });
  return isUsed;
}
