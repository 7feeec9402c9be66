import assert from 'node:assert/strict';
import { startErrorOf, withInlineApp } from '../support/inline_app';
import { teggApp } from '../support/tegg_app';

interface Case {
  title: string;
  modules?: Record<string, string>;
  /** The file in app/socket. */
  socket: string;
  /** More of the app. */
  files?: Record<string, string>;
  says: RegExp;
}

const IMPORT = "import { Inject, OnWSMessage, UseGuard, WSController } from 'egg-socketio';\n";
const HANDLER = "@OnWSMessage('a') a() {}";
const GUARDED = '{ @Inject() cart: object; canActivate() { return true; } }';
const CONTEXT_CART = '@ContextProto({ accessLevel: AccessLevel.PUBLIC }) export class Cart {}';

const CASES: Case[] = [
  {
    title: 'a name that neither Egg nor tegg has',
    socket: `${IMPORT}@WSController() export class A { @Inject() cart: object; ${HANDLER} }`,
    says: /wrong\.ts: A\.cart: @Inject\(\): there is no ctx\.service\.cart, no ctx\.cart, no app\.cart and no tegg prototype 'cart'\.$/,
  },
  {
    title: 'a private prototype',
    modules: { shop: '@SingletonProto() export class Cart {}' },
    socket: `${IMPORT}@WSController() export class A { @Inject('cart') mine: object; ${HANDLER} }`,
    says: new RegExp('wrong\\.ts: A\\.mine: @Inject\\(\'cart\'\\): the tegg prototype \'cart\' of the module \'shop\' is private \\(AccessLevel\\.PRIVATE\\):'
      + ' expected AccessLevel\\.PUBLIC, because a socket controller belongs to no module\\.$'),
  },
  {
    title: 'public prototypes of one name in two modules',
    modules: {
      shop: '@SingletonProto({ accessLevel: AccessLevel.PUBLIC }) export class Cart {}',
      market: "@ContextProto({ accessLevel: AccessLevel.PUBLIC, name: 'cart' }) export class MarketCart {}",
    },
    socket: `${IMPORT}@WSController() export class A { @Inject() cart: object; ${HANDLER} }`,
    says: /A\.cart: @Inject\(\): there are several public tegg prototypes 'cart', in the modules '(shop' and 'market|market' and 'shop)'\. Rename one: @SingletonProto/,
  },
  {
    title: 'context scope in a guard',
    modules: { shop: CONTEXT_CART },
    socket: `${IMPORT}class Cautious ${GUARDED}\n@WSController() @UseGuard(Cautious) export class A { ${HANDLER} }`,
    says: /wrong\.ts: A: @UseGuard\(\): Cautious\.cart: @Inject\(\): the tegg prototype lives for one handler call, .* Inject a singleton, or use it in the handler\.$/,
  },
  {
    title: 'a singleton in a filter, into which an object of context scope is injected',
    modules: { shop: `${CONTEXT_CART}\n@SingletonProto({ accessLevel: AccessLevel.PUBLIC }) export class Till { @Inject() cart: Cart; }` },
    socket: `${IMPORT}class Lenient { @Inject() till: object; catch() {} }\n@WSController('/', { filters: [ Lenient ] }) export class A { ${HANDLER} }`,
    says: /Lenient\.till: @Inject\(\): the tegg prototype lives for one handler call, or depends on one that does/,
  },
  {
    title: "tegg's own @Inject() in a controller",
    modules: { shop: CONTEXT_CART },
    socket: `${IMPORT}import { Inject as TeggInject } from '@eggjs/tegg';\n@WSController() export class A { @TeggInject() cart: object; ${HANDLER} }`,
    says: /wrong\.ts: A\.cart has the @Inject\(\) of tegg, which does nothing here: import \{ Inject \} from 'egg-socketio'\.$/,
  },
  {
    title: "tegg's own @Inject() in the constructor of a guard",
    socket: `${IMPORT}import { Inject as TeggInject } from '@eggjs/tegg';\nclass Cautious { constructor(@TeggInject() readonly cart: object) {} canActivate() { return true; } }
@WSController() @UseGuard(Cautious) export class A { ${HANDLER} }`,
    says: /Cautious\.cart has the @Inject\(\) of tegg/,
  },
  {
    title: 'another version of tegg, without what is needed',
    modules: { shop: CONTEXT_CART },
    socket: `${IMPORT}@WSController() export class A { @Inject() cart: object; ${HANDLER} }`,
    files: { 'app.js': "module.exports = app => app.beforeStart(() => Object.defineProperty(app, 'eggContainerFactory', { value: {} }));" },
    says: new RegExp('wrong\\.ts: A\\.cart: @Inject\\(\\): this version of the tegg plugin has no app\\.eggContainerFactory\\.getEggObject\\(\\),'
      + ' no app\\.eggContainerFactory\\.getOrCreateEggObject\\(\\); expected @eggjs/tegg-plugin 3\\.$'),
  },
];

describe('test/tegg/start_errors.test.ts', () => {
  for (const { title, modules = {}, socket, files, says } of CASES) {
    it(`stops the start for ${title}`, async () => {
      const error = await startErrorOf(teggApp(modules, { 'app/socket/wrong.ts': socket, ...files }));
      assert.equal((error as { code?: string }).code, 'INVALID_INJECTION', error.stack);
      assert.match(error.message, says);
    });
  }

  it("warns of the plugin's @Inject() in a class of tegg's", async () => {
    const shop = `import { Inject as SocketInject } from 'egg-socketio';
      @SingletonProto({ accessLevel: AccessLevel.PUBLIC }) export class Till { @SocketInject() cart: object; @Inject() logger: object; }`;
    await withInlineApp(teggApp({ shop }, {}), ({ warnings }, startError) => {
      assert.equal(startError, undefined);
      assert.deepEqual(warnings.filter(warning => warning.includes('tegg')), [
        "[egg-socketio] tegg module 'shop': Till.cart has the @Inject() of egg-socketio, which tegg does not use: import { Inject } from '@eggjs/tegg'.",
      ]);
    });
  });
});
