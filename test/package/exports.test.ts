import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { run, runOrThrow } from './support/command';
import { Editor } from './support/editor';
import { requireTools, tool } from './support/tools';
import { packOnce, Workspace } from './support/workspace';

/** What apps import, with one of the names that each entry has. */
const ENTRIES = { 'egg-socketio': 'WSController', 'egg-socketio/mock': 'createSocketIOClient', 'egg-socketio/prometheus': 'socketioMetrics' };
/** Files that are in the package, and of no concern to apps. */
const INTERNAL = [ 'egg-socketio/lib/boot/framework', 'egg-socketio/lib/boot/framework.js', 'egg-socketio/lib/types/context', 'egg-socketio/lib/base/errors' ];
const RESOLUTIONS: Record<string, ts.CompilerOptions> = {
  node: { module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 },
  node16: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
};
/** One name that is exported, and one that only files in lib export. */
const SOURCE = "import { WSController } from 'egg-socketio';\nimport 'egg-socketio/lib/';\ndefineSocketC;\ncreateAgentEm";

describe('test/package/exports.test.ts', function() {
  this.timeout(180_000);

  const workspace = new Workspace();
  let tarball: string;
  /** An app's folder, with the package installed. */
  let folder: string;

  before(async () => {
    tarball = (await packOnce()).tarball.file;
    folder = await workspace.unpack(tarball);
  });
  after(() => workspace.remove());

  const node = async (...args: string[]) => JSON.parse((await runOrThrow('node', args, { cwd: folder, timeout: 60_000 })).stdout) as unknown;
  const inModule = (code: string) => node('--input-type=module', '-e', code);

  for (const [ entry, name ] of Object.entries(ENTRIES)) {
    it(`${entry} can be required and imported`, async () => {
      const print = `console.log(JSON.stringify(typeof names.${name}))`;
      assert.equal(await node('-e', `const names = require('${entry}'); ${print}`), 'function');
      assert.equal(await inModule(`import * as names from '${entry}'; ${print}`), 'function');
    });
  }

  it('egg-socketio/client, which is for pages, loads two files, and its types can be read without any other package', async () => {
    const print = 'console.log(JSON.stringify([ Object.keys(names).sort(), Object.keys(require.cache).length ]))';
    assert.deepEqual(await node('-e', `const names = require('egg-socketio/client'); ${print}`), [[ 'StreamError', 'resume', 'stream' ], 3 ]);
    assert.equal(await inModule("import { stream } from 'egg-socketio/client'; console.log(JSON.stringify(typeof stream))"), 'function');
    const options = { ...RESOLUTIONS.bundler, types: [], lib: [ 'lib.es2022.d.ts', 'lib.dom.d.ts' ] };
    // Not in the folder of the app, which has socket.io-client.
    const alone = mkdtempSync(path.join(tmpdir(), 'egg-socketio-client-'));
    after(() => rmSync(alone, { recursive: true, force: true }));
    cpSync(path.join(folder, 'node_modules/egg-socketio'), alone, { recursive: true });
    const program = ts.createProgram([ path.join(alone, 'client.d.ts') ], options);
    assert.deepEqual(program.getSemanticDiagnostics().map(({ messageText }) => messageText), []);
    const files = program.getSourceFiles().map(({ fileName }) => path.basename(fileName)).filter(name => !name.startsWith('lib.'));
    assert.deepEqual(files.sort(), [ 'answers.d.ts', 'client.d.ts', 'stream.d.ts', 'streams.d.ts' ]);
  });

  it('egg-socketio/mock.js and egg-socketio/prometheus.js, as ES modules had to write them, are the same modules', async () => {
    const isSame = (name: string) => `await import('egg-socketio/${name}') === await import('egg-socketio/${name}.js')`;
    assert.deepEqual(await inModule(`console.log(JSON.stringify([ ${isSame('mock')}, ${isSame('prometheus')} ]))`), [ true, true ]);
  });

  it('package.json, by which Egg finds a plugin, can be resolved', async () => {
    assert.equal(await node('-p', 'JSON.stringify(require("egg-socketio/package.json").eggPlugin.name)'), 'socketio');
  });

  it('no other file can be required or imported', async () => {
    const code = (how: string) => `(async () => {
      const codes = [];
      for (const file of ${JSON.stringify([ ...INTERNAL, 'egg-socketio/app' ])}) {
        await (async () => ${how}(file))().then(() => codes.push(file), error => codes.push(error.code));
      }
      console.log(JSON.stringify([ ...new Set(codes) ]));
    })();`;
    assert.deepEqual(await node('-e', code('require')), [ 'ERR_PACKAGE_PATH_NOT_EXPORTED' ]);
    assert.deepEqual(await inModule(code('import')), [ 'ERR_PACKAGE_PATH_NOT_EXPORTED' ]);
  });

  it('the built files require nothing but declared dependencies', () => {
    const root = path.join(folder, 'node_modules/egg-socketio');
    const { name: own, dependencies, peerDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { name: string } & Record<string, object>;
    // Its own name is in the code that `egg-socketio migrate` writes.
    const known = new Set([ own, ...Object.keys(dependencies), ...Object.keys(peerDependencies), ...builtinModules ]);
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.js') && !file.startsWith('templates'));
    const undeclared = files.flatMap(file => (
      [ ...readFileSync(path.join(root, file), 'utf8').matchAll(/(?<=^|= |\(|return |=> )require\(["']((?:@[\w.-]+\/)?[\w:.-]+)[^"']*["']\)/gm) ]
        .map(([ , name ]) => name)
        .filter(name => !name.startsWith('.') && !name.startsWith('node:') && !known.has(name))
        .map(name => `${file}: ${name}`)
    ));
    assert.ok(files.length > 100);
    assert.deepEqual(undeclared, []);
  });

  for (const [ name, options ] of Object.entries(RESOLUTIONS)) {
    describe(`TypeScript, "moduleResolution": "${name}"`, () => {
      const resolve = (specifier: string) => {
        const { resolvedModule } = ts.resolveModuleName(specifier, path.join(folder, 'app.ts'), options, ts.sys);
        return resolvedModule && path.relative(path.join(folder, 'node_modules/egg-socketio'), resolvedModule.resolvedFileName);
      };

      it('finds the declarations of the entries', () => {
        const entries = [ ...Object.keys(ENTRIES), 'egg-socketio/client' ];
        assert.deepEqual(entries.map(resolve), [ 'index.d.ts', 'mock.d.ts', 'prometheus.d.ts', 'client.d.ts' ]);
      });

      it('finds no file in lib', () => {
        assert.deepEqual(INTERNAL.map(resolve), INTERNAL.map(() => undefined));
      });

      it('editors offer no file in lib', () => {
        const editor = new Editor(folder, SOURCE, options);
        assert.deepEqual(editor.namesAfter("'egg-socketio/lib/"), []);
        assert.deepEqual(editor.importsFor('defineSocketC'), [ 'Update import from "egg-socketio"' ]);
        // Without "exports", TypeScript offers any file that it has read; it then reports the import as an error, by "typesVersions".
        if (name !== 'node') assert.deepEqual(editor.importsFor('createAgentEm'), []);
      });
    });
  }

  describe('checked by tools', () => {
    before(function() { requireTools(this); });

    const check = async (name: string, ...args: string[]) => {
      const { code, stdout, stderr } = await run(tool(name), args, { cwd: folder, timeout: 120_000 });
      assert.equal(code, 0, `${stdout}${stderr}`);
      return stdout;
    };

    it('publint has nothing to say', async () => {
      assert.match(await check('publint', 'run', tarball, '--strict', '--level=suggestion'), /All good!/);
    });

    it('attw finds the types of each entry with each kind of resolution', async function() {
      // It needs a newer Node.js than the package.
      if (Number.parseInt(process.versions.node, 10) < 20) this.skip();
      const report = await check('attw', tarball, '--no-color', '--no-emoji', '--format=table-flipped');
      for (const entry of [ ...Object.keys(ENTRIES), 'egg-socketio/client' ]) assert.ok(report.includes(`"${entry}"`), report);
    });
  });
});
