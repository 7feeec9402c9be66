import assert from 'node:assert/strict';
import { once } from 'node:events';
import path from 'node:path';
import ts from 'typescript';
import { withInlineApp } from '../support/inline_app';
import { loadedFilesOf } from '../support/loaded_files';
import { teggApp } from '../support/tegg_app';

const JOURNAL = `
  const { EventEmitter } = require('node:events');
  export const entries: string[] = [];
  export const events = new EventEmitter();
  export function write(entry: string) { entries.push(entry); events.emit(entry); }
`;

interface Journal { entries: string[]; events: NodeJS.EventEmitter }

const SHOP = `
  import { write } from '../../journal';

  @SingletonProto({ accessLevel: AccessLevel.PUBLIC })
  export class Shop {
    isOpen = true;
    async preDestroy() { this.isOpen = false; write('shop destroyed'); }
  }

  @ContextProto({ accessLevel: AccessLevel.PUBLIC })
  export class Cart {
    isThere = true;
    async preDestroy() { this.isThere = false; write('cart destroyed'); }
  }
`;

function files(controller: string, config = '{}') {
  return teggApp({ shop: SHOP }, {
    'config/config.default.js': `module.exports = () => ({ keys: 'k', socketio: ${config} });`,
    'app/journal.ts': JOURNAL,
    'app/socket/shop.ts': `
      import { Inject, OnWSDisconnection, OnWSMessage, UseGuard, WSController } from 'egg-socketio';
      import { events, write } from '../journal';
      @WSController()
      export class ShopController {
        @Inject() shop: { isOpen: boolean };
        @Inject() cart: { isThere: boolean };
        ${controller}
      }`,
  });
}

function journalOf(baseDir: string): Journal {
  return require(path.join(baseDir, 'app/journal.ts'));
}

describe('test/tegg/life.test.ts', () => {
  it('is closed before tegg: disconnect handlers can use their injected objects', async () => {
    const controller = '@OnWSDisconnection() async gone() { await null; write(`gone from a shop that is open: ${this.shop.isOpen}`); }';
    await withInlineApp(files(controller), async ({ app, baseDir }) => {
      await app.createSocketIOClient();
      const { entries } = journalOf(baseDir);
      await app.close();
      assert.deepEqual(entries.filter(entry => entry !== 'cart destroyed'), [ 'gone from a shop that is open: true', 'shop destroyed' ]);
      assert.ok(entries.includes('cart destroyed'));
    });
  });

  for (const [ what, controller ] of [
    [ 'keeps what a handler was given until it has finished, also when the client was told of a time-out', `
      @OnWSMessage('slow') async slow() {
        await new Promise(resolve => events.once('go on', resolve));
        write('cart is there: ' + this.cart.isThere);
      }` ],
    [ 'lets go of what a handler was given that came to its turn after a time-out', `
      @OnWSMessage('slow') @UseGuard(async () => { await new Promise(resolve => events.once('go on', resolve)); return true; })
      slow() { write('cart is there: ' + this.cart.isThere); }` ],
  ]) {
    it(what, async () => {
      await withInlineApp(files(controller, '{ limits: { handlerTimeout: 50 } }'), async ({ app, baseDir }) => {
        const client = await app.createSocketIOClient();
        const { entries, events } = journalOf(baseDir);
        assert.deepEqual(await client.sendWithAck('slow'), { error: { code: 'HANDLER_TIMEOUT', message: 'the handler took too long' } });
        const destroyed = once(events, 'cart destroyed');
        events.emit('go on');
        await destroyed;
        assert.deepEqual(entries, [ 'cart is there: true', 'cart destroyed' ]);
        await client.close();
      });
    });
  }

  it('is injected into controllers with standard decorators', async () => {
    const { outputText } = ts.transpileModule(`
      import { Inject, OnWSMessage, WSController } from 'egg-socketio';
      @WSController('/standard')
      export class StandardController {
        @Inject() shop;
        @Inject('cart') accessor mine;
        @OnWSMessage('ask') ask() { return [ this.shop.isOpen, this.mine.isThere ]; }
      }`, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS } });
    await withInlineApp({ ...files(''), 'app/socket/standard.js': outputText }, async ({ app }) => {
      const client = await app.createSocketIOClient({ namespace: '/standard' });
      assert.deepEqual(await client.sendWithAck('ask'), [ true, true ]);
      await client.close();
    });
  });

  it('is waited for no longer than handlerTimeout', async () => {
    const slow = `
      import { events } from '../../journal';
      @ContextProto({ accessLevel: AccessLevel.PUBLIC })
      export class Slow { async init() { await new Promise(resolve => events.once('go on', resolve)); } }`;
    const app = teggApp({ slow }, {
      'config/config.default.js': "module.exports = () => ({ keys: 'k', socketio: { limits: { handlerTimeout: 50 } } });",
      'app/journal.ts': JOURNAL,
      'app/socket/slow.ts': `
        import { Inject, OnWSMessage, WSController } from 'egg-socketio';
        @WSController() export class SlowController { @Inject() slow: object; @OnWSMessage('ask') ask() {} }`,
    });
    await withInlineApp(app, async inline => {
      const client = await inline.app.createSocketIOClient();
      assert.deepEqual(await client.sendWithAck('ask'), { error: { code: 'HANDLER_TIMEOUT', message: 'the handler took too long' } });
      journalOf(inline.baseDir).events.emit('go on');
      await client.close();
    });
  });

  describe('an app without tegg', () => {
    async function filesOf(name: string): Promise<string[]> {
      return (await loadedFilesOf(name)).filter(file => /@eggjs.(tegg|core-decorator)|reflect-metadata/.test(file));
    }

    it('loads no file of tegg', async function() {
      this.timeout(60_000);
      assert.deepEqual(await filesOf('basic'), []);
      // One that has it does.
      assert.notDeepEqual(await filesOf('tegg'), []);
    });
  });
});
