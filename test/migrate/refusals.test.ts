import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { run } from '../../lib/command/cli';
import { loadTypeScript } from '../../lib/command/migrate/source/typescript';
import { useFolder } from './support/folder';

describe('test/migrate/refusals.test.ts', () => {
  const folder = useFolder();
  const git = (...args: string[]) => execFileSync('git', [ '-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args ], { cwd: folder.root, stdio: 'pipe' });

  async function assertRefused(args: string[], message: RegExp) {
    const before = folder.files();
    const { code, out, error } = await folder.migrate(...args);
    assert.deepEqual({ code, out }, { code: 1, out: '' });
    assert.match(error, /^egg-socketio: .+\n$/);
    assert.match(error, message);
    assert.deepEqual(folder.files(), before);
  }

  const USAGE: [title: string, args: string[], message: RegExp][] = [
    [ 'an unknown option', [ '--force' ], /unknown option '--force'\. See egg-socketio --help/ ],
    [ 'an option of create', [ '--ts' ], /--ts is an option of create, not of migrate\. See/ ],
    [ 'two folders', [ 'a', 'b' ], /expected one folder, but got 2: 'a', 'b'/ ],
    [ '--no-git without --write', [ '--no-git' ], /--no-git needs --write: without it, nothing is changed/ ],
    [ 'a folder that does not exist', [ 'missing' ], /missing is not a folder/ ],
    [ 'a folder without an app', [], /there is no app in .*: it has no package\.json/ ],
  ];
  for (const [ title, args, message ] of USAGE) it(title, () => assertRefused(args, message));

  it('an option of migrate with create', async () => {
    let error = '';
    const stream = { write: (text: string) => { error += text; } } as unknown as NodeJS.WritableStream;
    const code = await run([ 'create', 'app', '--write' ], { cwd: folder.root, stdin: process.stdin, stdout: stream, stderr: stream });
    assert.equal(code, 1);
    assert.match(error, /--write is an option of migrate, not of create/);
  });

  it('an app that uses neither', async () => {
    folder.write({ 'package.json': '{ "dependencies": { "egg": "3" } }', 'app/router.js': 'module.exports = app => {};\n' });
    await assertRefused([], /uses neither egg-socket\.io nor socket controllers of Midway/);
  });

  it('--write outside of a git repository', async () => {
    folder.copy('sessions');
    await assertRefused([ '--write' ], /is not in a git repository\. Nothing was changed\. Run 'git init && git add -A && git commit -m before', or add --no-git/);
  });

  it('--write in a git tree with changes, until they are committed', async () => {
    folder.copy('sessions');
    git('init', '-q');
    await assertRefused([ '--write' ], /the git tree has changes \(app\/, config\/, package\.json\)\. Nothing was changed\. Commit them, or run 'git stash -u'/);
    git('add', '-A');
    git('commit', '-q', '-m', 'before');
    folder.write({ 'app/router.js': 'module.exports = app => {};\n' });
    await assertRefused([ '--write' ], /has changes \(app\/router\.js\)/);
    git('checkout', '-q', '.');
    const { code } = await folder.migrate('--write');
    assert.equal(code, 0);
    git('add', '-A');
    git('reset', '-q', '--hard');
    assert.ok(folder.files()['app/io/controller/user.js'], 'git has not undone the migration');
  });

  it('a file where another one would be written', async () => {
    folder.copy('sessions');
    folder.write({ 'app/socket/user.js': '// Mine.\n' });
    await assertRefused([ '--write', '--no-git' ], /app\/socket\/user\.js exists already, and app\/io\/controller\/user\.js belongs there\. Nothing was changed\. Rename one of the two files/);
  });

  it('a machine without TypeScript, and says how to run the command with it', () => {
    mkdirSync(path.join(folder.root, 'node_modules/typescript'), { recursive: true });
    // A compiler without the parser, as the one that is written in Go.
    folder.write({ 'package.json': '{}', 'node_modules/typescript/package.json': '{ "main": "index.js" }', 'node_modules/typescript/index.js': '' });
    assert.throws(() => loadTypeScript(folder.root, '', folder.root), {
      message: 'migrate needs the parser of TypeScript 4.8 to 5, which is not installed here. Run: npx --package egg-socketio --package typescript@5 -- egg-socketio migrate',
    });
  });

  it('finds the TypeScript that npx has installed', () => {
    folder.write({
      'npx/node_modules/typescript/package.json': '{ "main": "index.js" }',
      'npx/node_modules/typescript/index.js': 'exports.createSourceFile = exports.canHaveDecorators = () => {};\n',
    });
    const searchPath = [ '/usr/bin', path.join(folder.root, 'npx/node_modules/.bin') ].join(path.delimiter);
    assert.equal(typeof loadTypeScript(folder.root, searchPath, folder.root).canHaveDecorators, 'function');
  });
});
