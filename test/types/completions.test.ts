import assert from 'node:assert/strict';
import { EditedFile } from '../support/language_service';

const IMPORTS = `
import type { Agent, Application } from 'egg';
import { type Context, defineSocketController, Inject, OnWSMessage, WSBroadCast, WSController, WSEmit } from 'egg-socketio';
import { createSocketIOClient, type SocketIOTestClient } from 'egg-socketio/mock';
declare const app: Application, agent: Agent, ctx: Context, client: SocketIOTestClient, id: number, name: string;
export { agent, app, client, createSocketIOClient, ctx, defineSocketController, id, Inject, name, OnWSMessage, WSBroadCast, WSController, WSEmit };
`;

/** For the app, for the namespace /admin, and for the namespaces /rooms/… */
const DECLARED = `import './declaration';\n${IMPORTS}`;

/** For one namespace only. All others accept any event. */
const ONE_NAMESPACE = `${IMPORTS}
declare module 'egg-socketio' {
  interface NamespaceTypes {
    '/chat': { clientToServer: { say(text: string): void; leave(): void }; serverToClient: { said(text: string): void } };
  }
}`;

type Case = readonly [code: string, completed: string];

/** Compares the completions at the cursors; the classes get names of their own. */
function assertCompleted(head: string, cases: readonly Case[], experimentalDecorators: boolean): void {
  const codes = cases.map(([ code ], index) => code.replace('class', `export class C${index}`));
  const completions = new EditedFile([ head, ...codes ].join('\n'), experimentalDecorators).completions();
  const actual = cases.map(([ code ], index) => [ code, completions[index].join(' ') ]);
  assert.deepEqual(actual, cases);
}

const SENT = 'bid count done enter find kick leave maybe old rows say sum tokens';
const RECEIVED = 'ask exception kicked said welcome';
const OF_THE_APP = 'bid count done find leave maybe old rows say sum tokens';

for (const experimental of [ true, false ]) {
  describe(`test/types/completions.test.ts, ${experimental ? 'experimentalDecorators' : 'standard decorators'}`, function() {
    this.timeout(180_000);

    it('completes the declared events of all namespaces in decorators of methods, and nothing else', () => {
      assertCompleted(DECLARED, [
        [ "class { @OnWSMessage('|') x() {} }", SENT ],
        [ "class { @OnWSMessage('sa|') x() {} }", SENT ],
        [ "class { @OnWSMessage('|', { args: [] }) x() {} }", SENT ],
        [ "class { @OnWSMessage('|') }", SENT ],
        [ "@WSController('/admin') class { @Inject() ctx!: Context<'/admin'>; @OnWSMessage('|') @WSEmit('kicked') x(id: number) {} }", SENT ],
        [ "class { @WSEmit('|') x() {} }", RECEIVED ],
        [ "class { @WSEmit('sa|', 'room') x() {} }", RECEIVED ],
        [ "class { @OnWSMessage('say') @WSBroadCast('|') x() {} }", RECEIVED ],
        [ "class { @WSBroadCast('said', '|') x() {} }", '' ],
      ], experimental);
    });

    it('completes the declared namespaces and /, but neither the text before the cursor nor names without a slash', () => {
      assertCompleted(DECLARED, [
        ...[ '', '/', '/ad', 'ad', '/other' ].flatMap(text => [
          `@WSController('${text}|') class { }`,
          `app.io.of('${text}|');`,
          `app.mockSocketEvent('${text}|');`,
        ]).map(code => [ code, '/ /admin' ] as const),
        [ "@WSController('|', { middleware: [] }) class { }", '/ /admin' ],
        [ "ctx.app.io.of('|').emit('kicked', 1);", '/ /admin' ],
        [ "app.io.of('|', socket => socket.id);", '/ /admin' ],
        [ "agent.io.of('|');", '/ /admin' ],
        [ "app.mockSocketEvent('|', 'kick', [ 1 ]);", '/ /admin' ],
        [ "app.createSocketIOClient({ namespace: '|' });", '/ /admin' ],
        [ "createSocketIOClient({ port: 1, namespace: '/ad|' });", '/ /admin' ],
        [ "defineSocketController({ namespace: '|', messages: {} });", '/ /admin' ],
        [ "export type T = Context<'|'>;", '/ /admin' ],
      ], experimental);
    });

    it('completes the events of the namespace where it is known', () => {
      assertCompleted(DECLARED, [
        [ "app.mockSocketEvent('/admin', '|');", 'connection disconnect kick' ],
        [ "app.mockSocketEvent('admin', 'ki|', [ 1 ]);", 'connection disconnect kick' ],
        [ "app.mockSocketEvent('/rooms/1', '|');", 'connection disconnect enter' ],
        [ "app.mockSocketEvent('/', '|');", 'bid connection count disconnect done find leave maybe old rows say sum tokens' ],
        [ "app.io.of('/admin').emit('|');", 'kicked' ],
        [ "app.io.of('/admin').to('room').emit('|');", 'kicked' ],

        [ 'app.io.of(`/rooms/${id}`).to(name).emit("|");', 'ask exception said welcome' ],
        [ "agent.io.of('/admin').emit('|');", 'kicked' ],
        [ "ctx.emit('|');", 'ask exception said welcome' ],
        [ "client.send('|');", OF_THE_APP ],
        [ "client.sendWithAck('|');", OF_THE_APP ],
        [ "client.next('|');", 'ask exception said welcome' ],
        [ 'defineSocketController({ messages: { | } });', OF_THE_APP ],
        [ "defineSocketController({ namespace: '/admin', messages: { '|' } });", 'kick' ],
        [ "defineSocketController({ namespace: '/admin', messages: { kick: { handler: () => true, emit: '|' } } });", 'kicked' ],
      ], experimental);
    });

    it('completes the events of one namespace if all others accept any, as they do then', () => {
      assertCompleted(ONE_NAMESPACE, [
        [ "class { @OnWSMessage('|') x() {} }", 'leave say' ],
        [ "class { @OnWSMessage('sa|') x() {} }", 'leave say' ],
        [ "class { @WSEmit('|') x() {} }", 'said' ],
        [ "class { @WSBroadCast('sa|') x() {} }", 'said' ],
        [ "@WSController('/ch|') class { }", '/ /chat' ],
        [ "app.io.of('|');", '/ /chat' ],
        [ "app.mockSocketEvent('/chat', '|');", 'connection disconnect leave say' ],
      ], experimental);
      const file = new EditedFile(`${ONE_NAMESPACE}
        @WSController('/chat') export class Chat { @Inject() ctx!: Context<'/chat'>; @OnWSMessage('say') @WSBroadCast('said') say(text: string) { return text; } }
        @WSController('/other') export class Other { @OnWSMessage('any') @WSEmit('thing') x() { return 1; } }
        app.mockSocketEvent('/other', 'any', [ 1 ]);
        app.io.of('/').emit('any', 1);
      `, experimental);
      assert.deepEqual(file.errors(), []);
    });

    it('accepts any name where nothing is declared, and completes none but that of the namespace /', () => {
      assertCompleted(IMPORTS, [
        [ "class { @OnWSMessage('|') x() {} }", '' ],
        [ "class { @OnWSMessage('sa|') x() {} }", '' ],
        [ "class { @WSEmit('|') x() {} }", '' ],
        [ "class { @WSBroadCast('sa|') x() {} }", '' ],
        [ "@WSController('|') class { }", '/' ],
        [ "@WSController('/ad|') class { }", '/' ],
        [ "app.io.of('|');", '' ],
        [ "app.mockSocketEvent('|');", '' ],
        [ "app.mockSocketEvent('/chat', '|');", '' ],
        [ "defineSocketController({ namespace: '/ad|', messages: {} });", '/' ],
      ], experimental);
      const file = new EditedFile(`${IMPORTS}
        @WSController('/any') export class Any { @Inject() ctx!: Context; @OnWSMessage('a') @WSEmit('b') @WSBroadCast('c') x() { return 1; } }
        @WSController(/^\\/d-/) export class Dynamic { @OnWSMessage(name) x() { return 1; } }
        @WSController(name) export class Named { @WSEmit(name) x() { return 1; } }
        app.io.of('/any').emit('b', 1);
        app.io.of(name).emit(name, 1);
        agent.io.of(name).emit(name, 1);
        agent.io.of<{ b(count: number): void }>('/any').emit('b', 1);
        app.mockSocketEvent(name, name, [ 1 ], { ack: false });
        app.createSocketIOClient({ namespace: name }).then(client => client.send(name, 1));
      `, experimental);
      assert.deepEqual(file.errors(), []);
    });
  });
}

const NAMES = [ '"/"', '"/admin"', 'NamespaceMatcher', 'WithoutSlash', '`/rooms/${string}`' ];

describe('test/types/completions.test.ts, io.of()', function() {
  this.timeout(180_000);

  it('accepts declared namespaces, names that match a declared pattern, RegExps and functions', () => {
    const file = new EditedFile(`${DECLARED}
      app.io.of('/').emit('said', 'text');
      app.io.of('/admin').emit('kicked', id);
      app.io.of('admin').emit('kicked', id);
      app.io.of(\`/rooms/\${id}\`).emit('said', 'text');
      app.io.of(\`/rooms/\${name}\`, socket => socket.on('enter', ack => ack(1)));
      app.io.of(/^\\/d-/).emit('said', 'text');
      app.io.of((_name, auth, next) => next(null, auth.token === 'secret')).on('connection', socket => socket.data.name.trim());
      for (const namespace of [ '/', '/admin' ] as const) app.io.of(namespace).disconnectSockets();
      agent.io.of('admin').to('room').emit('kicked', id);
      agent.io.of(\`/rooms/\${name}\`).emit('said', 'text');
    `, true);
    assert.deepEqual(file.errors(), []);
  });

  for (const [ code, argument ] of [
    [ "app.io.of('/other')", '"/other"' ],
    [ "app.io.of('other', socket => socket.id)", '"other"' ],
    [ 'app.io.of(name)', 'string' ],
    [ 'app.io.of(`/lobby/${id}`)', '`/lobby/${number}`' ],
  ]) {
    it(`tells in one line that a namespace is not declared: ${code}`, () => {
      const errors = new EditedFile(`${DECLARED}${code};`, true).errors();
      assert.equal(errors.length, 1, errors.join('\n'));
      const [ , given, accepted ] = /^Argument of type '(.+)' is not assignable to parameter of type '(.+)'\.$/.exec(errors[0])!;
      assert.equal(given, argument);
      // The compiler lists the members of a union in any order.
      assert.deepEqual(accepted.split(' | ').sort(), NAMES);
    });
  }
});

describe('test/types/completions.test.ts, an app that declares the namespace / with the types of the app', function() {
  this.timeout(180_000);

  const file = (code: string) => new EditedFile(`${IMPORTS}
    declare module 'egg-socketio' {
      interface SocketTypes { serverToClient: { said(text: string): void } }
      interface NamespaceTypes { '/': {} }
    }
    ${code}`, true);

  it('has no other namespace', () => {
    assert.deepEqual(file("app.io.of('/').emit('said', name); app.io.of('/other');").errors(), [
      'Argument of type \'"/other"\' is not assignable to parameter of type \'"/" | NamespaceMatcher\'.',
    ]);
  });

  it('may only emit declared events in middleware', () => {
    assert.deepEqual(file("export const log: import('egg-socketio').Middleware = (ctx, next) => { ctx.emit('said', name); ctx.emit('other', name); return next(); };").errors(), [
      'Argument of type \'"other"\' is not assignable to parameter of type \'"said"\'.',
    ]);
  });
});

describe('test/types/completions.test.ts, agent.io.of()', function() {
  this.timeout(180_000);

  it('rejects a namespace that is not declared', () => {
    const errors = new EditedFile(`${DECLARED}agent.io.of('/other');`, true).errors();
    assert.equal(errors.length, 1, errors.join('\n'));
    // On Egg 4, where agent.io also has the type of app.io, the compiler explains this for both.
    assert.match(errors[0], /^(No overload matches this call|Argument of type '"\/other"' is not assignable)/);
  });
});

describe('test/types/completions.test.ts, hovers', function() {
  this.timeout(180_000);

  it('show the names of types, not their insides', () => {
    const codes = {
      "app.io.|of('/admin');": 'TypedServer<ClientToServer, ServerToClient, DefaultEventsMap, { name: string; }>.of<"/admin">(name: "/admin", '
        + 'connected?: ((socket: SocketOf<"/admin">) => void) | undefined): NamespaceOf<"/admin">',
      "agent.io.|of('/admin');": 'of: <"/admin">(namespace: "/admin") => AgentOperator<ServerToAdmin, DefaultEventsMap>',
      "app.|createSocketIOClient({ namespace: '/admin' });": '<"/admin">(options?: ClientOptionsFor<"/admin"> | undefined) => Promise<TypedTestClient<ServerToAdmin, AdminToServer>>',
      "app.|mockSocketEvent('/admin', 'kick');": '<"/admin", "kick">(namespace: NamespaceLike<"/admin">, event: "kick", args?: readonly [id: number] | undefined, '
        + 'options?: MockSocketEventOptions) => Promise<SocketEventResult<[kicked: boolean]>>',
      "@|WSController('/admin') export class A {}": 'WSController<"/admin">(namespace?: NamespaceLike<"/admin"> | undefined, options?: ControllerOptions<ContextOf<"/admin">>): '
        + 'ControllerDecorator<"/admin">',
      "export class B { @|OnWSMessage('say') say(text: string) { return text; } }": 'OnWSMessage<"say", undefined, undefined>(event: "say", '
        + 'options?: MessageOptions<undefined, undefined>): MessageDecorator<"say", undefined, undefined>',
      "export class C { @|WSEmit('said') said() { return 'text'; } }": 'WSEmit<"said">(event: "said", rooms?: string | readonly string[]): EmitDecorator<"said">',
    };
    const hovers = new EditedFile([ DECLARED, ...Object.keys(codes) ].join('\n'), true).hovers();
    Object.values(codes).forEach((type, index) => assert.ok(hovers[index].includes(type), hovers[index]));
  });
});
