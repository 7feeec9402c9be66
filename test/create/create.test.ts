import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { VERSIONS } from '../../lib/create/versions';
import { FILES, type Manifest, ROOT, useShell } from './support/shell';

const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Manifest;

describe('test/create/create.test.ts', () => {
  const { at, create, filesOf, read, manifestOf } = useShell();

  describe('the app', () => {
    for (const language of [ 'js', 'ts' ] as const) {
      it(`--${language}: creates these files, with every placeholder filled in`, async () => {
        const { code, error } = await create([ 'create', 'my-app', `--${language}` ]);
        assert.deepEqual({ code, error }, { code: 0, error: '' });
        assert.deepEqual(filesOf('my-app'), FILES[language]);
        for (const file of FILES[language]) assert.doesNotMatch(read(`my-app/${file}`), /\{\{|undefined/, file);
        assert.match(read('my-app/app/view/index.html'), /<title>my-app<\/title>/);
      });

      it(`--${language}: its README names only commands and files that exist`, async () => {
        await create([ 'create', 'my-app', `--${language}` ]);
        const readme = read('my-app/README.md');
        const { scripts } = manifestOf('my-app');
        const commands = [ ...readme.matchAll(/npm (?:run (\w+)|(test|start|stop))\b/g) ].map(([ , name, short ]) => name ?? short);
        assert.deepEqual([ ...new Set(commands) ].sort(), Object.keys(scripts).sort());
        const links = [ ...readme.matchAll(/\]\((?!https?:)([^)]+)\)/g) ].map(([ , link ]) => link);
        assert.ok(links.length > 8);
        for (const link of links) {
          const page = link.replace(/^node_modules\/egg-socketio\//, '');
          if (page === link) assert.ok(FILES[language].includes(link), link);
          else readFileSync(path.join(ROOT, page));
        }
      });
    }

    it('requires the versions that this package is tested with', async () => {
      await create([ 'create', 'js', '--js' ]);
      await create([ 'create', 'ts', '--ts' ]);
      const own = { ...manifest.devDependencies, ...manifest.overrides };
      for (const [ name, version ] of Object.entries(VERSIONS)) assert.equal(version, own[name], name);
      const used = [ manifestOf('js'), manifestOf('ts') ].flatMap(app => [ app.dependencies, app.devDependencies, app.overrides ]);
      for (const [ name, version ] of used.flatMap(Object.entries)) {
        assert.equal(version, name === manifest.name ? `^${manifest.version}` : own[name], name);
      }
      for (const [ name, range ] of Object.entries(manifest.peerDependencies)) {
        const least = (VERSIONS as Record<string, string | undefined>)[name];
        // What a new app does without has to be optional.
        if (least === undefined) assert.ok(manifest.peerDependenciesMeta[name].optional, name);
        else assert.equal(least.split('.')[0], range.split('.')[0], name);
      }
    });

    it('has cookie keys of its own', async () => {
      const keysOf = (file: string) => /keys(?: =|:) '([0-9a-f]{64})'/.exec(read(file))![1];
      await create([ 'create', 'a', '--js' ]);
      await create([ 'create', 'b', '--js' ]);
      await create([ 'create', 'c', '--ts' ]);
      const keys = [ 'a/config/config.default.js', 'b/config/config.default.js', 'c/config/config.default.ts' ].map(keysOf);
      assert.equal(new Set(keys).size, 3);
    });

    it('is started and stopped under its own process title', async () => {
      await create([ 'create', 'my-app' ]);
      const { start, stop } = manifestOf('my-app').scripts;
      for (const script of [ start, stop ]) assert.match(script, / --title=egg-server-my-app$/);
    });
  });

  describe('where it is made', () => {
    const PLACES: [given: string, folder: string, name: string][] = [
      [ './apps/chat', 'apps/chat', 'chat' ], [ 'a/b/c/', 'a/b/c', 'c' ], [ 'my-app', 'my-app', 'my-app' ],
    ];
    for (const [ given, folder, name ] of PLACES) {
      it(`${given}: in ${folder}`, async () => {
        const { code, out } = await create([ 'create', given ]);
        assert.equal(code, 0);
        assert.equal(manifestOf(folder).name, name);
        assert.ok(out.includes(`  cd ${folder}\n  npm install\n  npm run dev `), out);
        assert.ok(out.includes('http://127.0.0.1:7001'), out);
      });
    }

    it('an absolute path', async () => {
      const directory = at('there');
      const { out } = await create([ 'create', directory ]);
      assert.ok(out.startsWith(`Made there (TypeScript) in ${directory}\n`), out);
      assert.equal(manifestOf('there').name, 'there');
    });

    it('the folder one is in, which has only a .git', async () => {
      mkdirSync(at('here/.git'), { recursive: true });
      const { code, out } = await create([ 'create', '.' ], undefined, 'here');
      assert.equal(code, 0);
      assert.equal(manifestOf('here').name, 'here');
      assert.doesNotMatch(out, /cd /);
    });

    it('an empty folder', async () => {
      mkdirSync(at('empty'));
      assert.equal((await create([ 'create', 'empty' ])).code, 0);
      assert.deepEqual(filesOf('empty'), FILES.ts);
    });

    it('prints commands that a shell accepts', async () => {
      assert.match((await create([ 'create', 'my apps/chat' ])).out, / {2}cd "my apps\/chat"\n/);
      assert.match((await create([ 'create', '--', '-chat' ])).out, / {2}cd \.\/-chat\n/);
    });
  });

  describe('at a terminal', () => {
    it('asks for name and language', async () => {
      const { code, out } = await create([ 'create' ], [ 'chat', 'n' ]);
      assert.equal(code, 0);
      assert.match(out, /^Name of the app \(my-app\): chat\nTypeScript\? \(Y\/n\): n\nMade chat \(JavaScript\)/);
      assert.deepEqual(filesOf('chat'), FILES.js);
    });

    it('uses the defaults for empty answers', async () => {
      assert.equal((await create([ 'create' ], [ '', '' ])).code, 0);
      assert.deepEqual(filesOf('my-app'), FILES.ts);
    });

    it('asks only for what the command line leaves out', async () => {
      assert.doesNotMatch((await create([ 'create', 'chat' ], [ 'y' ])).out, /Name of/);
      assert.doesNotMatch((await create([ 'create', '--js' ], [ 'talk' ])).out, /TypeScript\?/);
      assert.doesNotMatch((await create([ 'create', 'speak', '--js' ], [])).out, /: $/m);
      assert.deepEqual([ filesOf('chat'), filesOf('talk'), filesOf('speak') ], [ FILES.ts, FILES.js, FILES.js ]);
    });

    it('says why an answer is wrong, and asks again', async () => {
      const { code, out } = await create([ 'create' ], [ 'My App', 'chat', 'perhaps', 'No' ]);
      assert.equal(code, 0);
      assert.match(out, /'My App' cannot be the name of an npm package: .*\nName of the app/);
      assert.match(out, /y or n, please\.\nTypeScript\?/);
      assert.deepEqual(filesOf('chat'), FILES.js);
    });

    it('writes nothing if the user aborts', async () => {
      const { code, error } = await create([ 'create' ], [ 'chat' ]);
      assert.deepEqual({ code, error }, { code: 1, error: 'egg-socketio: cancelled. Nothing was written.\n' });
      assert.deepEqual(readdirSync(at()), []);
    });
  });

  it('--help and --version', async () => {
    for (const args of [[ '--help' ], [ '-h' ], [ 'create', '--help' ]]) {
      const { code, out } = await create(args);
      assert.equal(code, 0);
      assert.match(out, /^Usage: egg-socketio create <name> \[--js \| --ts\]\n/);
    }
    for (const args of [[ '--version' ], [ '-v' ]]) assert.deepEqual(await create(args), { code: 0, out: `${manifest.version}\n`, error: '' });
  });
});
