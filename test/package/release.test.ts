import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run, runOrThrow } from './support/command';
import { Workspace } from './support/workspace';

const ROOT = path.join(__dirname, '../..');
const CHANGELOG = '# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-01-02\n\n- A change.\n\n## [1.1.0] - 2026-01-01\n\n- Another one.\n';

describe('test/package/release.test.ts', function() {
  this.timeout(60_000);

  const workspace = new Workspace();
  let folder: string;

  const git = (...args: string[]) => runOrThrow('git', args, { cwd: folder, timeout: 30_000 });
  const commit = async () => {
    await git('add', '--all');
    await git('commit', '--quiet', '--message=a change');
  };
  const release = (...args: string[]) => run(process.execPath, [ 'scripts/release.js', ...args ], { cwd: folder, timeout: 30_000 });
  const write = (file: string, content: unknown) => {
    writeFileSync(path.join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));
  };

  let number = 0;
  beforeEach(async () => {
    folder = path.join(workspace.directory, `package-${number++}`);
    mkdirSync(path.join(folder, 'scripts'), { recursive: true });
    copyFileSync(path.join(ROOT, 'scripts/release.js'), path.join(folder, 'scripts/release.js'));
    write('package.json', { name: 'released', version: '1.2.0', files: [ 'index.js' ] });
    write('package-lock.json', { name: 'released', version: '1.2.0', packages: { '': { version: '1.2.0' } } });
    write('index.js', '');
    write('CHANGELOG.md', CHANGELOG);
    write('.gitignore', '*.tgz\n');
    await git('init', '--quiet', '--initial-branch=main');
    await git('config', 'user.name', 'test');
    await git('config', 'user.email', 'test@example.com');
    await commit();
  });
  after(() => workspace.remove());

  async function isRefused(asked: string, ...reasons: string[]): Promise<void> {
    const { code, stderr } = await release(asked);
    assert.equal(code, 1);
    const lines = stderr.split('\n').filter(line => line.startsWith('Not released: '));
    assert.deepEqual(lines, reasons.map(reason => `Not released: ${reason}`));
    assert.equal((await git('tag', '--list')).stdout, '');
    assert.ok(!existsSync(path.join(folder, 'released-1.2.0.tgz')));
  }

  it('packs the package and tags the commit when everything is ready', async () => {
    const { code, stdout, stderr } = await release('1.2.0');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /npm publish released-1\.2\.0\.tgz/);
    assert.ok(existsSync(path.join(folder, 'released-1.2.0.tgz')));
    assert.equal((await git('tag', '--list', '--points-at', 'HEAD')).stdout, 'v1.2.0\n');
    assert.equal((await git('status', '--porcelain')).stdout, '');
  });

  it('does not tag a commit that cannot be packed, and shows why', async () => {
    write('package.json', { name: 'released', version: '1.2.0', scripts: { prepack: 'echo "the build is broken" && false' } });
    await commit();
    const { code, stderr } = await release('1.2.0');
    assert.equal(code, 1);
    assert.match(stderr, /^the build is broken$/m);
    assert.match(stderr, /^Not released: npm pack has failed$/m);
    assert.equal((await git('tag', '--list')).stdout, '');
  });

  it('refuses a version that package.json does not have', async () => {
    await isRefused('1.3.0', 'package.json has version 1.2.0, and 1.3.0 was asked for: npm run release -- 1.2.0');
  });

  it('refuses if package-lock.json has another version', async () => {
    write('package-lock.json', { name: 'released', version: '1.2.0', packages: { '': { version: '1.1.0' } } });
    await commit();
    await isRefused('1.2.0', 'package-lock.json has another version than 1.2.0: run npm install');
  });

  it('refuses changed and new files that are not committed', async () => {
    appendFileSync(path.join(folder, 'index.js'), '// changed');
    await isRefused('1.2.0', 'there are changes that are not committed:');
    await git('checkout', '--quiet', '--', 'index.js');
    write('new.js', '');
    await isRefused('1.2.0', 'there are changes that are not committed:');
  });

  it('refuses another branch', async () => {
    await git('switch', '--quiet', '--create', 'feature');
    await isRefused('1.2.0', 'the branch is feature: releases are made from main');
  });

  it('refuses a tag that exists', async () => {
    assert.equal((await release('1.2.0')).code, 0);
    const { code, stderr } = await release('1.2.0');
    assert.equal(code, 1);
    assert.match(stderr, /^Not released: the tag v1\.2\.0 exists: choose another version$/m);
  });

  for (const [ what, changelog, reason ] of [
    [ 'without a section of the version', CHANGELOG.replace('## [1.2.0] - 2026-01-02\n\n- A change.\n\n', ''), 'the newest section with text must be "## [1.2.0] - DATE", and is "## [1.1.0] - 2026-01-01": move what is new into it' ],
    [ 'with unreleased changes', CHANGELOG.replace('## [Unreleased]\n', '## [Unreleased]\n\n- Something.\n'), 'the newest section with text must be "## [1.2.0] - DATE", and is "## [Unreleased]": move what is new into it' ],
    [ 'without the date', CHANGELOG.replace(' - 2026-01-02', ''), '"## [1.2.0]" has no date: expected "## [1.2.0] - 2026-11-30"' ],
    [ 'with an empty section', CHANGELOG.replace('- A change.\n', ''), '"## [1.2.0] - 2026-01-02" is empty' ],
  ]) {
    it(`refuses a changelog ${what}`, async () => {
      write('CHANGELOG.md', changelog);
      await commit();
      await isRefused('1.2.0', `CHANGELOG.md: ${reason}`);
    });
  }

  it('says everything that is not ready at once', async () => {
    write('CHANGELOG.md', '# Changelog\n');
    await isRefused('1.2.1',
      'package.json has version 1.2.0, and 1.2.1 was asked for: npm run release -- 1.2.0',
      'there are changes that are not committed:',
      'CHANGELOG.md: the newest section with text must be "## [1.2.0] - DATE", and is "no section": move what is new into it');
  });

  it('the newest section of this changelog is that of the version in package.json, or of unreleased changes', () => {
    const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const [ newest ] = /^## .*$/m.exec(readFileSync(path.join(ROOT, 'CHANGELOG.md'), 'utf8'))!;
    assert.match(newest, new RegExp(`^## \\[(Unreleased|${version.replaceAll('.', '\\.')})\\]`));
  });
});
