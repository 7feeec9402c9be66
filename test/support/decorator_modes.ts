import { transformSync as esbuild } from 'esbuild';
import ts from 'typescript';

// It has no types of its own.
const { transformSync: babel } = require('@babel/core') as { transformSync(code: string, options: object): { code: string } };

/** Compiles a file as TypeScript does, to CommonJS. */
export function typescript(source: string, options: ts.CompilerOptions): string {
  return ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, esModuleInterop: true, ...options },
  }).outputText;
}

function esbuildWith(source: string, tsconfig: object): string {
  return esbuild(source, { loader: 'ts', format: 'cjs', target: 'es2022', tsconfigRaw: { compilerOptions: tsconfig } }).code;
}

function babelWith(source: string, version: string): string {
  // Babel gets what is JavaScript but for the decorators, which esbuild leaves alone for a target that has them.
  const { code } = esbuild(source, { loader: 'ts', format: 'esm', target: 'esnext' });
  const plugins = [[ '@babel/plugin-proposal-decorators', { version }]];
  const compiled = babel(code, { plugins, configFile: false, babelrc: false }).code;
  return esbuild(compiled, { format: 'cjs' }).code;
}

/** The compilers, and how each treats decorators. Its output is recognised by a sign. */
export const MODES: readonly { title: string; compile: (source: string) => string; sign: RegExp }[] = [
  { title: 'TypeScript, experimentalDecorators', compile: source => typescript(source, { experimentalDecorators: true }), sign: /__decorate\(/ },
  { title: 'TypeScript, standard', compile: source => typescript(source, {}), sign: /__esDecorate\(/ },
  {
    title: 'TypeScript, standard, without useDefineForClassFields',
    compile: source => typescript(source, { useDefineForClassFields: false }), sign: /__esDecorate\(/,
  },
  { title: 'esbuild, experimentalDecorators', compile: source => esbuildWith(source, { experimentalDecorators: true }), sign: /__decorateClass\(/ },
  { title: 'esbuild, standard', compile: source => esbuildWith(source, {}), sign: /__decoratorMetadata\(/ },
  { title: 'Babel, 2023-11', compile: source => babelWith(source, '2023-11'), sign: /_applyDecs/ },
];
