import assert from 'node:assert/strict';
import { servicesFactory } from '../../lib/context/context_services';
import { withInlineApp } from '../support/inline_app';

const FILES = {
  'app/service/user.js': `
    module.exports = app => class extends app.Service {
      own() { return this.ctx; }
      sibling() { return this.ctx.service.user; }
    };`,
  'app/service/plain.js': 'module.exports = { answer: 42 };',
  'app/service/admin/audit.js': `
    const { Service } = require('egg');
    module.exports = class extends Service { own() { return this.ctx; } };`,
};

interface Services {
  user: { own(): object; sibling(): unknown };
  plain: { answer: number };
  admin: { audit: { own(): object } };
}

/** What an app has that the plugin's contexts are made of. */
interface ServiceApp { context: object; serviceClasses: Record<string, unknown> }

describe('test/handshake/context_services.test.ts', () => {
  it('gives contexts the same services as Egg: one instance per context, from classes in files and folders, and plain objects', async () => {
    await withInlineApp(FILES, ({ app }) => {
      const Made = servicesFactory(app as unknown as ServiceApp);
      assert.ok(Made, 'this Egg makes ctx.service in the way that is known');
      const contexts = [ 1, 2, 3 ].map(() => {
        const ctx = Object.assign(Object.create(app.context as object) as { service: Services }, { app });
        Object.defineProperty(ctx, 'service', { value: new Made(ctx) });
        return ctx;
      });
      for (const ctx of contexts) {
        assert.equal(ctx.service.user.own(), ctx);
        assert.equal(ctx.service.user.sibling(), ctx.service.user);
        assert.equal(ctx.service.admin.audit.own(), ctx);
        assert.equal(ctx.service.admin, ctx.service.admin);
        assert.equal(ctx.service.plain.answer, 42);
      }
      assert.notEqual(contexts[0].service.user, contexts[1].service.user);
      const eggs = (app.createAnonymousContext() as unknown as { service: Services }).service;
      assert.equal(Object.getPrototypeOf(eggs.user), Object.getPrototypeOf(contexts[2].service.user));
    });
  });

  it('uses a service that a test has replaced', async () => {
    await withInlineApp(FILES, ({ app }) => {
      const serviceApp = app as unknown as ServiceApp;
      const Made = servicesFactory(serviceApp)!;
      const userOf = () => (new Made({ app }) as Services).user;
      const own = serviceApp.serviceClasses.user;
      assert.ok(userOf() instanceof (own as new () => object));
      class Another {}
      // By these Egg tells what a file exports from a folder.
      const marks = Object.fromEntries(Object.getOwnPropertySymbols(own).map(symbol => [ symbol, true ]));
      serviceApp.serviceClasses.user = Object.assign(Another, marks);
      assert.ok(userOf() instanceof Another);
      const object = serviceApp.serviceClasses.user = { ...marks };
      assert.equal(userOf(), object);
      serviceApp.serviceClasses.user = own;
      assert.ok(userOf() instanceof (own as new () => object));
    });
  });

  for (const [ what, app ] of Object.entries({
    'has no services': { context: {} },
    'has others than it shows': { context: { get service() { return {}; } }, serviceClasses: { user: class {} } },
    'makes them of something else': {
      context: { get service() { return Object.defineProperty({}, 'user', { get: () => 1 }); } }, serviceClasses: { user: class {} },
    },
  })) {
    it(`leaves the services to an Egg that ${what}`, () => {
      assert.equal(servicesFactory(app), undefined);
    });
  }
});
