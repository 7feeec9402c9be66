import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../../base/user_error';
import { Source } from './source';
import type { TypeScript } from './typescript';

/** A change of one file: a path for `from` and `to` is a move, only one of them an addition or a removal. */
export interface Change { from?: string; to?: string; content?: string }

const CODE = /\.[cm]?[jt]s$/;
const SKIPPED = new Set([ 'node_modules', '.git', 'public', 'dist', 'coverage', 'logs', 'run', 'typings' ]);

/** The files of an app, and the changes that are planned for them. Paths are relative to the app's folder, with slashes. */
export class Project {
  /** Parsed files, by path. */
  private readonly sources = new Map<string, Source>();
  private readonly changes: Change[] = [];

  constructor(readonly ts: TypeScript, readonly root: string) {}

  has(file: string): boolean {
    return existsSync(path.join(this.root, file));
  }

  read(file: string): string {
    return readFileSync(path.join(this.root, file), 'utf8');
  }

  /** The parsed file; the same each time, so that several steps may edit it. */
  source(file: string): Source {
    let source = this.sources.get(file);
    if (!source) this.sources.set(file, source = new Source(this.ts, file, this.read(file)));
    return source;
  }

  /** The same file without the edits that were planned for it. */
  reread(file: string): Source {
    this.sources.delete(file);
    return this.source(file);
  }

  /** The files with code in a folder, sorted. Of a compiled file and its source, only the source. */
  codeIn(folder: string): string[] {
    const found: string[] = [];
    const visit = (at: string) => {
      if (!this.has(at)) return;
      for (const entry of readdirSync(path.join(this.root, at), { withFileTypes: true })) {
        const file = path.posix.join(at, entry.name);
        if (entry.isDirectory() && !SKIPPED.has(entry.name)) visit(file);
        else if (entry.isFile() && CODE.test(entry.name) && !entry.name.endsWith('.d.ts')) found.push(file);
      }
    };
    visit(folder);
    const all = new Set(found);
    return found.filter(file => !(file.endsWith('.js') && all.has(file.replace(/\.js$/, '.ts')))).sort();
  }

  /** The file of a name with either extension. */
  find(name: string): string | undefined {
    return [ '.ts', '.js' ].map(extension => name + extension).find(file => this.has(file));
  }

  /** Plans a change. */
  plan(change: Change): void {
    if (change.to && change.to !== change.from && (this.has(change.to) || this.changes.some(({ to }) => to === change.to))) {
      const from = change.from ? `${change.from} belongs there` : 'the command would write it';
      throw new UserError(`${change.to} exists already, and ${from}. Nothing was changed. Rename one of the two files.`);
    }
    this.changes.push(change);
  }

  /** All changes: those that were planned, and those of edited files. */
  planned(): Change[] {
    const moved = new Set(this.changes.map(({ from }) => from));
    const edited = [ ...this.sources.values() ].filter(source => source.isEdited && !moved.has(source.file))
      .map(source => ({ from: source.file, to: source.file, content: source.restored(source.render()) }));
    const key = ({ from, to }: Change) => to ?? from ?? '';
    return [ ...this.changes, ...edited ].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  /** Makes all changes, and removes the folders that they have left empty. */
  write(): void {
    for (const { from, to, content } of this.planned()) {
      if (to !== undefined) {
        mkdirSync(path.dirname(path.join(this.root, to)), { recursive: true });
        writeFileSync(path.join(this.root, to), content!);
      }
      if (from === undefined || from === to) continue;
      rmSync(path.join(this.root, from));
      for (let folder = path.dirname(from); folder !== '.'; folder = path.dirname(folder)) {
        const absolute = path.join(this.root, folder);
        if (readdirSync(absolute).length > 0) break;
        rmSync(absolute, { recursive: true });
      }
    }
  }
}

/** Whether a path is a folder. */
export function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;
}
