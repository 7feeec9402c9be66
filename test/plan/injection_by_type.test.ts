import assert from 'node:assert/strict';
import { compiledWithTypes } from '../support/emitted_types';
import { startErrorOf, withInlineApp } from '../support/inline_app';

const SOURCES = {
  'app/service/user.ts': `
    import { Service } from 'egg';
    export default class UserService extends Service { find(id: number) { return 'user ' + id + ' in ' + (this.ctx as any).event; } }`,
  'app/service/admin/audit.ts': `
    import { Service } from 'egg';
    export abstract class Log extends Service { abstract note(text: string): string; }
    export default class AuditService extends Log { note(text: string) { return 'noted ' + text; } }`,
  'lib/clock.ts': `
    export class Clock { now() { return 'now'; } }
    export class Stopped extends Clock { now() { return 'stopped'; } }
    export class Unknown {}
    export class Cache { constructor(readonly name: string) {} }
    export class Lazy { static made = 0; constructor() { Lazy.made++; } }`,
  'app.ts': `
    import { Cache, Lazy, Stopped } from './lib/clock';
    module.exports = (app: any) => {
      app.timepiece = new Stopped();
      app.alias = app.timepiece;
      app.first = new Cache('first');
      app.second = new Cache('second');
      Object.defineProperty(app, 'lazy', { configurable: true, get() { return new Lazy(); } });
      Object.defineProperty(app, 'broken', { configurable: true, get() { throw new Error('not yet'); } });
    };`,
};

const CONTROLLER = `
  import { Inject, OnWSMessage, UseGuard, WSController, Catch } from 'egg-socketio';
  import UserService from '../service/user';
  import AuditService, { Log } from '../service/admin/audit';
  import { Cache, Clock, Lazy, Unknown } from '../../lib/clock';
  import type { Context } from 'egg-socketio';
`;

function app(members: string): Record<string, string> {
  return compiledWithTypes({
    ...SOURCES, 'app/socket/x.ts': `${CONTROLLER} @WSController('/x') export class XController { ${members} @OnWSMessage('a') a() {} }`,
  });
}

async function startMessageOf(members: string): Promise<string> {
  const { message } = await startErrorOf(app(members));
  return message.replace('[egg-socketio] app/socket/x.js: XController.', '');
}

describe('test/plan/injection_by_type.test.ts', () => {
  it('injects services and objects of the app by the class of a property whose name finds nothing', async () => {
    const compiled = compiledWithTypes({
      ...SOURCES, 'app/socket/x.ts': `${CONTROLLER}
        class Guarded {
          @Inject() people: UserService;
          canActivate() { return this.people.find(1) === 'user 1 in a' || this.people.find(1) === 'user 1 in connection'; }
        }
        @Catch(RangeError)
        class Filtered {
          @Inject() log: AuditService;
          catch(error: RangeError) { return this.log.note(error.message); }
        }
        abstract class Base { @Inject() protected people: UserService | undefined; }
        @WSController('/x', { filters: [ Filtered ] })
        @UseGuard(Guarded)
        export class XController extends Base {
          @Inject() ctx: Context;
          @Inject() log: AuditService;
          @Inject() anyLog: Log;
          @Inject() clock: Clock;
          @Inject() late: Lazy;
          @Inject() userService: UserService;
          @Inject('user') named: AuditService;
          @OnWSMessage('a') a(id: number) {
            return [ this.people!.find(id), this.log.note('a'), this.anyLog.note('b'), this.clock.now(), this.late instanceof Lazy,
              this.userService.find(id), this.named.constructor.name, this.ctx.event ];
          }
          @OnWSMessage('b') b() { throw new RangeError('b'); }
        }`,
    });
    assert.match(compiled['app/socket/x.js'], /__metadata\("design:type", user_1\.default\)/);
    await withInlineApp(compiled, async inline => {
      const client = await inline.app.createSocketIOClient({ namespace: '/x' });
      assert.deepEqual(await client.sendWithAck('a', 7), [
        'user 7 in a', 'noted a', 'noted b', 'stopped', true, 'user 7 in a', 'UserService', 'a',
      ]);
      await client.close();
    });
  });

  it('a name and a type that stand for different things stop the start', async () => {
    assert.equal(await startMessageOf('@Inject() user: AuditService;'), 'user: @Inject(): its name finds ctx.service.user, but its type AuditService'
      + " is that of ctx.service.admin.audit. Write @Inject('user') or @Inject('admin.audit') to say which one is meant.");
    assert.equal(await startMessageOf('@Inject() helper: UserService;'), 'helper: @Inject(): its name finds ctx.helper, but its type UserService'
      + " is that of ctx.service.user. Write @Inject('helper') or @Inject('user') to say which one is meant.");
    assert.equal(await startMessageOf('@Inject() first: UserService;'), 'first: @Inject(): its name finds app.first, but its type UserService'
      + " is that of ctx.service.user. Write @Inject('first') or @Inject('user') to say which one is meant.");
    assert.match(await startMessageOf('@Inject() userService: Cache;'), /its name finds ctx\.service\.user, but its type Cache is that of app\.first and app\.second\./);
    for (const fits of [ '@Inject() user: Log extends never ? Log : any;', '@Inject() first: Cache;', '@Inject() user: Unknown;', '@Inject() timepiece: Clock;' ]) {
      await withInlineApp(app(fits), (_inline, error) => assert.equal(error, undefined, fits));
    }
  });

  it('a type that nothing or several things have stops the start if the name finds nothing', async () => {
    assert.equal(await startMessageOf('@Inject() users: Unknown;'), 'users: @Inject(): there is no ctx.service.users, no ctx.users and no app.users.'
      + ' Did you mean ctx.service.user? No service, tegg prototype or member of app has the class of its type either, Unknown.');
    assert.equal(await startMessageOf('@Inject() cache: Cache;'), 'cache: @Inject(): its name finds nothing, and several have its type Cache:'
      + " app.first and app.second. Write @Inject('first') or @Inject('second').");
    assert.equal(await startMessageOf('@Inject() people: Context;'), 'people: @Inject(): there is no ctx.service.people, no ctx.people and no'
      + ' app.people. Its type is not a class at run time: it is an interface or any, or the class is imported with import type.');
  });

  it('a class that was undefined because of a circular import is named as the reason', async () => {
    const compiled = compiledWithTypes({
      'app/socket/one.ts': `
        import { Inject, OnWSMessage, WSController } from 'egg-socketio';
        import { Two } from '../../lib/two';
        @WSController('/one')
        export class One { @Inject() other: Two; @OnWSMessage('a') a() {} }`,
      'lib/two.ts': "import { One } from '../app/socket/one'; export class Two { one = One; }",
      'app.ts': "import './lib/two'; module.exports = () => {};",
    });
    const { message } = await startErrorOf(compiled);
    assert.equal(message, '[egg-socketio] app/socket/one.js: One.other: @Inject(): there is no ctx.service.other, no ctx.other and no app.other. The class of its'
      + ' type was undefined when the file was loaded, which usually comes from two files that import each other.');
  });
});
