import assert from 'node:assert/strict';
import { journal } from '../fixtures/apps/tegg/app/journal';
import { gates } from '../fixtures/apps/tegg/app/socket/carts';
import { useApp } from '../support/app';

const FORBIDDEN = { error: { code: 'FORBIDDEN', message: 'access denied' } };

interface Shown { id: string; items: string[]; total: number; visitor: string; user?: string; same: boolean; tickets: boolean }

/** What the journal says of something. */
function entriesWith(text: string): string[] {
  return journal.entries.filter(entry => entry.includes(text));
}

/** The cart that is made after one. */
function nextOf(id: string): string {
  return `cart ${Number(id.slice('cart '.length)) + 1}`;
}

describe('test/tegg/tegg.test.ts', () => {
  const t = useApp('tegg');

  describe('singletons', () => {
    it('are the app\'s own instances, in controllers and guards', async () => {
      const client = await t.connect({ namespace: '/singletons' });
      assert.deepEqual(await client.sendWithAck('price', 'tea'), { price: 3, number: 1, same: true });
      assert.deepEqual(await client.sendWithAck('price', 'sugar'), { price: 5, number: 1, same: true });
      assert.deepEqual(await client.sendWithAck('price', 'more than ten'), FORBIDDEN);
    });

    it('are used only if Egg has nothing of the same name', async () => {
      const client = await t.connect({ namespace: '/singletons' });
      assert.deepEqual(await client.sendWithAck('names'), {
        greeting: 'of the service', visitor: `${client.id} at names`, clock: 'of app',
      });
    });

    it('do not need a tegg context', async () => {
      const client = await t.connect({ namespace: '/singletons' });
      assert.equal(await client.sendWithAck('context'), false);
    });
  });

  describe('context scope', () => {
    it('lasts for one event, and is destroyed after it', async () => {
      const client = await t.connect({ namespace: '/carts' });
      const first = await client.sendWithAck<Shown>('add', 'tea');
      const second = await client.sendWithAck<Shown>('add', 'sugar');
      assert.deepEqual(first, { id: first.id, items: [ 'tea' ], total: 3, visitor: `${client.id} at add`, same: true, tickets: true });
      assert.deepEqual(second.items, [ 'sugar' ]);
      assert.notEqual(second.id, first.id);
      await journal.wait(`${first.id} destroyed`);
      await journal.wait(`${second.id} destroyed`);
    });

    it('is created for a singleton that injects an object of it', async () => {
      const client = await t.connect({ namespace: '/till' });
      const ids = [ await client.sendWithAck('id'), await client.sendWithAck('id') ];
      assert.equal(ids[1], nextOf(ids[0] as string));
    });

    it('has the context of its event', async () => {
      const client = await t.connect({ namespace: '/carts' });
      assert.equal((await client.sendWithAck<Shown>('add', 'with a user')).user, 'harry');
      assert.equal((await client.sendWithAck<Shown>('add', 'tea')).user, undefined);
    });

    it('is separate for concurrent events, for as long as they run', async () => {
      const client = await t.connect({ namespace: '/carts' });
      const answers = [ 'salt', 'pepper' ].map(item => client.sendWithAck<Shown[]>('wait', item));
      await journal.wait('salt waits');
      await journal.wait('pepper waits');
      gates.get('pepper')!();
      const [ before, after ] = await answers[1];
      assert.deepEqual([ before, after ], [ before, before ]);
      await journal.wait(`${after.id} destroyed`);
      gates.get('salt')!();
      const [ saltBefore, saltAfter ] = await answers[0];
      assert.deepEqual(saltAfter, saltBefore);
      assert.deepEqual(saltAfter.items, [ 'salt' ]);
      assert.notEqual(saltAfter.id, after.id);
      await journal.wait(`${saltAfter.id} destroyed`);
      assert.equal(entriesWith(`${saltAfter.id} destroyed`).length, 1);
    });

    it('lasts until all answers are made', async () => {
      const client = await t.connect({ namespace: '/carts' });
      assert.deepEqual(await client.sendWithAck('items', 'tea', 'sugar'), [ 'tea', 'sugar' ]);
      client.send('items', 'salt');
      assert.deepEqual(await client.next('items'), [[ 'salt' ]]);
    });

    it('is destroyed after an error too', async () => {
      const client = await t.connect({ namespace: '/carts' });
      const { error } = await client.sendWithAck<{ error: { message: string } }>('fail');
      const [ , id ] = /^failed with (cart \d+)$/.exec(error.message)!;
      await journal.wait(`${id} destroyed`);
    });

    it('logs an error while it is destroyed, and still sends the ack', async () => {
      const client = await t.connect({ namespace: '/carts' });
      t.app.mockLog();
      const id = await client.sendWithAck<string>('spoil');
      await journal.wait(`${id} destroyed`);
      // Once tegg has logged it.
      await new Promise(resolve => setImmediate(resolve));
      t.app.expectLog(`${id} cannot be destroyed`);
    });

    it('is not created for an event that is refused', async () => {
      const client = await t.connect({ namespace: '/carts' });
      const before = await client.sendWithAck<Shown>('add', 'tea');
      assert.deepEqual(await client.sendWithAck('refused'), FORBIDDEN);
      const after = await client.sendWithAck<Shown>('add', 'tea');
      assert.equal(after.id, nextOf(before.id));
    });

    it('refuses an event if it cannot be created, and destroys the objects created before', async () => {
      const client = await t.connect({ namespace: '/fragile' });
      const id = await client.sendWithAck<string>('use');
      assert.deepEqual(await client.sendWithAck('break'), { error: { code: 'INTERNAL', message: 'fragile is broken' } });
      await journal.wait(`${nextOf(id)} destroyed`);
    });

    it('is separate for each connection and disconnect handler', async () => {
      const client = await t.connect({ namespace: '/life' });
      const { id } = client;
      await client.close();
      await journal.wait('Second gone');
      const entries = entriesWith(String(id));
      const carts = entries.map(entry => /cart \d+/.exec(entry)![0]);
      assert.deepEqual(entries, [
        `First connected with ${carts[0]}, true, ${id} at connection`,
        `Second connected with ${carts[1]}, true, ${id} at connection`,
        `First gone with ${carts[2]}, true, ${id} at disconnect`,
        `Second gone with ${carts[3]}, true, ${id} at disconnect`,
      ]);
      assert.equal(new Set(carts).size, 4);
      for (const cart of carts) await journal.wait(`${cart} destroyed`);
    });

    it('creates no object that is not requested', async () => {
      const client = await t.connect({ namespace: '/carts' });
      const { length } = entriesWith('unwanted');
      await client.sendWithAck('add', 'tea');
      assert.equal(entriesWith('unwanted').length, length);
    });

    it('continues a context that a middleware has opened', async () => {
      const client = await t.connect({ namespace: '/opened' });
      const [ first, second ] = await client.sendWithAck<string[]>('ids');
      assert.equal(second, first);
      await journal.wait(`${first} destroyed`);
    });

    it('is created for a mocked event too', async () => {
      const { ack } = await t.app.mockSocketEvent('/carts', 'add', [ 'tea' ]);
      const [{ id, items }] = ack as [Shown];
      assert.deepEqual(items, [ 'tea' ]);
      await journal.wait(`${id} destroyed`);
    });

    it('is a new one for the handler after a guard has used one', async () => {
      const client = await t.connect({ namespace: '/carts' });
      const { id, same } = await client.sendWithAck<Shown>('guarded');
      assert.ok(same);
      await journal.wait(`${id} destroyed`);
    });

    it('can be requested without a class, more than once', async () => {
      const client = await t.connect({ namespace: '/plain' });
      const [ first, second ] = await client.sendWithAck<string[]>('carts');
      assert.equal(second, nextOf(first));
    });
  });
});
