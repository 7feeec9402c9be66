import path from 'node:path';
import ts from 'typescript';

const OFFERED: ts.UserPreferences = { includeCompletionsForModuleExports: true, includeCompletionsWithInsertText: true };

/** A file of an app as it is open in an editor, which asks TypeScript for what may be written at a place. */
export class Editor {
  private readonly file: string;
  private readonly service: ts.LanguageService;

  /**
   * @param folder - the app's folder, with its `node_modules`
   * @param source - the file's text
   */
  constructor(folder: string, private readonly source: string, options: ts.CompilerOptions) {
    this.file = path.join(folder, 'open.ts');
    this.service = ts.createLanguageService({
      ...ts.sys,
      useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
      getCompilationSettings: () => ({ strict: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022, ...options }),
      getScriptFileNames: () => [ this.file ],
      getScriptVersion: () => '1',
      getScriptSnapshot: file => {
        const text = file === this.file ? source : ts.sys.readFile(file);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => folder,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
    });
  }

  /** The names that may follow a text of the file. */
  namesAfter(text: string): string[] {
    return this.entries(this.endOf(text)).map(({ name }) => name);
  }

  /** Returns the actions that an editor offers for the beginning of a name that is not imported, such as `Update import from "…"`. */
  importsFor(word: string): string[] {
    const position = this.endOf(word);
    return this.entries(position).filter(({ name, source }) => source && name.startsWith(word)).flatMap(({ name, source, data }) => {
      const details = this.service.getCompletionEntryDetails(this.file, position, name, {}, source, OFFERED, data);
      return details?.codeActions?.map(({ description }) => description) ?? [];
    });
  }

  private endOf(text: string): number {
    return this.source.indexOf(text) + text.length;
  }

  private entries(position: number): readonly ts.CompletionEntry[] {
    return this.service.getCompletionsAtPosition(this.file, position, OFFERED)?.entries ?? [];
  }
}
