import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { makeAppFolder } from '../support/app_folder';

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022, strict: true, skipLibCheck: true, noEmit: true, esModuleInterop: true, experimentalDecorators: true,
  lib: [ 'lib.es2023.d.ts' ], types: [ 'node' ],
};
const RESOLUTIONS: Record<string, ts.CompilerOptions> = {
  Node10: { module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 },
  Node16: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
};

const FILES = {
  // As egg-ts-helper writes it.
  'typings/config/plugin.d.ts': "import 'egg';\nimport 'egg-socketio';\nimport 'egg-socketio/egg-socket.io';\n",
  'app/io/controller/chat.ts': `
    import { Controller } from 'egg';
    declare module 'egg' { interface CustomController { chat: ChatController } }
    export default class ChatController extends Controller {
      async say(): Promise<void> {
        const { ctx } = this;
        const [ text, ack ] = ctx.args;
        ctx.socket.to('room').emit('said', text, ctx.packet[0]);
        await ctx.socket.join('room');
        ack(ctx.app.io.of('/chat').name);
      }
    }`,
  'app/router.ts': `
    import type { Application } from 'egg';
    export default (app: Application) => {
      app.io.route('say', app.io.controller.chat.say);
      app.io.of('/chat').route('say', app.io.controller.chat.say);
      app.io.of('/chat').emit('said', 'hello');
    };`,
};

/** The compiler's errors in an app. */
function errorsOf(files: Record<string, string>, options: ts.CompilerOptions): string[] {
  const folder = makeAppFolder(path.join(__dirname, '../fixtures/inline'), 'types-');
  const names = Object.entries(files).map(([ name, content ]) => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  });
  const program = ts.createProgram(names, { ...OPTIONS, ...options });
  return names.flatMap(name => {
    const file = program.getSourceFile(name)!;
    return [ ...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file) ];
  }).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('test/compat/types.test.ts', function() {
  this.timeout(120_000);

  for (const [ name, options ] of Object.entries(RESOLUTIONS)) {
    it(`an app in TypeScript compiles as with egg-socket.io, with ${name}`, () => {
      assert.deepEqual(errorsOf(FILES, options), []);
    });
  }

  it('without the types of the plugin, app.io has no route()', () => {
    const errors = errorsOf({ ...FILES, 'typings/config/plugin.d.ts': "import 'egg';\nimport 'egg-socketio';\n" }, RESOLUTIONS.Node10);
    assert.ok(errors.some(error => /Property 'route' does not exist/.test(error)), errors.join('\n'));
  });
});
