import path from 'node:path';
import ts from 'typescript';

const FOLDER = '/app';

/**
 * Compiles the files of an app with a TypeScript program, as `tsc` does with `emitDecoratorMetadata`: unlike for one file alone, it knows
 * what an import of another one is. It reads no other files; imports of packages stay as they are.
 *
 * @param files - the sources by path
 * @return the JavaScript by path
 */
export function compiledWithTypes(files: Record<string, string>): Record<string, string> {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, esModuleInterop: true, experimentalDecorators: true,
    emitDecoratorMetadata: true, useDefineForClassFields: false, noCheck: true, noLib: true, types: [],
  };
  const sources = new Map(Object.entries(files).map(([ name, text ]) => [ path.posix.join(FOLDER, name), text ]));
  const compiled: Record<string, string> = {};
  const host: ts.CompilerHost = {
    ...ts.createCompilerHost(options),
    fileExists: file => sources.has(file),
    getSourceFile: file => ts.createSourceFile(file, sources.get(file)!, ts.ScriptTarget.ES2022, true),
    resolveModuleNameLiterals: (names, from) => names.map(({ text }) => {
      const resolvedFileName = path.posix.join(path.posix.dirname(from), `${text}.ts`);
      return { resolvedModule: sources.has(resolvedFileName) ? { resolvedFileName, extension: '.ts', isExternalLibraryImport: false } : undefined };
    }),
    writeFile: (file, text) => { compiled[path.posix.relative(FOLDER, file)] = text; },
  };
  ts.createProgram([ ...sources.keys() ], options, host).emit();
  return compiled;
}
