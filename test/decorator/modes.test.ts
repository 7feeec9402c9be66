import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SocketIOTestClient } from 'egg-socketio/mock';
import { transformSync as esbuild } from 'esbuild';
import ts from 'typescript';
import { type InlineApp, withInlineApp } from '../support/inline_app';

// It has no types of its own.
const { transformSync: babel } = require('@babel/core') as { transformSync(code: string, options: object): { code: string } };

const SOURCE = readFileSync(path.join(__dirname, '../fixtures/decorators/modes.ts'), 'utf8');

function typescript(options: ts.CompilerOptions): string {
  return ts.transpileModule(SOURCE, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, esModuleInterop: true, ...options },
  }).outputText;
}

function esbuildWith(tsconfig: object): string {
  return esbuild(SOURCE, { loader: 'ts', format: 'cjs', target: 'es2022', tsconfigRaw: { compilerOptions: tsconfig } }).code;
}

function babelWith(version: string): string {
  // Babel gets what is JavaScript but for the decorators, which esbuild leaves alone for a target that has them.
  const { code } = esbuild(SOURCE, { loader: 'ts', format: 'esm', target: 'esnext' });
  const plugins = [[ '@babel/plugin-proposal-decorators', { version }]];
  const compiled = babel(code, { plugins, configFile: false, babelrc: false }).code;
  return esbuild(compiled, { format: 'cjs' }).code;
}

/** The same source, as each compiler makes it. Each is known by what it writes. */
const MODES: { title: string; compile: () => string; sign: RegExp }[] = [
  { title: 'TypeScript, experimentalDecorators', compile: () => typescript({ experimentalDecorators: true }), sign: /__decorate\(/ },
  { title: 'TypeScript, standard', compile: () => typescript({}), sign: /__esDecorate\(/ },
  {
    title: 'TypeScript, standard, without useDefineForClassFields',
    compile: () => typescript({ useDefineForClassFields: false }), sign: /__esDecorate\(/,
  },
  { title: 'esbuild, experimentalDecorators', compile: () => esbuildWith({ experimentalDecorators: true }), sign: /__decorateClass\(/ },
  { title: 'esbuild, standard', compile: () => esbuildWith({}), sign: /__decoratorMetadata\(/ },
  { title: 'Babel, 2023-11', compile: () => babelWith('2023-11'), sign: /_applyDecs/ },
];

const FILES = {
  'app/service/user.js': 'module.exports = app => class extends app.Service { find(id) { return `user ${id}`; } };',
  'config/config.default.js': "module.exports = () => ({ keys: 'test keys', modes: { greeting: 'hello' } });",
};

describe('test/decorator/modes.test.ts', () => {
  for (const { title, compile, sign } of MODES) {
    it(title, async () => {
      const compiled = compile();
      assert.match(compiled, sign);
      await withInlineApp({ ...FILES, 'app/socket/modes.js': compiled }, async (inline, error) => {
        assert.equal(error, undefined);
        await check(inline);
      });
    });
  }
});

async function check({ app, warnings }: InlineApp): Promise<void> {
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /modes\.js: Nobody has handlers that are never called/);
  const connect = () => app.createSocketIOClient({ namespace: '/modes' });
  const [ client, other ] = await Promise.all([ connect(), connect() ]) as [ SocketIOTestClient, SocketIOTestClient ];
  const ask = (event: string, ...args: unknown[]) => client.sendWithAck(event, ...args);
  const codeOf = async (answer: Promise<unknown>) => (await answer as { error: { code: string } }).error.code;

  assert.deepEqual(await ask('inherited'), [ 'inherited', 'base' ]);
  client.send('inherited');
  assert.deepEqual(await client.next('said'), [[ 'inherited', 'base' ]]);
  assert.deepEqual(await ask('overridden'), [ 'overridden', 'subclass' ]);
  assert.deepEqual(await ask('anew'), [ 'anew', 'subclass' ]);
  assert.equal(await codeOf(ask('renamed')), 'EVENT_NOT_FOUND');
  assert.deepEqual(await ask('one'), [ 'one', 'field' ]);
  assert.deepEqual(await ask('two'), [ 'two', 'field' ]);
  assert.deepEqual(await other.next('to others'), [[ 'one', 'field' ]]);
  assert.deepEqual(await ask('injected'), [ 'injected', [ 'user 1', 'hello', true, 'function', 'object' ]]);
  assert.equal(await codeOf(ask('checked', 1)), 'VALIDATION_FAILED');
  assert.equal(await codeOf(ask('guarded')), 'FORBIDDEN');
  assert.deepEqual(await ask('guarded', 'please'), [ 'guarded', 'in' ]);
  assert.deepEqual(await ask('limited'), [ 'limited', 'once' ]);
  assert.equal(await codeOf(ask('limited')), 'RATE_LIMITED');
  assert.deepEqual(await ask('thrown'), { caught: 'far off' });
  await assert.rejects(app.createSocketIOClient({ namespace: '/modes', auth: { asleep: true } }), { data: { code: 'FORBIDDEN' } });
  await other.close();
  assert.deepEqual(await client.next('left'), [ 'field' ]);
  await client.close();
}
