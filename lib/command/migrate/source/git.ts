import { spawnSync } from 'node:child_process';
import { UserError } from '../../../base/user_error';

const HOW_ON = 'or add --no-git to change the files without git';

/**
 * Checks that git can undo what the command will write.
 *
 * @param root - the app's folder
 * @throws {UserError} if it is not in a repository, or has changes
 */
export function checkGit(root: string): void {
  const { status, stdout, error } = spawnSync('git', [ 'status', '--porcelain', '--', '.' ], { cwd: root, encoding: 'utf8' });
  if (error || status !== 0) {
    const why = error ? 'git cannot be started' : `${root} is not in a git repository`;
    throw new UserError(`${why}. Nothing was changed. Run 'git init && git add -A && git commit -m before', ${HOW_ON}.`);
  }
  const files = stdout.split('\n').filter(Boolean);
  if (files.length === 0) return;
  const shown = files.slice(0, 3).map(line => line.slice(3)).join(', ') + (files.length > 3 ? ', …' : '');
  throw new UserError(`the git tree has changes (${shown}). Nothing was changed. Commit them, or run 'git stash -u', ${HOW_ON}.`);
}
