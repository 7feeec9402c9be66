import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { IS_EGG4 } from '../support/framework';

const ROOT = path.join(__dirname, '../..');
// Below the repository, so that 'egg' and 'egg-socketio' resolve.
const APPS = path.join(ROOT, 'test/fixtures/inline');

/** What egg-ts-helper writes types of: none of the configuration for Egg 4, which does not use those of services either. */
const KINDS = IS_EGG4 ? [ 'app/service' ] : [ 'app/service', 'config' ];

const CONTROLLER = `
import { type Context, Inject, OnWSMessage, WSController, WSEmit } from 'egg-socketio';

@WSController('/chat')
export class ChatController {
  @Inject() ctx: Context<'/chat'>;

  @OnWSMessage('whoami')
  @WSEmit('known')
  whoami(id: number) {
    this.ctx.app.io.of('/chat').emit('known', 'somebody');
    return this.ctx.service.user.find(id).name;
  }
}`;

const FILES: Record<string, string> = {
  'package.json': JSON.stringify({ name: 'helped', egg: { typescript: true, declarations: true } }),
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      // The plugin's sources, which stand here for its declarations, need the lib.
      target: 'ES2022', lib: [ 'ES2023' ], module: 'CommonJS', moduleResolution: 'Node10', types: [ 'node' ],
      strict: true, strictPropertyInitialization: false,
      experimentalDecorators: true, useDefineForClassFields: false, esModuleInterop: true, skipLibCheck: true, noEmit: true,
    },
    include: [ '**/*.ts' ],
  }),
  'config/plugin.ts': "export default { socketio: { enable: true, package: 'egg-socketio' } };\n",
  'config/config.default.ts': "export default () => ({ keys: 'test keys', socketio: { path: '/ws' }, mine: { answer: 42 } });\n",
  'app/service/user.ts': `
    import { Service } from 'egg';
    export default class UserService extends Service { find(id: number) { return { name: String(id), answer: this.config.mine.answer }; } }`,
  'typings/socketio.d.ts': `
    import 'egg-socketio';
    declare module 'egg-socketio' {
      interface NamespaceTypes {
        '/chat': {
          clientToServer: { whoami(id: number, ack: (name: string) => void): void };
          serverToClient: { known(name: string): void };
        };
      }
    }`,
  'app/socket/chat.ts': CONTROLLER,
};

/** What the compiler says about an app. */
function errorsOf(baseDir: string): string[] {
  const { config } = ts.readConfigFile(path.join(baseDir, 'tsconfig.json'), ts.sys.readFile) as { config: unknown };
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, baseDir);
  return ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options)).map(({ file, messageText }) => (
    `${file ? path.relative(baseDir, file.fileName) : 'tsconfig.json'}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  ));
}

describe('test/types/ts_helper.test.ts', function() {
  this.timeout(180_000);
  let baseDir: string;

  function write(file: string, text: string): void {
    mkdirSync(path.dirname(path.join(baseDir, file)), { recursive: true });
    writeFileSync(path.join(baseDir, file), text);
  }

  before(async () => {
    mkdirSync(APPS, { recursive: true });
    baseDir = mkdtempSync(path.join(APPS, 'helped-'));
    for (const [ file, text ] of Object.entries(FILES)) write(file, text);
    await promisify(execFile)(process.execPath, [ path.join(ROOT, 'node_modules/.bin/ets'), '--cwd', baseDir ], { timeout: 120_000 });
  });
  after(() => rmSync(baseDir, { recursive: true, force: true }));

  it('compiles an app with the files that egg-ts-helper generates for it', () => {
    for (const kind of KINDS) assert.ok(existsSync(path.join(baseDir, 'typings', kind, 'index.d.ts')), kind);
    assert.deepEqual(errorsOf(baseDir), []);
  });

  it('checks services and declared events together', () => {
    write('app/socket/chat.ts', CONTROLLER
      .replace('service.user.find(id)', 'service.user.found(id)')
      .replace("emit('known', 'somebody')", "emit('known', 1)"));
    const errors = errorsOf(baseDir);
    assert.equal(errors.length, IS_EGG4 ? 1 : 2, errors.join('\n'));
    assert.match(errors[0], /^app\/socket\/chat\.ts: Argument of type 'number' is not assignable to parameter of type 'string'/);
    if (!IS_EGG4) assert.match(errors[1], /^app\/socket\/chat\.ts: Property 'found' does not exist on type 'UserService'/);
  });
});
