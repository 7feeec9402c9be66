import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { MockApplication } from 'egg-mock';
import { register } from 'prom-client';
import { compiledPlugin } from '../support/compiled_plugin';
import { makeAppFolder } from '../support/app_folder';
import { mockApp } from '../support/mock_app';
import { ownOptions } from '../support/quick_start';
import { type CodeBlock, codeBlocksOf, isTranslation, type Page, readPage, readPages, ROOT } from './markdown';

// Below the repository, so that 'egg-socketio' and 'egg-mock' resolve.
const APPS = path.join(ROOT, 'test/fixtures/inline');

const PACKAGE = { name: 'docs', egg: { typescript: true, tscompiler: 'ts-node/register/transpile-only' } };

/** JSON has no first line that says which file it is; that of a module of tegg's is known by what is in it. */
function pathOf({ language, content, path: named }: CodeBlock): string | undefined {
  const { eggModule } = (language === 'json' ? JSON.parse(content) : {}) as { eggModule?: { name: string } };
  return eggModule ? `app/modules/${eggModule.name}/package.json` : named;
}

function filesOf(page: Page): Record<string, string> {
  return Object.fromEntries(codeBlocksOf(page).flatMap(block => {
    const file = pathOf(block);
    return file ? [[ file, block.content ]] : [];
  }));
}

/** What an app needs that the page does not show; all of it but the name is what docs/getting-started.md shows. */
function baseFiles(): Record<string, string> {
  const page = readPage('docs/getting-started.md');
  return {
    'package.json': JSON.stringify(PACKAGE),
    'tsconfig.json': codeBlocksOf(page).find(block => block.language === 'json' && 'compilerOptions' in JSON.parse(block.content))!.content,
    'config/plugin.ts': filesOf(page)['config/plugin.ts'],
    'config/config.default.ts': "export default () => ({ keys: 'docs' });\n",
  };
}

/** Runs `use` with the folder of an app that is made of the page's files, and of others. */
async function withAppOf(page: Page, more: Record<string, string>, use: (baseDir: string) => Promise<void>): Promise<void> {
  const baseDir = makeAppFolder(APPS, 'docs-');
  for (const [ name, content ] of Object.entries({ ...baseFiles(), ...filesOf(page), ...more })) {
    mkdirSync(path.dirname(path.join(baseDir, name)), { recursive: true });
    writeFileSync(path.join(baseDir, name), content);
  }
  await use(baseDir);
}

/** Runs `egg-bin test` in an app, as its owner would, with the plugin as it is published. */
async function runTests(cwd: string): Promise<{ code: number | null; output: string }> {
  mkdirSync(path.join(cwd, 'node_modules'));
  symlinkSync(compiledPlugin(), path.join(cwd, 'node_modules/egg-socketio'), 'junction');
  const inherited = Object.entries(process.env).filter(([ name ]) => !/^(NODE_OPTIONS$|EGG_|TS_NODE|MOCHA|NODE_ENV$)/.test(name));
  const child = spawn(process.execPath, [ path.join(ROOT, 'node_modules/.bin/egg-bin'), 'test' ], {
    cwd, env: { ...Object.fromEntries(inherited), NODE_OPTIONS: ownOptions() },
  });
  let output = '';
  child.stdout.on('data', chunk => { output += chunk; });
  child.stderr.on('data', chunk => { output += chunk; });
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  return { code, output };
}

// What the README's own tests leave out.
const REST = `
import assert from 'node:assert/strict';
import { app } from 'egg-mock/bootstrap';
import 'egg-socketio/mock';

it('answers hello', async () => {
  const client = await app.createSocketIOClient();
  assert.equal(await client.sendWithAck('hello', 'Ada'), \`hello Ada, you are \${client.id}\`);
  await client.close();
});

it('answers from plain JavaScript', async () => {
  const client = await app.createSocketIOClient({ namespace: '/sums' });
  assert.equal(await client.sendWithAck('add', 2, 3), 5);
  client.send('double', 4);
  assert.deepEqual(await client.next('doubled'), [ 8 ]);
  await client.close();
});
`;

// Keeps what is logged as a warning; the log file is written later than an app is ready.
const KEEP_WARNINGS = `
const { format } = require('node:util');
module.exports = app => {
  app.warnings = [];
  for (const logger of [ app.logger, app.getLogger('socketioLogger') ]) {
    const warn = logger.warn.bind(logger);
    logger.warn = (...args) => {
      app.warnings.push(format(...args));
      warn(...args);
    };
  }
};
`;

// For apps that have to be compiled as their page says; within the test's process, esbuild would compile them.
const STARTS = `
import assert from 'node:assert/strict';
import { app } from 'egg-mock/bootstrap';

it('starts, and warns of nothing', () => {
  assert.deepEqual((app as unknown as { warnings: string[] }).warnings, []);
});
`;

/** The pages whose apps need `emitDecoratorMetadata`, which only TypeScript's own compiler has. */
const WITH_METADATA = new Set([ 'docs/context-and-injection.md', 'docs/validation.md' ]);

const SECOND = 1000;

describe('test/docs/run.test.ts', function() {
  this.timeout(300 * SECOND);

  // The code of translations is that of their originals, as test/docs/translation.test.ts shows.
  for (const page of readPages().filter(each => !isTranslation(each))) {
    const sources = Object.entries(filesOf(page)).filter(([ name ]) => name.startsWith('app/'));
    if (sources.length === 0) continue;
    if (WITH_METADATA.has(page.file)) {
      it(`${page.file}: its app starts with emitDecoratorMetadata, and warns of nothing`, async () => {
        const { compilerOptions, ...rest } = JSON.parse(baseFiles()['tsconfig.json']) as { compilerOptions: object };
        const tsconfig = JSON.stringify({ ...rest, compilerOptions: { ...compilerOptions, emitDecoratorMetadata: true } });
        await withAppOf(page, { 'app.js': KEEP_WARNINGS, 'tsconfig.json': tsconfig, 'test/starts.test.ts': STARTS }, async baseDir => {
          const { code, output } = await runTests(baseDir);
          assert.match(output, /1 passing/, output);
          assert.equal(code, 0, output);
        });
      });
      continue;
    }
    const namespaces = sources.flatMap(([ , text ]) => [ ...text.matchAll(/(?:@WSController\(|namespace: )'(.+?)'/g) ].map(match => match[1]));

    it(`${page.file}: its app starts, and warns of nothing`, async () => {
      await withAppOf(page, { 'app.js': KEEP_WARNINGS }, async baseDir => {
        const app: MockApplication & { warnings?: string[] } = mockApp({ baseDir, cache: false });
        await app.ready();
        try {
          assert.deepEqual(app.warnings, []);
          assert.deepEqual(namespaces.filter(name => !app.io._nsps.has(name)), []);
        } finally {
          await app.close();
          // Apps of two pages register the same metrics, and in this process the default registry is one for all.
          register.clear();
        }
      });
    });
  }

  it('README.md: its example passes its test', async () => {
    await withAppOf(readPage('README.md'), { 'test/rest.test.ts': REST }, async baseDir => {
      const { code, output } = await runTests(baseDir);
      assert.match(output, /5 passing/, output);
      assert.equal(code, 0, output);
    });
  });

  it('docs/testing.md: its tests pass', async () => {
    await withAppOf(readPage('docs/testing.md'), {}, async baseDir => {
      const { code, output } = await runTests(baseDir);
      assert.match(output, /13 passing/, output);
      assert.equal(code, 0, output);
    });
  });

  it('docs/tutorial.md: its tests pass', async () => {
    await withAppOf(readPage('docs/tutorial.md'), {}, async baseDir => {
      const { code, output } = await runTests(baseDir);
      assert.match(output, /8 passing/, output);
      assert.equal(code, 0, output);
    });
  });
});
