import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type AppKind, appManifest, ROOT } from './manifest';
import { TOOLS } from './versions';

/** Files by their path in the app. */
export type AppFiles = Map<string, string>;

/** npm leaves a .gitignore out of a package, or renames it. */
const STORED_AS: Record<string, string> = { gitignore: '.gitignore' };

function readTemplates(folder: string): [string, string][] {
  const directory = path.join(ROOT, 'templates', folder);
  return readdirSync(directory, { recursive: true, withFileTypes: true, encoding: 'utf8' }).filter(entry => entry.isFile()).map(entry => {
    // Node.js 18 calls it `path`.
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    return [ path.relative(directory, file).split(path.sep).join('/'), readFileSync(file, 'utf8') ];
  });
}

/** The folders of `templates` that an app is made from. */
function foldersOf({ egg, language }: AppKind): string[] {
  return [ 'common', language, ...language === 'ts' ? [ `ts-egg${egg}` ] : [] ];
}

/**
 * Returns the files of a new app, made from the templates. Each call creates other `keys`.
 *
 * @param name - the app's
 * @param kind - its language, and its version of Egg
 */
export function appFiles(name: string, kind: AppKind): AppFiles {
  const { egg } = kind;
  const values: Record<string, string> = {
    name, egg, mock: TOOLS[egg].mock, keys: randomBytes(32).toString('hex'),
    // Imports of ES modules have one.
    extension: egg === '4' ? '.js' : '',
  };
  const files: AppFiles = new Map([[ 'package.json', `${JSON.stringify(appManifest(name, kind), null, 2)}\n` ]]);
  for (const [ file, text ] of foldersOf(kind).flatMap(readTemplates)) {
    files.set(STORED_AS[file] ?? file, text.replace(/\{\{(\w+)\}\}/g, (_, key: string) => values[key]));
  }
  return files;
}
