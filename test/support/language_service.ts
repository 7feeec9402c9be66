import path from 'node:path';
import ts from 'typescript';

/** The app with declared events in test/types/declared. */
const FOLDER = path.join(__dirname, '../types/declared');
const FILE = path.join(FOLDER, 'edited.ts');

/** Each file of the package, Egg and TypeScript's own library is parsed once. */
const DOCUMENTS = ts.createDocumentRegistry();

function optionsOf(experimentalDecorators: boolean): ts.CompilerOptions {
  const { config } = ts.readConfigFile(path.join(FOLDER, 'tsconfig.json'), file => ts.sys.readFile(file)) as { config: object };
  return { ...ts.parseJsonConfigFileContent(config, ts.sys, FOLDER).options, experimentalDecorators };
}

/** A file beside the declarations in test/types/declared, with TypeScript's answers to an editor in which it is open. */
export class EditedFile {
  private readonly source: string;
  private readonly cursors: readonly number[];
  private readonly service: ts.LanguageService;

  /**
   * @param text - with a `|` at each cursor
   * @param experimentalDecorators - which kind of decorators
   */
  constructor(text: string, experimentalDecorators: boolean) {
    const parts = text.split('|');
    this.cursors = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('').length);
    this.source = parts.join('');
    const options = optionsOf(experimentalDecorators);
    const readFile = (file: string) => (file === FILE ? this.source : ts.sys.readFile(file));
    this.service = ts.createLanguageService({
      getCompilationSettings: () => options,
      getScriptFileNames: () => [ FILE ],
      getScriptVersion: file => (file === FILE ? this.source : '1'),
      getScriptSnapshot(file) {
        const content = readFile(file);
        return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
      },
      getCurrentDirectory: () => FOLDER,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      fileExists: file => file === FILE || ts.sys.fileExists(file),
      readFile,
      directoryExists: folder => ts.sys.directoryExists(folder),
      getDirectories: folder => ts.sys.getDirectories(folder),
    }, DOCUMENTS);
  }

  /** Everything that is completed at each cursor, in the order of the alphabet. */
  completions(): string[][] {
    return this.cursors.map(cursor => {
      const entries = this.service.getCompletionsAtPosition(FILE, cursor, {})?.entries ?? [];
      return entries.map(({ name }) => name).sort();
    });
  }

  /** The text that is shown for the word at each cursor, without its documentation. */
  hovers(): string[] {
    return this.cursors.map(cursor => ts.displayPartsToString(this.service.getQuickInfoAtPosition(FILE, cursor)?.displayParts));
  }

  /** The compiler's messages. */
  errors(): string[] {
    return [ ...this.service.getSyntacticDiagnostics(FILE), ...this.service.getSemanticDiagnostics(FILE) ]
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  }
}
