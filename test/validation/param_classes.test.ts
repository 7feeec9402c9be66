import assert from 'node:assert/strict';
import Module from 'node:module';
import { compiledWithTypes } from '../support/emitted_types';
import { typescript } from '../support/decorator_modes';
import { type InlineApp, startErrorOf, withInlineApp } from '../support/inline_app';

const SOURCES = {
  'lib/dto.ts': `
    import { Transform, Type } from 'class-transformer';
    import { Allow, IsInt, IsNotEmpty, IsOptional, IsString, MaxLength, Min, ValidateNested, Validate, ValidatorConstraint } from 'class-validator';
    import { z } from 'zod';

    @ValidatorConstraint({ async: true })
    class Free { async validate(name: string) { await Promise.resolve(); return name !== 'taken'; } defaultMessage() { return 'name is taken'; } }

    export class Item {
      @IsString() @MaxLength(5) name: string;
      label() { return 'item ' + this.name; }
    }
    export abstract class Named {
      @Validate(Free) @IsNotEmpty() @Transform(({ value }) => String(value).trim()) name: string;
    }
    export class Order extends Named {
      @IsInt() @Min(1) count = 1;
      @ValidateNested({ each: true }) @Type(() => Item) items: Item[] = [];
      @IsOptional() @Type(() => Date) at?: Date;
      @Allow() note?: { [key: string]: unknown };
      isAdmin = false;
      describe() { return [ this.name, this.count, ...this.items.map(item => item.label()) ].join(', '); }
    }
    export class Bid {
      static schema = z.looseObject({ amount: z.coerce.number().min(1) });
      amount: number;
      isHigh() { return this.amount > 10; }
    }
    export class Itself {
      static '~standard' = { version: 1, vendor: 'test', validate: async (value: any) => (
        value?.ok ? { value } : { issues: [{ message: 'not ok', path: [ 'ok' ] }] }) };
      ok: boolean;
    }
    export class WithoutRules { x: number; }`,
  'app/socket/x.ts': `
    import { Ack, Arg, Ctx, Inject, OnWSConnection, OnWSMessage, UseGuard, WSController } from 'egg-socketio';
    import type { Context } from 'egg-socketio';
    import { Bid, Itself, Order, WithoutRules } from '../../lib/dto';
    abstract class Base {
      @OnWSMessage('inherited') inherited(order: Order) { return order.describe(); }
    }
    @WSController('/x')
    @UseGuard(ctx => ctx.args[0] !== 'denied')
    export class XController extends Base {
      @Inject() ctx: Context;
      @OnWSConnection() onConnection(socket: Order) { this.ctx.data.socket = (socket as any) === this.ctx.socket; }
      override inherited(order: Order) { return 'overridden ' + super.inherited(order); }
      @OnWSMessage('order') order(order: Order, text: string, more: WithoutRules) {
        return [ order instanceof Order, order.describe(), order.isAdmin, (order as any).extra, order.at instanceof Date, order.note, text, more ];
      }
      @OnWSMessage('bid') bid(text: string, bid: Bid) { return [ text, bid instanceof Bid, bid.isHigh(), Object.keys(bid) ]; }
      @OnWSMessage('itself') itself(value: Itself) { return [ value instanceof Itself, value.ok, (value as any).polluted ]; }
      @OnWSMessage('both') both(order: Order, bid: Bid) { return [ order.name, bid.amount ]; }
      @OnWSMessage('default') withDefault(bid: Bid = Object.assign(new Bid(), { amount: 7 })) { return bid.amount; }
      @OnWSMessage('rest') rest(text: string, ...bids: Bid[]) { return bids.map(bid => bid.isHigh()); }
      @OnWSMessage('decorated') decorated(@Ctx() ctx: Context, bid: Bid, @Ack() ack: any) { ack([ ctx.event, bid.isHigh() ]); }
      @OnWSMessage('by index') byIndex(@Arg(1) bid: Bid, @Arg(0) text: string) { return [ text, bid.isHigh() ]; }
      @OnWSMessage('decorated rest') decoratedRest(@Ctx() ctx: Context, ...bids: Bid[]) { return bids.map(bid => bid.isHigh()); }
    }`,
};

const invalid = (...details: { path: (string | number)[]; message: string }[]) => ({ error: { code: 'VALIDATION_FAILED', message: 'invalid arguments', details } });

async function withClient(
  files: Record<string, string>, run: (client: Awaited<ReturnType<InlineApp['app']['createSocketIOClient']>>, inline: InlineApp) => Promise<void>,
): Promise<void> {
  await withInlineApp(files, async (inline, error) => {
    assert.equal(error, undefined);
    const client = await inline.app.createSocketIOClient({ namespace: '/x' });
    await run(client, inline);
    await client.close();
  });
}

async function startMessageOf(members: string): Promise<string> {
  const { message } = await startErrorOf(compiledWithTypes({
    ...SOURCES, 'app/socket/x.ts': `
      import { Arg, OnWSMessage, WSController } from 'egg-socketio';
      import { Bid, Item, Order } from '../../lib/dto';
      @WSController('/x') export class XController { ${members} }`,
  }));
  return message.replace('[egg-socketio] app/socket/x.js: XController.a: ', '');
}

describe('test/validation/param_classes.test.ts', () => {
  const compiled = compiledWithTypes(SOURCES);

  it('a parameter whose class has rules of class-validator gets a valid instance, and a client all issues', async () => {
    await withClient(compiled, async client => {
      const order = { name: ' a ', count: 2, items: [{ name: 'one', extra: 1 }, { name: 'two' }], at: '2026-11-30', note: { a: 1 }, isAdmin: true, extra: 1 };
      assert.deepEqual(await client.sendWithAck('order', order, 1, { x: 'y' }), [
        true, 'a, 2, item one, item two', null, null, true, { a: 1 }, 1, { x: 'y' },
      ], 'properties without a rule are removed');
      assert.deepEqual(await client.sendWithAck('inherited', { name: 'b' }), 'overridden b, 1');
      const refused = await client.sendWithAck<ReturnType<typeof invalid>>('order', { name: 'taken', count: 0, items: [{ name: 'long name' }, { name: 5 }] });
      // Those of asynchronous rules come later.
      const last = refused.error.details.findIndex(({ message }) => message === 'name is taken');
      refused.error.details.push(...refused.error.details.splice(last, 1));
      assert.deepEqual(refused, invalid(
        { path: [ 0, 'count' ], message: 'count must not be less than 1' },
        { path: [ 0, 'items', 0, 'name' ], message: 'name must be shorter than or equal to 5 characters' },
        { path: [ 0, 'items', 1, 'name' ], message: 'name must be shorter than or equal to 5 characters' },
        { path: [ 0, 'items', 1, 'name' ], message: 'name must be a string' },
        { path: [ 0, 'name' ], message: 'name is taken' },
      ));
      for (const value of [ undefined, null, 'text', 7, [{ name: 'a' }], Buffer.from('a') ]) {
        assert.deepEqual(await client.sendWithAck('order', value), invalid({ path: [ 0 ], message: 'expected an object' }));
      }
      assert.deepEqual(await client.sendWithAck('order', { name: 'a', note: { constructor: 5 } }),
        invalid({ path: [ 0 ], message: 'no property may have the name constructor' }));
      assert.equal((await client.sendWithAck<{ error: { code: string } }>('order', 'denied')).error.code, 'FORBIDDEN', 'guards run first');
      client.send('order', {});
      const [ exception ] = await client.next('exception') as [{ event: string; code: string }];
      assert.deepEqual([ exception.event, exception.code ], [ 'order', 'VALIDATION_FAILED' ]);
    });
  });

  it('a parameter whose class has a Standard Schema, or is one, gets an instance of the class', async () => {
    await withClient(compiled, async client => {
      assert.deepEqual(await client.sendWithAck('bid', 'a', { amount: '11' }), [ 'a', true, true, [ 'amount' ]]);
      assert.deepEqual(await client.sendWithAck('bid', 'a', { amount: 1, more: 2 }), [ 'a', true, false, [ 'amount', 'more' ]]);
      assert.deepEqual(await client.sendWithAck('bid', 'a', { amount: 0 }), invalid({ path: [ 1, 'amount' ], message: 'Too small: expected number to be >=1' }));
      const polluted = JSON.parse('{ "ok": true, "__proto__": { "polluted": true } }') as object;
      assert.deepEqual(await client.sendWithAck('itself', polluted), [ true, true, null ]);
      assert.deepEqual(await client.sendWithAck('itself'), invalid({ path: [ 0, 'ok' ], message: 'not ok' }));
      assert.deepEqual(await client.sendWithAck('both', { name: '' }, { amount: 0 }), invalid(
        { path: [ 0, 'name' ], message: 'name should not be empty' }, { path: [ 1, 'amount' ], message: 'Too small: expected number to be >=1' },
      ));
    });
  });

  it('parameters with a default, rest parameters and parameters with decorators are validated too', async () => {
    await withClient(compiled, async client => {
      const low = { path: [ 0, 'amount' ], message: 'Too small: expected number to be >=1' };
      assert.equal(await client.sendWithAck('default'), 7);
      assert.equal(await client.sendWithAck('default', { amount: 8 }), 8);
      assert.deepEqual(await client.sendWithAck('default', { amount: 0 }), invalid(low));
      assert.deepEqual(await client.sendWithAck('rest', 'a'), []);
      assert.deepEqual(await client.sendWithAck('rest', 'a', { amount: 1 }, { amount: 11 }), [ false, true ]);
      assert.deepEqual(await client.sendWithAck('rest', 'a', { amount: 1 }, { amount: 0 }), invalid({ ...low, path: [ 2, 'amount' ] }));
      assert.deepEqual(await client.sendWithAck('decorated', { amount: 11 }), [ 'decorated', true ]);
      assert.deepEqual(await client.sendWithAck('decorated', { amount: 0 }), invalid(low));
      assert.deepEqual(await client.sendWithAck('by index', 'a', { amount: 11 }), [ 'a', true ]);
      assert.deepEqual(await client.sendWithAck('by index', 'a', { amount: 0 }), invalid({ ...low, path: [ 1, 'amount' ] }));
      assert.deepEqual(await client.sendWithAck('decorated rest', { amount: 11 }, { amount: 1 }), [ true, false ]);
      assert.deepEqual(await client.sendWithAck('decorated rest', { amount: 11 }, { amount: 0 }), invalid({ ...low, path: [ 1, 'amount' ] }));
    });
  });

  it('without emitted types a parameter gets what the client has sent', async () => {
    const source = `
      import { OnWSMessage, WSController } from 'egg-socketio';
      import { Bid } from '../../lib/dto';
      @WSController('/x') export class XController { @OnWSMessage('a') a(bid: Bid) { return [ bid instanceof Bid, bid.amount ]; } }`;
    for (const options of [{ experimentalDecorators: true }, {}]) {
      await withClient({ 'lib/dto.js': compiled['lib/dto.js'], 'app/socket/x.js': typescript(source, options) }, async client => {
        assert.deepEqual(await client.sendWithAck('a', { amount: 0 }), [ false, 0 ]);
      });
    }
  });

  it('args together with a class that has rules, and two classes for one argument, stop the start', async () => {
    assert.equal(await startMessageOf("@OnWSMessage('a', { args: [ { name: 'string' } ] }) a(order: Order) {}"),
      "@OnWSMessage('a'): args: the class of a parameter has rules too. Remove args, or the class as the type of the parameter.");
    assert.equal(await startMessageOf("@OnWSMessage('a') a(@Arg(0) order: Order, @Arg(0) bid: Bid) {}"),
      'the class Bid of the second parameter: another parameter with @Arg(0) has a class with rules too. Use one class.');
  });

  for (const name of [ 'class-transformer', 'class-validator' ]) {
    it(`a missing ${name} stops the start`, async () => {
      const internals = Module as unknown as { _resolveFilename(request: string, ...rest: unknown[]): string };
      const { _resolveFilename: resolve } = internals;
      // Code of the app has loaded it; the plugin does not find it.
      internals._resolveFilename = (request, ...rest) => {
        if (request === name && (rest[2] as { paths?: unknown } | undefined)?.paths) throw Object.assign(new Error('none'), { code: 'MODULE_NOT_FOUND' });
        return resolve(request, ...rest);
      };
      try {
        assert.equal(await startMessageOf("@OnWSMessage('a') a(item: Item) {}"),
          `the class Item of the first parameter has rules of class-validator, for which ${name} is needed: run 'npm install ${name}'.`);
      } finally {
        internals._resolveFilename = resolve;
      }
    });
  }

  it('a class that was undefined because of a circular import stops the start, unless the event has schemas', async () => {
    const circular = (options: string) => compiledWithTypes({
      'app/socket/one.ts': `
        import { OnWSMessage, WSController } from 'egg-socketio';
        import { Two } from '../../lib/two';
        @WSController('/one')
        export class One { @OnWSMessage('a'${options}) a(two: Two) {} }`,
      'lib/two.ts': "import { One } from '../app/socket/one'; export class Two { one = One; }",
      'app.ts': "import './lib/two'; module.exports = () => {};",
    });
    await withInlineApp(circular(', { args: [] }'), (_inline, error) => assert.equal(error, undefined));
    const { message } = await startErrorOf(circular(''));
    assert.equal(message, '[egg-socketio] app/socket/one.js: One.a: the first parameter: The class of its type was undefined when the file was loaded,'
      + ' which usually comes from two files that import each other.');
  });
});
