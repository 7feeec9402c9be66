import assert from 'node:assert/strict';
import { compiledWithTypes } from '../support/emitted_types';
import { startErrorOf, withInlineApp } from '../support/inline_app';
import { teggApp } from '../support/tegg_app';

const PUBLIC = 'accessLevel: AccessLevel.PUBLIC';
const MODULES = {
  shop: `
    @SingletonProto({ ${PUBLIC} }) export class PriceList { of(item: string) { return item.length; } }
    @ContextProto({ ${PUBLIC} }) export class Cart { private total = 0; add(n: number) { return this.total += n; } }
    @SingletonProto({ ${PUBLIC}, name: 'same' }) export class Mine { whose() { return 'mine'; } }
    @SingletonProto() export class Till {}`,
  market: `@SingletonProto({ ${PUBLIC}, name: 'same' }) export class Theirs { whose() { return 'theirs'; } }`,
};

/** The compiled controller; that of a module is there to say what the imports are. */
function withSocket(members: string): Record<string, string> {
  const names = { shop: [ 'PriceList', 'Cart', 'Mine', 'Till' ], market: [ 'Theirs' ] };
  const stubs = Object.entries(names).map(([ module, classes ]) => [
    `app/modules/${module}/${module}.ts`, classes.map(name => `export class ${name} { [member: string]: any }`).join('\n'),
  ]);
  const compiled = compiledWithTypes({
    ...Object.fromEntries(stubs) as Record<string, string>,
    'app/socket/shop.ts': `
      import { Inject, OnWSMessage, WSController } from 'egg-socketio';
      import { Cart, Mine, PriceList, Till } from '../modules/shop/shop';
      import { Theirs } from '../modules/market/market';
      @WSController('/shop')
      export class ShopController { ${members} }`,
  });
  return teggApp(MODULES, { 'app/socket/shop.js': compiled['app/socket/shop.js'] });
}

async function startMessageOf(members: string): Promise<string> {
  const { message } = await startErrorOf(withSocket(`${members} @OnWSMessage('a') a() {}`));
  return message.replace('[egg-socketio] app/socket/shop.js: ShopController.', '');
}

describe('test/tegg/by_type.test.ts', () => {
  it('injects prototypes by the class of a property whose name finds nothing', async () => {
    await withInlineApp(withSocket(`
      @Inject() prices: PriceList;
      @Inject() basket: Cart;
      @Inject() again: Cart;
      @Inject() one: Mine;
      @Inject() other: Theirs;
      @OnWSMessage('buy') buy(item: string) {
        this.basket.add(this.prices.of(item));
        return [ this.again.add(1), this.one.whose(), this.other.whose() ];
      }`), async ({ app }, error) => {
      assert.equal(error, undefined);
      const client = await app.createSocketIOClient({ namespace: '/shop' });
      for (let i = 0; i < 2; i++) assert.deepEqual(await client.sendWithAck('buy', 'apple'), [ 6, 'mine', 'theirs' ], 'a new basket for each event');
      await client.close();
    });
  });

  it('a private prototype, and a name that stands for another prototype than the type, stop the start', async () => {
    assert.equal(await startMessageOf('@Inject() desk: Till;'), "desk: @Inject(): the tegg prototype 'till' of the module 'shop' is private (AccessLevel.PRIVATE):"
      + ' expected AccessLevel.PUBLIC, because a socket controller belongs to no module.');
    assert.equal(await startMessageOf('@Inject() cart: PriceList;'), "cart: @Inject(): its name finds the tegg prototype 'cart', but its type PriceList"
      + " is that of the tegg prototype 'priceList'. Write @Inject('cart') or @Inject('priceList') to say which one is meant.");
  });
});
