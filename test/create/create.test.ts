import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { run } from '../../lib/create/cli';
import { UserError } from '../../lib/create/errors';
import { VERSIONS } from '../../lib/create/versions';
import { writeFiles } from '../../lib/create/write';

const ROOT = path.join(__dirname, '../..');
const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Manifest;

interface Manifest {
  name: string;
  version: string;
  egg?: object;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  overrides: Record<string, string>;
}

const COMMON = [ '.gitignore', 'README.md', 'app/view/index.html', 'package.json' ];
const SOURCES = [ 'app/router', 'app/socket/chat', 'config/config.default', 'config/plugin', 'test/chat.test' ];
const FILES = {
  js: [ ...COMMON, ...SOURCES.map(file => `${file}.js`) ].sort(),
  ts: [ ...COMMON, ...SOURCES.map(file => `${file}.ts`), 'tsconfig.json' ].sort(),
};

describe('test/create/create.test.ts', () => {
  let cwd: string;

  beforeEach(() => { cwd = mkdtempSync(path.join(tmpdir(), 'egg-socketio-create-')); });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));

  /**
   * Runs the command as if somebody had typed it.
   *
   * @param answers - what they type at a terminal, before they close it; without it, there is none
   */
  async function create(args: string[], answers?: string[]) {
    const isTTY = answers !== undefined;
    const stdin = Object.assign(new PassThrough(), { isTTY });
    const stdout = Object.assign(new PassThrough(), { isTTY });
    const stderr = new PassThrough();
    let [ out, error ] = [ '', '' ];
    const left = [ ...answers ?? [] ];
    stdout.on('data', chunk => {
      out += chunk;
      if (!out.endsWith(': ')) return;
      const answer = left.shift();
      if (answer === undefined) stdin.end();
      else stdin.write(`${answer}\n`);
    });
    stderr.on('data', chunk => { error += chunk; });
    const code = await run(args, { cwd, stdin, stdout, stderr });
    assert.deepEqual(left, [], 'not everything was asked for');
    return { code, out: stripVTControlCharacters(out).replace(/\r/g, ''), error };
  }

  const filesOf = (folder: string) => readdirSync(path.join(cwd, folder), { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter(entry => entry.isFile())
    .map(entry => path.relative(path.join(cwd, folder), path.join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
  const read = (file: string) => readFileSync(path.join(cwd, file), 'utf8');
  const manifestOf = (folder: string) => JSON.parse(read(`${folder}/package.json`)) as Manifest;

  async function assertRefused(args: string[], message: RegExp) {
    const before = filesOf('.');
    const { code, out, error } = await create(args);
    assert.deepEqual({ code, out }, { code: 1, out: '' });
    assert.match(error, /^egg-socketio: .+\n$/);
    assert.match(error, message);
    assert.deepEqual(filesOf('.'), before);
  }

  describe('the app', () => {
    for (const language of [ 'js', 'ts' ] as const) {
      it(`--${language}: has these files, with nothing left to fill in`, async () => {
        const { code, error } = await create([ 'create', 'my-app', `--${language}` ]);
        assert.deepEqual({ code, error }, { code: 0, error: '' });
        assert.deepEqual(filesOf('my-app'), FILES[language]);
        for (const file of FILES[language]) assert.doesNotMatch(read(`my-app/${file}`), /\{\{|undefined/, file);
        assert.match(read('my-app/app/view/index.html'), /<title>my-app<\/title>/);
      });

      it(`--${language}: its README names the commands and files that there are`, async () => {
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

    it('asks for the versions that this package is tested with', async () => {
      await create([ 'create', 'js', '--js' ]);
      await create([ 'create', 'ts', '--ts' ]);
      const own = { ...manifest.devDependencies, ...manifest.overrides };
      for (const [ name, version ] of Object.entries(VERSIONS)) assert.equal(version, own[name], name);
      const used = [ manifestOf('js'), manifestOf('ts') ].flatMap(app => [ app.dependencies, app.devDependencies, app.overrides ]);
      for (const [ name, version ] of used.flatMap(Object.entries)) {
        assert.equal(version, name === manifest.name ? `^${manifest.version}` : own[name], name);
      }
      for (const [ name, range ] of Object.entries(manifest.peerDependencies)) {
        const least = VERSIONS[name as 'egg'];
        assert.equal(least.split('.')[0], range.split('.')[0], name);
      }
    });

    it('has keys that no other app has', async () => {
      const keysOf = (file: string) => /keys(?: =|:) '([0-9a-f]{64})'/.exec(read(file))![1];
      await create([ 'create', 'a', '--js' ]);
      await create([ 'create', 'b', '--js' ]);
      await create([ 'create', 'c', '--ts' ]);
      const keys = [ 'a/config/config.default.js', 'b/config/config.default.js', 'c/config/config.default.ts' ].map(keysOf);
      assert.equal(new Set(keys).size, 3);
    });

    it('is started and stopped under a title of its own', async () => {
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
      const directory = path.join(cwd, 'there');
      const { out } = await create([ 'create', directory ]);
      assert.ok(out.startsWith(`Made there (TypeScript) in ${directory}\n`), out);
      assert.equal(manifestOf('there').name, 'there');
    });

    it('the folder one is in, which has only a .git', async () => {
      mkdirSync(path.join(cwd, 'here/.git'), { recursive: true });
      cwd = path.join(cwd, 'here');
      const { code, out } = await create([ 'create', '.' ]);
      assert.equal(code, 0);
      assert.equal(manifestOf('.').name, 'here');
      assert.doesNotMatch(out, /cd /);
      cwd = path.dirname(cwd);
    });

    it('an empty folder', async () => {
      mkdirSync(path.join(cwd, 'empty'));
      assert.equal((await create([ 'create', 'empty' ])).code, 0);
      assert.deepEqual(filesOf('empty'), FILES.ts);
    });

    it('says what a shell takes', async () => {
      assert.match((await create([ 'create', 'my apps/chat' ])).out, / {2}cd "my apps\/chat"\n/);
      assert.match((await create([ 'create', '--', '-chat' ])).out, / {2}cd \.\/-chat\n/);
    });
  });

  describe('refuses, and writes nothing', () => {
    const USAGE: [title: string, args: string[], message: RegExp][] = [
      [ 'no command', [], /a command is missing\. See egg-socketio --help/ ],
      [ 'an unknown command', [ 'make', 'app' ], /unknown command 'make'\. See egg-socketio --help/ ],
      [ 'an unknown option', [ 'create', 'app', '--coffee' ], /unknown option '--coffee'\. See egg-socketio --help/ ],
      [ 'a value for a switch', [ 'create', 'app', '--js=yes' ], /option '--js' does not take an argument\. See/ ],
      [ 'both languages', [ 'create', 'app', '--js', '--ts' ], /--js and --ts exclude each other/ ],
      [ 'two names', [ 'create', 'my', 'app' ], /one name is enough: 'my', 'app'/ ],
      [ 'no name, where nobody can be asked', [ 'create' ], /the name of the app is missing: egg-socketio create my-app/ ],
      [ 'an empty name', [ 'create', '' ], /the name of the app is empty/ ],
      [ 'capital letters', [ 'create', 'MyApp' ], /'MyApp' cannot be the name of an npm package: name cannot contain capital letters/ ],
      [ 'a space', [ 'create', 'my app' ], /'my app' cannot be .*: name can only contain URL-friendly characters/ ],
      [ 'a leading dot', [ 'create', '.app' ], /'\.app' cannot be .*: name cannot start with a period/ ],
      [ 'a name that is too long', [ 'create', 'x'.repeat(215) ], /cannot contain more than 214 characters/ ],
      [ 'the name of a module of Node', [ 'create', 'http' ], /http is a core module name/ ],
      [ 'the name of a package that it needs', [ 'create', 'egg' ], /'egg' cannot be the name of the app: it needs the package/ ],
      [ 'the name of this package', [ 'create', 'egg-socketio' ], /it needs the package of that name/ ],
      [ 'the root', [ 'create', '/' ], /is not a folder of its own/ ],
    ];
    for (const [ title, args, message ] of USAGE) it(title, () => assertRefused(args, message));

    it('a folder that is not empty', async () => {
      mkdirSync(path.join(cwd, 'full'));
      writeFileSync(path.join(cwd, 'full/note.txt'), 'mine');
      await assertRefused([ 'create', 'full' ], /the folder .*full is not empty\. Nothing was changed/);
      await assertRefused([ 'create', '.' ], /cannot be the name|is not empty/);
    });

    it('an app that it has made before', async () => {
      await create([ 'create', 'my-app' ]);
      writeFileSync(path.join(cwd, 'my-app/app/router.ts'), 'mine');
      await assertRefused([ 'create', 'my-app', '--ts' ], /is not empty/);
      assert.equal(read('my-app/app/router.ts'), 'mine');
    });

    it('a file', async () => {
      writeFileSync(path.join(cwd, 'file'), 'mine');
      await assertRefused([ 'create', 'file' ], /is not a folder/);
      await assertRefused([ 'create', 'file/app' ], /is not a folder, or is in none/);
      assert.equal(read('file'), 'mine');
    });

    it('a folder in which nobody may write', async function() {
      const { geteuid, seteuid } = process;
      if (!geteuid || !seteuid) this.skip();
      const owner = geteuid.call(process);
      // What is read for it must be readable; the folder is not.
      chmodSync(cwd, 0o755);
      mkdirSync(path.join(cwd, 'locked'), { mode: 0o555 });
      // root may write everywhere.
      if (owner === 0) seteuid.call(process, 65534);
      try {
        assert.throws(() => writeFiles(path.join(cwd, 'locked/deep/app'), new Map([[ 'a', '' ]])), {
          message: `cannot write to ${path.join(cwd, 'locked/deep/app')}: you may not write there. Nothing was changed.`,
        });
      } finally {
        if (owner === 0) seteuid.call(process, owner);
      }
      assert.deepEqual(readdirSync(path.join(cwd, 'locked')), []);
    });

    it('what comes up while it writes, and takes back what it has written', () => {
      mkdirSync(path.join(cwd, 'app/there'), { recursive: true });
      writeFileSync(path.join(cwd, 'app/there/b'), 'mine');
      const files = new Map([[ 'new/a', '' ], [ 'there/a', '' ], [ 'there/b', '' ]]);
      assert.throws(() => writeFiles(path.join(cwd, 'app'), files), UserError);
      assert.deepEqual(filesOf('.'), [ 'app/there/b' ]);
      assert.deepEqual(readdirSync(path.join(cwd, 'app')), [ 'there' ]);
      assert.equal(read('app/there/b'), 'mine');
    });
  });

  describe('at a terminal', () => {
    it('asks for name and language', async () => {
      const { code, out } = await create([ 'create' ], [ 'chat', 'n' ]);
      assert.equal(code, 0);
      assert.match(out, /^Name of the app \(my-app\): chat\nTypeScript\? \(Y\/n\): n\nMade chat \(JavaScript\)/);
      assert.deepEqual(filesOf('chat'), FILES.js);
    });

    it('takes the defaults', async () => {
      assert.equal((await create([ 'create' ], [ '', '' ])).code, 0);
      assert.deepEqual(filesOf('my-app'), FILES.ts);
    });

    it('asks only for what was not said', async () => {
      assert.doesNotMatch((await create([ 'create', 'chat' ], [ 'y' ])).out, /Name of/);
      assert.doesNotMatch((await create([ 'create', '--js' ], [ 'talk' ])).out, /TypeScript\?/);
      assert.doesNotMatch((await create([ 'create', 'speak', '--js' ], [])).out, /: $/m);
      assert.deepEqual([ filesOf('chat'), filesOf('talk'), filesOf('speak') ], [ FILES.ts, FILES.js, FILES.js ]);
    });

    it('says what is wrong with an answer, and asks again', async () => {
      const { code, out } = await create([ 'create' ], [ 'My App', 'chat', 'perhaps', 'No' ]);
      assert.equal(code, 0);
      assert.match(out, /'My App' cannot be the name of an npm package: .*\nName of the app/);
      assert.match(out, /y or n, please\.\nTypeScript\?/);
      assert.deepEqual(filesOf('chat'), FILES.js);
    });

    it('writes nothing for who gives up', async () => {
      const { code, error } = await create([ 'create' ], [ 'chat' ]);
      assert.deepEqual({ code, error }, { code: 1, error: 'egg-socketio: given up. Nothing was written.\n' });
      assert.deepEqual(readdirSync(cwd), []);
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
