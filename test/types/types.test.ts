import assert from 'node:assert/strict';
import path from 'node:path';
import ts from 'typescript';
import { IS_EGG4 } from '../support/framework';

const PROJECT = path.join(__dirname, 'tsconfig.json');
const ROOT = path.join(__dirname, '../..');
const ENTRIES = [ path.join(ROOT, 'index.ts'), path.join(ROOT, 'mock.ts') ];
/** "Unused '@ts-expect-error' directive." */
const UNUSED_DIRECTIVE = 2578;

type Texts = ReadonlyMap<string, string>;

/** Compiles this folder's project, with some files replaced by other texts. */
function compile(texts: Texts = new Map(), overrides: ts.CompilerOptions = {}): ts.Program {
  const { config } = ts.readConfigFile(PROJECT, ts.sys.readFile) as { config: { include: string[] } };
  config.include = [ '*.ts', `${IS_EGG4 ? 'egg4' : 'egg3'}/*.ts` ];
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, __dirname, overrides);
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (file, language, ...rest) => {
    const text = texts.get(path.normalize(file));
    return text === undefined ? getSourceFile(file, language, ...rest) : ts.createSourceFile(file, text, language);
  };
  return ts.createProgram(fileNames, options, host);
}

function typeTests(program: ts.Program): ts.SourceFile[] {
  return program.getSourceFiles().filter(file => path.normalize(file.fileName).startsWith(__dirname + path.sep));
}

function lineOf(file: ts.SourceFile, position = 0): string {
  return `${path.relative(ROOT, file.fileName)}:${file.getLineAndCharacterOfPosition(position).line + 1}`;
}

/** An entry of the package that exports the same names as it does, none of them with a type. */
function withoutTypes(program: ts.Program, entry: string): string {
  const checker = program.getTypeChecker();
  const symbol = checker.getSymbolAtLocation(program.getSourceFile(entry) as ts.SourceFile);
  const names = checker.getExportsOfModule(symbol as ts.Symbol).map(({ name }) => name);
  return names.map(name => `export declare const ${name}: any; export type ${name}<A = any, B = any, C = any, D = any> = any;`).join('\n');
}

describe('test/types/types.test.ts', function() {
  this.timeout(180000);

  // With the second, TypeScript shows other files with the types of a package to CommonJS than to ECMAScript modules.
  for (const [ moduleResolution, module ] of [[ 'Node10', 'CommonJS' ], [ 'Node16', 'Node16' ]] as const) {
    it(`compiles, with an error at each @ts-expect-error (moduleResolution ${moduleResolution})`, () => {
      const program = compile(new Map(), { module: ts.ModuleKind[module], moduleResolution: ts.ModuleResolutionKind[moduleResolution] });
      assert(typeTests(program).length > 5);
      const messages = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
        return `${file ? lineOf(file, start) : PROJECT}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
      });
      assert.deepEqual(messages, []);
    });
  }

  it('fails at every @ts-expect-error if the package has no types', () => {
    const typed = compile();
    const [ index, mock ] = ENTRIES.map(entry => withoutTypes(typed, entry));
    const augmentation = `declare module 'egg' {
      interface Application { io: any; createSocketIOClient: any; mockSocketEvent<A = any>(...args: any[]): any }
      interface EggApplicationCore { io: any }
      interface Agent { io: any }
      interface EggAppConfig { socketio: any }
    }`;
    const untyped = compile(new Map([[ ENTRIES[0], `${index}\n${augmentation}` ], [ ENTRIES[1], mock ]]), { noImplicitAny: false });
    for (const file of typeTests(untyped)) {
      const directives = [ ...file.text.matchAll(/@ts-expect-error/g) ].map(({ index: at }) => lineOf(file, at));
      const unused = untyped.getSemanticDiagnostics(file).filter(({ code }) => code === UNUSED_DIRECTIVE);
      assert.deepEqual(unused.map(({ start }) => lineOf(file, start)), directives);
    }
  });
});
