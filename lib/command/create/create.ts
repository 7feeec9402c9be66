import path from 'node:path';
import { UsageError, UserError } from '../../base/user_error';
import { appFiles } from './app_files';
import { type Ask, withQuestions } from './ask';
import type { AppKind, Language } from './manifest';
import { type Target, targetOf } from './target';
import { asEggVersion, type EggVersion } from './versions';
import { writeFiles } from './write';

/** The environment of a run of the command. */
export interface CreateSurroundings {
  cwd: string;
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
}

const LANGUAGES = { js: 'JavaScript', ts: 'TypeScript' };

function askName(ask: Ask, cwd: string): Promise<Target> {
  return ask('Name of the app (my-app): ', answer => targetOf(answer || 'my-app', cwd));
}

function askLanguage(ask: Ask): Promise<Language> {
  return ask('TypeScript? (Y/n): ', answer => {
    if (/^(y(es)?)?$/i.test(answer)) return 'ts';
    if (/^no?$/i.test(answer)) return 'js';
    throw new UserError('y or n, please.');
  });
}

function askEgg(ask: Ask): Promise<EggVersion> {
  return ask('Egg 3 or 4? (3): ', answer => {
    const version = asEggVersion(answer || '3');
    if (!version) throw new UserError('3 or 4, please.');
    return version;
  });
}

/** Quotes a path for a shell. */
function quoted(folder: string): string {
  const argument = folder.startsWith('-') ? `.${path.sep}${folder}` : folder;
  return /^[\w@%+=:,./\\-]+$/.test(argument) ? argument : JSON.stringify(argument);
}

function nextSteps({ name, directory }: Target, { language, egg }: AppKind, cwd: string): string {
  const folder = path.relative(cwd, directory);
  return [
    `Created ${name} (${LANGUAGES[language]}, Egg ${egg}) in ${directory}`, '',
    'Next:', '',
    ...folder ? [ `  cd ${quoted(folder)}` ] : [],
    '  npm install',
    '  npm run dev    then open http://127.0.0.1:7001',
    '  npm test', '',
    'README.md has the rest.', '',
  ].join('\n');
}

/**
 * `egg-socketio create`.
 *
 * @param request - what the command line says
 * @param surroundings - the current folder, and the streams
 * @throws {UserError} if the app cannot be created there
 */
export async function create(
  { name, language, egg }: { name?: string } & Partial<AppKind>, { cwd, stdin, stdout }: CreateSurroundings,
): Promise<void> {
  // Checked before any question.
  let target = name === undefined ? undefined : targetOf(name, cwd);
  if (stdin.isTTY && stdout.isTTY && !(target && language && egg)) {
    await withQuestions({ input: stdin, output: stdout }, async ask => {
      target ??= await askName(ask, cwd);
      language ??= await askLanguage(ask);
      egg ??= await askEgg(ask);
    });
  }
  if (!target) throw new UsageError('the name of the app is missing: egg-socketio create my-app.');
  const kind: AppKind = { language: language ?? 'ts', egg: egg ?? '3' };
  writeFiles(target.directory, appFiles(target.name, kind));
  stdout.write(nextSteps(target, kind, cwd));
}
