import { createRequire } from 'node:module';
import path from 'node:path';
import type * as ts from 'typescript';
import { UserError } from '../../../base/user_error';

/** TypeScript's parser, which also reads JavaScript. */
export type TypeScript = typeof ts;

const NPX = 'npx --package egg-socketio --package typescript@5 -- egg-socketio migrate';

/** npx puts the folders `node_modules/.bin` of what it has installed into PATH, but the app's copy of this package may run. */
function foldersOfNpx(searchPath: string): string[] {
  const tail = path.join('node_modules', '.bin');
  return searchPath.split(path.delimiter).filter(folder => folder.endsWith(tail)).map(folder => path.join(folder, '../..'));
}

/**
 * Loads TypeScript: the app's own, or one next to this package. It is no dependency of the package, which is installed in production, where
 * nobody migrates.
 *
 * @param root - the app's folder
 * @param searchPath - the variable PATH
 * @param own - the folder of this file
 * @throws {UserError} if there is none with a parser
 */
export function loadTypeScript(root: string, searchPath = process.env.PATH ?? '', own = __dirname): TypeScript {
  for (const folder of [ root, own, ...foldersOfNpx(searchPath) ]) {
    let found: TypeScript;
    try {
      found = createRequire(path.join(folder, 'package.json'))('typescript') as TypeScript;
    } catch {
      continue;
    }
    // Before 4.8 there is no list of modifiers with decorators; the compiler that is written in Go has no such parser.
    if (typeof found.createSourceFile === 'function' && typeof found.canHaveDecorators === 'function') return found;
  }
  throw new UserError(`migrate needs the parser of TypeScript 4.8 to 5, which is not installed here. Run: ${NPX}`);
}
