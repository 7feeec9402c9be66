import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { VERSIONS } from '../../lib/command/create/versions';
import { wholeApp } from '../support/whole_app';
import { FILES, KINDS, type Manifest, ROOT, useShell } from './support/shell';

const readManifest = (folder: string) => JSON.parse(readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;
const manifest = readManifest('.');
/** The versions of Egg's tools for the tests on Egg 4. */
const egg4 = readManifest('scripts/egg4');

describe('test/create/create.test.ts', () => {
  const { at, create, filesOf, read, manifestOf } = useShell();

  describe('the app', () => {
    for (const { egg, language } of KINDS) {
      const kind = [ `--${language}`, '--egg', egg ];

      it(`${kind.join(' ')}: creates these files, with every placeholder filled in`, async () => {
        const { code, error } = await create([ 'create', 'my-app', ...kind ]);
        assert.deepEqual({ code, error }, { code: 0, error: '' });
        assert.deepEqual(filesOf('my-app'), FILES[language]);
        for (const file of FILES[language]) assert.doesNotMatch(read(`my-app/${file}`), /\{\{|undefined/, file);
        assert.match(read('my-app/app/view/index.html'), /<title>my-app<\/title>/);
      });

      it(`${kind.join(' ')}: its page takes as many characters as its controller`, async () => {
        await create([ 'create', 'my-app', ...kind ]);
        const [ , longest ] = /LONGEST = (\d+)/.exec(read(`my-app/app/socket/chat.${language}`))!;
        assert.ok(read('my-app/app/view/index.html').includes(`maxlength="${longest}"`));
      });

      it(`${kind.join(' ')}: its README names its version of Egg, and only commands and files that exist`, async () => {
        await create([ 'create', 'my-app', ...kind ]);
        const readme = read('my-app/README.md');
        assert.ok(readme.includes(`An [Egg ${egg}](`), readme);
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

    it('requires the versions that this package is tested with, and every peer dependency that is not optional', async () => {
      const tested = { ...egg4.dependencies, ...manifest.devDependencies, ...manifest.overrides };
      for (const [ name, version ] of Object.entries(VERSIONS)) assert.equal(version, tested[name], name);
      for (const { egg, language } of KINDS) {
        const folder = `${language}${egg}`;
        await create([ 'create', folder, `--${language}`, '--egg', egg ]);
        const { dependencies, devDependencies, overrides } = manifestOf(folder);
        const used = { ...dependencies, ...devDependencies, ...overrides };
        for (const [ name, version ] of Object.entries(used)) {
          const own = name === 'egg' && egg === '4' ? egg4.dependencies.egg : tested[name];
          assert.equal(version, name === manifest.name ? `^${manifest.version}` : own, name);
        }
        for (const [ name, range ] of Object.entries(manifest.peerDependencies)) {
          if (manifest.peerDependenciesMeta[name]?.optional && !used[name]) continue;
          const majors = range.split(' || ').map(each => each.split('.')[0].slice(1));
          assert.ok(majors.includes(used[name].split('.')[0].slice(1)), `${folder}: ${name} ${used[name]}`);
        }
      }
    });

    for (const egg of [ '3', '4' ] as const) {
      it(`the whole app of docs/getting-started.md for Egg ${egg} has the same versions and compiler options`, async () => {
        await create([ 'create', 'made', '--egg', egg ]);
        const made = manifestOf('made');
        const files = wholeApp(egg);
        const shown = JSON.parse(files.get('package.json')!) as Manifest;
        assert.deepEqual({ ...made.dependencies, ...shown.dependencies }, made.dependencies);
        assert.deepEqual({ ...made.devDependencies, ...shown.devDependencies }, made.devDependencies);
        for (const key of [ 'type', 'egg', 'overrides', 'allowScripts' ] as const) assert.deepEqual(shown[key], made[key], key);
        const { inlineSourceMap, ...options } = ts.parseConfigFileTextToJson('', read('made/tsconfig.json')).config.compilerOptions;
        assert.ok(inlineSourceMap);
        assert.deepEqual(JSON.parse(files.get('tsconfig.json')!).compilerOptions, options);
      });
    }

    it('uses the tools of its version of Egg', async () => {
      const tools = [ 'egg-bin', 'egg-mock', 'egg-scripts', 'egg-ts-helper', '@eggjs/bin', '@eggjs/mock', '@eggjs/scripts' ];
      for (const { egg, language } of KINDS) {
        const folder = `${language}${egg}`;
        await create([ 'create', folder, `--${language}`, '--egg', egg ]);
        const { allowScripts, dependencies, devDependencies } = manifestOf(folder);
        // npm warns about an install script that nobody has decided on.
        assert.deepEqual(allowScripts, { [egg === '4' ? '@eggjs/bin' : 'egg-bin']: false });
        assert.deepEqual(Object.keys({ ...dependencies, ...devDependencies }).filter(name => tools.includes(name)).sort(), (
          egg === '4' ? tools.slice(4) : tools.slice(0, language === 'ts' ? 4 : 3)
        ), folder);
        assert.ok(read(`${folder}/test/chat.test.${language}`).includes(`'${egg === '4' ? '@eggjs/mock' : 'egg-mock'}/bootstrap'`), folder);
      }
    });

    it('consists of ES modules in TypeScript on Egg 4, which need Node.js 20; all others are CommonJS', async () => {
      for (const { egg, language } of KINDS) {
        const folder = `${language}${egg}`;
        await create([ 'create', folder, `--${language}`, '--egg', egg ]);
        const { engines, type } = manifestOf(folder);
        const isModule = language === 'ts' && egg === '4';
        assert.deepEqual({ engines, type }, isModule ? { engines: { node: '>=20' }, type: 'module' } : { engines: manifest.engines, type: undefined });
      }
    });

    it('says in tsconfig.json why the type files of packages are not checked, and checks them where Egg allows it', async () => {
      await create([ 'create', 'ts3', '--egg', '3' ]);
      await create([ 'create', 'ts4', '--egg', '4' ]);
      assert.ok(!read('ts3/tsconfig.json').includes('skipLibCheck'));
      assert.match(read('ts4/tsconfig.json'), /\/\/ The type files of Egg 4 have errors of their own: [^"]+"skipLibCheck": true/);
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
      assert.ok(out.startsWith(`Created there (TypeScript, Egg 3) in ${directory}\n`), out);
      assert.equal(manifestOf('there').name, 'there');
    });

    it('the current folder, which has only a .git', async () => {
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
    it('asks for name, language and version of Egg', async () => {
      const { code, out } = await create([ 'create' ], [ 'chat', 'n', '4' ]);
      assert.equal(code, 0);
      assert.match(out, /^Name of the app \(my-app\): chat\nTypeScript\? \(Y\/n\): n\nEgg 3 or 4\? \(3\): 4\nCreated chat \(JavaScript, Egg 4\)/);
      assert.deepEqual(filesOf('chat'), FILES.js);
    });

    it('uses the defaults for empty answers', async () => {
      const { code, out } = await create([ 'create' ], [ '', '', '' ]);
      assert.equal(code, 0);
      assert.match(out, /Created my-app \(TypeScript, Egg 3\)/);
      assert.deepEqual(filesOf('my-app'), FILES.ts);
    });

    it('asks only for what the command line leaves out', async () => {
      assert.doesNotMatch((await create([ 'create', 'chat' ], [ 'y', '' ])).out, /Name of/);
      assert.doesNotMatch((await create([ 'create', '--js', '--egg=4' ], [ 'talk' ])).out, /TypeScript\?|Egg 3 or 4/);
      assert.doesNotMatch((await create([ 'create', 'speak', '--js', '--egg', '3' ], [])).out, /: $/m);
      assert.deepEqual([ filesOf('chat'), filesOf('talk'), filesOf('speak') ], [ FILES.ts, FILES.js, FILES.js ]);
    });

    it('says why an answer is wrong, and asks again', async () => {
      const { code, out } = await create([ 'create' ], [ 'My App', 'chat', 'perhaps', 'No', '2', '4' ]);
      assert.equal(code, 0);
      assert.match(out, /'My App' cannot be the name of an npm package: .*\nName of the app/);
      assert.match(out, /y or n, please\.\nTypeScript\?/);
      assert.match(out, /3 or 4, please\.\nEgg 3 or 4\?/);
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
      assert.match(out, /^Usage: egg-socketio create <name> \[--js \| --ts\] \[--egg 3 \| 4\]\n/);
    }
    for (const args of [[ '--version' ], [ '-v' ]]) assert.deepEqual(await create(args), { code: 0, out: `${manifest.version}\n`, error: '' });
  });
});
