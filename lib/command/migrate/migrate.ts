import path from 'node:path';
import { UserError } from '../../base/user_error';
import { ownManifest } from '../create/manifest';
import { planEggSocketIO, usesEggSocketIO } from './egg/app';
import { planMidway, usesMidway } from './midway/app';
import { diffOf } from './source/diff';
import { checkGit } from './source/git';
import { type Change, isFolder, Project } from './source/project';
import { MARKER } from './source/source';
import { loadTypeScript } from './source/typescript';

/** The command line of `egg-socketio migrate`. */
export interface MigrateRequest { folder: string; isWritten: boolean; isGitNeeded: boolean }

/** Where it is run. */
export interface MigrateSurroundings { cwd: string; print: (text: string) => void }

/** The places that are left to the user, as `file:line  message`. */
function leftIn(changes: readonly Change[]): string[] {
  return changes.flatMap(({ to, content = '' }) => content.split(/\r?\n/).flatMap((line, i) => {
    const at = line.indexOf(MARKER);
    return at === -1 ? [] : [ `  ${to}:${i + 1}  ${line.slice(at + MARKER.length).trim()}` ];
  }));
}

function summary(changes: readonly Change[], left: readonly string[], notes: readonly string[], isWritten: boolean): string {
  const lines = [ `${isWritten ? 'Changed' : 'Would change'} ${changes.length} ${changes.length === 1 ? 'file' : 'files'}.` ];
  if (left.length > 0) lines.push('', `Left to you, marked in the files with ${MARKER}`, ...left);
  if (notes.length > 0) lines.push('', 'Also:', ...notes.map(note => `  ${note}`));
  if (!isWritten) lines.push('', 'Nothing was changed. To make these changes: egg-socketio migrate --write');
  return `${lines.join('\n')}\n`;
}

/** Whether the files belong to an app that has moved already. */
function isMigrated(project: Project): boolean {
  return project.codeIn('app/socket').length > 0 || (project.has('package.json') && /"egg-socketio"\s*:/.test(project.read('package.json')));
}

/**
 * `egg-socketio migrate`: translates an app of egg-socket.io, or the socket controllers of a Midway app.
 *
 * @param request - what the command line says
 * @param surroundings - the current folder, and where to print
 * @return the exit code: 0, or 2 if something is left to the user
 * @throws {UserError} if there is no app, or git could not undo the changes
 */
export function migrate({ folder, isWritten, isGitNeeded }: MigrateRequest, { cwd, print }: MigrateSurroundings): number {
  const root = path.resolve(cwd, folder);
  if (!isFolder(root)) throw new UserError(`${root} is not a folder.`);
  const project = new Project(loadTypeScript(root), root);
  const notes: string[] = [];
  const { version } = ownManifest();
  if (!project.has('package.json')) throw new UserError(`there is no app in ${root}: it has no package.json.`);
  if (usesEggSocketIO(project)) notes.push(...planEggSocketIO(project, version));
  if (usesMidway(project)) notes.push(...planMidway(project, version));
  const changes = project.planned();
  if (changes.length === 0) {
    if (!isMigrated(project)) throw new UserError(`the app in ${root} uses neither egg-socket.io nor socket controllers of Midway.`);
    print('Nothing to migrate: the app already uses egg-socketio.\n');
    return 0;
  }
  if (isWritten && isGitNeeded) checkGit(root);
  for (const { from, to, content } of changes) print(diffOf(from, to, from && project.read(from), content));
  const left = leftIn(changes);
  if (isWritten) project.write();
  print(`\n${summary(changes, left, notes, isWritten)}`);
  return left.length > 0 ? 2 : 0;
}
