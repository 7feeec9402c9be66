import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { APPS, filesIn, useFolder } from './support/folder';

/** test/package/migrate.test.ts plays the same script with the apps of egg-socket.io before and after. */
describe('test/migrate/apps.test.ts', () => {
  const folder = useFolder();
  const apps = readdirSync(APPS, { withFileTypes: true }).filter(entry => entry.isDirectory()).map(({ name }) => name);

  it('has apps of egg-socket.io and of Midway', () => {
    assert.deepEqual(apps, [ 'js_classes', 'js_functions', 'midway_bootstrap', 'midway_config', 'namespaces', 'nested', 'sessions', 'typescript' ]);
  });

  for (const app of apps) {
    it(`${app}: --write makes test/fixtures/migrate/${app}/after of it`, async () => {
      folder.copy(app);
      const { error } = await folder.migrate('--write', '--no-git');
      assert.equal(error, '');
      assert.deepEqual(folder.files(), filesIn(path.join(APPS, app, 'after')));
    });

    it(`${app}: without --write, the same diff is shown, and nothing is changed`, async () => {
      folder.copy(app);
      const before = folder.files();
      const shown = await folder.migrate();
      assert.deepEqual(folder.files(), before);
      assert.match(shown.out, /^Nothing was changed\. To make these changes: egg-socketio migrate --write$/m);
      const written = await folder.migrate('--write', '--no-git');
      const diff = (out: string) => out.slice(0, out.search(/^(Would change|Changed) /m));
      assert.equal(diff(written.out), diff(shown.out));
      assert.equal(written.code, shown.code);
    });

    it(`${app}: a second run has nothing to do`, async () => {
      folder.copy(app);
      await folder.migrate('--write', '--no-git');
      const { code, out } = await folder.migrate('--write', '--no-git');
      assert.deepEqual({ code, out }, { code: 0, out: 'Nothing to migrate: the app already uses egg-socketio.\n' });
    });
  }

  it('the apps of egg-socket.io are translated as a whole, with exit code 0', async () => {
    folder.copy('nested');
    const { code, out } = await folder.migrate('.', '--write', '--no-git');
    assert.equal(code, 0);
    assert.match(out, /^Changed 6 files\.$/m);
    assert.doesNotMatch(out, /Left to you/);
  });

  it('lists what is left to do with file and line, as it is marked in the files, and exits with code 2', async () => {
    folder.copy('midway_bootstrap');
    const { code, out } = await folder.migrate('--write', '--no-git');
    assert.equal(code, 2);
    const listed = [ ...out.matchAll(/^ {2}(\S+):(\d+) {2}(.+)$/gm) ].map(([ , file, line, message ]) => ({ file, line: Number(line), message }));
    const marked = Object.entries(folder.files()).flatMap(([ file, text ]) => text.split('\n').flatMap((line, i) => {
      const [ , message ] = /MIGRATE\(egg-socketio\): (.+)$/.exec(line) ?? [];
      return message ? [{ file, line: i + 1, message }] : [];
    }));
    assert.ok(marked.length >= 6, `${marked.length} marks`);
    const key = ({ file, line }: { file: string; line: number }) => `${file}:${String(line).padStart(4)}`;
    assert.deepEqual(listed.sort((a, b) => (key(a) < key(b) ? -1 : 1)), marked.sort((a, b) => (key(a) < key(b) ? -1 : 1)));
  });
});
