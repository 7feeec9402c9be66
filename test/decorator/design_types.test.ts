import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');

const COPIES = [ 'reflect-metadata', 'reflect-metadata-0.2' ];

/** A class as TypeScript compiles it with `emitDecoratorMetadata`. */
const EMITTED = `
  function __metadata(k, v) {
    if (typeof Reflect === 'object' && typeof Reflect.metadata === 'function') return Reflect.metadata(k, v);
  }
  class Type {}
  function emitted() {
    class Holder {}
    for (const decorate of [ Inject(), __metadata('design:type', Type) ].reverse()) decorate?.(Holder.prototype, 'property');
    return Holder;
  }
  const typeOf = target => designTypeOf(target, 'property')?.type === Type;
`;

/**
 * Runs code in a process of its own, because a process keeps what it has once loaded.
 *
 * @param ours - the copy that the plugin finds
 */
function run(code: string, ours = 'reflect-metadata'): unknown {
  const script = `
    const Module = require('node:module');
    const resolve = Module._resolveFilename;
    Module._resolveFilename = (name, from, ...rest) => resolve(
      name === 'reflect-metadata' && from?.filename.endsWith('design_types.ts') ? '${ours}' : name, from, ...rest);
    const loaded = () => Object.keys(require.cache).flatMap(file => /node_modules\\/(reflect-metadata[^/]*)/.exec(file.replaceAll('\\\\', '/'))?.[1] ?? []);
    const { Inject } = require('./lib/controllers/decorator');
    const { designTypeOf, reflectMetadata } = require('./lib/controllers/decorator/design_types');
    ${EMITTED}
    console.log(JSON.stringify((() => { ${code} })()));`;
  return JSON.parse(execFileSync(process.execPath, [ '-r', 'tsx/cjs', '-e', script ], { cwd: ROOT, encoding: 'utf8', timeout: 60_000 }));
}

describe('test/decorator/design_types.test.ts', () => {
  it('classes that are compiled without emitDecoratorMetadata do not load reflect-metadata', () => {
    assert.deepEqual(run(`
      class Holder {}
      Inject()(Holder.prototype, 'property');
      return [ typeOf(Holder), reflectMetadata() === undefined, 'defineMetadata' in Reflect, loaded() ];`), [ false, true, false, []]);
  });

  for (const ours of COPIES) {
    it(`the first class with emitted types loads it: ${ours}`, () => {
      assert.deepEqual(run('return [ typeOf(emitted()), loaded() ];', ours), [ true, [ ours ]]);
    });

    it(`class-transformer's @Type() finds it, without emitted types: ${ours}`, () => {
      assert.deepEqual(run(`
        const { plainToInstance, Type: TypeOf } = require('class-transformer');
        class Order {}
        TypeOf(() => Date)(Order.prototype, 'at');
        return [ plainToInstance(Order, { at: '2026-11-30' }).at instanceof Date, loaded() ];`, ours), [ true, [ ours ]]);
    });

    for (const own of COPIES) {
      it(`the app's own copy, loaded before the first class, is the only one or works with it: ${ours} and ${own}`, () => {
        assert.deepEqual(run(`require('${own}'); return [ typeOf(emitted()), loaded().includes('${own}') ];`, ours), [ true, true ]);
      });

      it(`types are found that were noted before and after the app loads its own copy: ${ours} and ${own}`, () => {
        assert.deepEqual(run(`const first = emitted(); require('${own}'); return [ typeOf(first), typeOf(emitted()) ];`, ours), [ true, true ]);
      });
    }
  }

  it('does not load a second copy if the app has loaded its own before the plugin', () => {
    const script = `
      require('reflect-metadata-0.2');
      const { Inject } = require('./lib/controllers/decorator');
      const { designTypeOf } = require('./lib/controllers/decorator/design_types');
      ${EMITTED}
      console.log(typeOf(emitted()), Object.keys(require.cache).some(file => /reflect-metadata[\\\\/]/.test(file)));`;
    assert.equal(execFileSync(process.execPath, [ '-r', 'tsx/cjs', '-e', script ], { cwd: ROOT, encoding: 'utf8', timeout: 60_000 }).trim(), 'true false');
  });

  it('a function that is assigned to Reflect.metadata stays', () => {
    assert.deepEqual(run('Reflect.metadata = () => 7; return [ Reflect.metadata(), loaded() ];'), [ 7, []]);
  });
});
