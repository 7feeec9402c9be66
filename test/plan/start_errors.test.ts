import assert from 'node:assert/strict';
import { startErrorOf, withInlineApp } from '../support/inline_app';

const IMPORT = "import { App, Config, Inject, Logger, OnWSConnection, OnWSDisconnection, OnWSMessage, Plugin, RateLimit, UseGuard, UseInterceptor, WSBroadCast, WSController, WSEmit } from 'egg-socketio';\n";

interface Case {
  title: string;
  files: Record<string, string>;
  /** Each must be found in the message. */
  says: (string | RegExp)[];
}

function oneFile(body: string): Record<string, string> {
  return { 'app/socket/wrong.ts': `${IMPORT}${body}` };
}

/** One of the plain form, in a file of its own. */
function plain(name: string, definition: string): Record<string, string> {
  return { [`app/socket/${name}.js`]: `module.exports = require('egg-socketio').defineSocketController(${definition});` };
}

const CASES: Case[] = [
  {
    title: 'two handlers for one event, in two files',
    files: {
      'app/socket/a.ts': `${IMPORT}@WSController('chat') export class A { @OnWSMessage('join') enter() {} }`,
      'app/socket/b.ts': `${IMPORT}@WSController('/chat') export class B { @OnWSMessage('join') come() {} }`,
    },
    says: [ "event 'join' of namespace '/chat' has two handlers", 'app/socket/a.ts: A.enter and app/socket/b.ts: B.come' ],
  },
  {
    title: 'two handlers for one event, in equal RegExps',
    files: oneFile("@WSController(/^\\/d-/) export class A { @OnWSMessage('x') a() {} }\n@WSController(/^\\/d-/) export class B { @OnWSMessage('x') b() {} }"),
    says: [ "event 'x'", 'app/socket/wrong.ts: A.a and app/socket/wrong.ts: B.b' ],
  },
  {
    title: 'two equal patterns in one namespace, in two files',
    files: {
      'app/socket/a.ts': `${IMPORT}@WSController('chat') export class A { @OnWSMessage('order.*') enter() {} }`,
      'app/socket/b.ts': `${IMPORT}@WSController('/chat') export class B { @OnWSMessage('order.*') come() {} }`,
    },
    says: [ "event 'order.*' of namespace '/chat' has two handlers", 'app/socket/a.ts: A.enter and app/socket/b.ts: B.come' ],
  },
  {
    title: 'two RegExps for events that differ in stateful flags only',
    files: oneFile('@WSController() export class A { @OnWSMessage(/^a/g) a() {} @OnWSMessage(/^a/y) b() {} }'),
    says: [ "event '/^a/' of namespace '/' has two handlers", 'wrong.ts: A.a and app/socket/wrong.ts: A.b' ],
  },
  {
    title: 'a pattern with two asterisks side by side',
    files: oneFile("@WSController() export class A { @OnWSMessage('a.**') a() {} }"),
    says: [ "wrong.ts: A.a: @OnWSMessage('a.**'): two asterisks stand side by side. One stands for any text already" ],
  },
  {
    title: 'a RegExp with catastrophic backtracking, by a repetition in a repetition',
    files: oneFile('@WSController() export class A { @OnWSMessage(/^(a+)+$/) a() {} }'),
    says: [ 'wrong.ts: A.a: @OnWSMessage(/^(a+)+$/): on some names that a client could send, this RegExp takes very long. Begin it with ^' ],
  },
  {
    title: 'a RegExp with catastrophic backtracking, in the plain form',
    files: plain('wrong', '{ patterns: [{ event: /^(a|a)*$/, handler() {} }] }'),
    says: [ 'app/socket/wrong.js: patterns[0]: on some names that a client could send, this RegExp takes very long' ],
  },
  {
    title: 'a pattern of the plain form without an event',
    files: plain('wrong', '{ patterns: [{ handler() {} }] }'),
    says: [ 'app/socket/wrong.js: patterns[0]: expected the event to be a string or a RegExp, but got undefined' ],
  },
  {
    title: 'an event that is not a string',
    files: oneFile("@WSController() export class A { @OnWSMessage(Symbol('x') as never) a() {} }"),
    says: [ '[egg-socketio] app/socket/wrong.ts: A.a: @OnWSMessage(): expected the event to be a string or a RegExp, but got symbol' ],
  },
  {
    title: 'an event with a reserved name',
    files: oneFile("@WSController() export class A { @OnWSMessage('disconnect') a() {} }"),
    says: [ "wrong.ts: A.a: @OnWSMessage('disconnect'): the name is reserved by Socket.IO; use @OnWSDisconnection()" ],
  },
  {
    title: 'an emitted event with a reserved name',
    files: oneFile("@WSController() export class A { @OnWSMessage('a') @WSEmit('connect_error') a() {} }"),
    says: [ "wrong.ts: A.a: @WSEmit('connect_error'): the name is reserved by Socket.IO; choose another name" ],
  },
  {
    title: 'rooms that are not strings',
    files: oneFile("@WSController() export class A { @OnWSMessage('a') @WSBroadCast('b', [ 1 ] as never) a() {} }"),
    says: [ "wrong.ts: A.a: @WSBroadCast('b'): expected the rooms to be strings" ],
  },
  {
    title: 'an emit decorator on a method that listens to nothing',
    files: oneFile("@WSController() export class A { @WSEmit('b') a() {} }"),
    says: [ 'wrong.ts: A.a: ', '@WSEmit and @WSBroadCast need a decorator that listens' ],
  },
  {
    title: 'a namespace of a wrong type',
    files: oneFile("@WSController(1 as never) export class A { @OnWSMessage('a') a() {} }"),
    says: [ /wrong\.ts: A: @WSController\(\): expected the namespace to be a string or a RegExp, but got number/ ],
  },
  {
    title: 'two namespaces for one class',
    files: oneFile("@WSController('/a') @WSController('/b') export class A { @OnWSMessage('a') a() {} }"),
    says: [ 'wrong.ts: A: @WSController(): the class has two of these, but it can only serve one namespace. Keep one, and extend the class for the other namespace.' ],
  },
  {
    title: 'an unknown middleware name',
    files: {
      ...oneFile("@WSController('/', { middleware: [ 'oauth' ] }) export class A { @OnWSMessage('a') a() {} }"),
      'app/socket/middleware/auth.js': 'module.exports = async (ctx, next) => next();',
    },
    says: [ 'wrong.ts: A: @WSController(): middleware: ', "(there: 'auth'), but got 'oauth'. Did you mean 'auth'?" ],
  },
  {
    title: 'an unknown middleware name of one event',
    files: oneFile("@WSController() export class A { @OnWSMessage('a', { middleware: [ 'oauth' ] }) a() {} }"),
    says: [ "wrong.ts: A.a: @OnWSMessage('a'): middleware: ", "(there: none), but got 'oauth'." ],
  },
  {
    title: 'an unknown middleware name in the config',
    files: { 'config/config.default.js': "module.exports = () => ({ keys: 'k', socketio: { middleware: [ 'log' ] } });" },
    says: [ 'config.socketio.middleware', "but got 'log'" ],
  },
  {
    title: 'a middleware file that exports no function',
    files: { 'app/socket/middleware/auth.js': 'module.exports = { auth: true };' },
    says: [ /app\/socket\/middleware\/auth\.js: expected the default export to be a middleware/ ],
  },
  {
    title: 'a filter that is not a function',
    files: oneFile("@WSController('/', { filters: [ 'log' as never ] }) export class A { @OnWSMessage('a') a() {} }"),
    says: [ /wrong\.ts: A: @WSController\(\): filters: expected a filter to be a function \(error, ctx\) or a class with catch\(error, ctx\), but got string/ ],
  },
  {
    title: 'a decorator on a static method',
    files: oneFile("@WSController() export class A { @OnWSMessage('a') static a() {} }"),
    says: [ /wrong\.ts: a decorator on 'a': expected a member of the instance, but it is static/ ],
  },
  {
    title: 'a guard that is neither a function nor a class',
    files: oneFile("@WSController('/') @UseGuard('admin' as never) export class A { @OnWSMessage('a') a() {} }"),
    says: [ /wrong\.ts: A: @UseGuard\(\): expected a guard to be a function \(ctx\) => boolean or a class with canActivate\(ctx\), but got string/ ],
  },
  {
    title: 'a guard of a method that was not loaded yet',
    files: oneFile("@WSController('/') export class A { @OnWSMessage('a') @UseGuard(undefined as never) a() {} }"),
    says: [ /wrong\.ts: A\.a: @UseGuard\(\): expected a guard to be .*, but got undefined/ ],
  },
  {
    title: 'a guard on a method that nobody calls',
    files: oneFile("@WSController('/') export class A { @OnWSMessage('a') a() {} @UseGuard(() => true) b() {} }"),
    says: [ /wrong\.ts: A\.b: @UseGuard needs @OnWSMessage\('event'\) or @OnWSConnection\(\) on the same method/ ],
  },
  {
    title: 'a guard before a disconnect',
    files: oneFile("@WSController('/') export class A { @OnWSDisconnection() @UseGuard(() => true) b() {} }"),
    says: [ /wrong\.ts: A\.b: @UseGuard needs .*; guards do not apply to disconnects/ ],
  },
  {
    title: 'an injected name of a guard class that nothing provides',
    files: oneFile("class G { @Inject() nobody: object; canActivate() { return true; } } @WSController('/') export class A { @OnWSMessage('a') @UseGuard(G) a() {} }"),
    says: [ /wrong\.ts: A\.a: @UseGuard\(\): G\.nobody: @Inject\(\): there is no ctx\.service\.nobody/ ],
  },
  {
    title: 'a guard class without the method',
    files: oneFile("class G { canActive() { return true; } } @WSController('/') export class A { @OnWSMessage('a') @UseGuard(G) a() {} }"),
    says: [ /wrong\.ts: A\.a: @UseGuard\(\): expected a guard to be .* a class with canActivate\(ctx\), but got the class G, which has no such method\./ ],
  },
  {
    title: 'an interceptor that is neither a function nor a class',
    files: oneFile("@WSController('/') export class A { @OnWSMessage('a') @UseInterceptor('cache' as never) a() {} }"),
    says: [ /wrong\.ts: A\.a: @UseInterceptor\(\): expected an interceptor to be a function \(ctx, next\) or a class with intercept\(ctx, next\), but got string\./ ],
  },
  {
    title: 'an interceptor of a class whose method has another name',
    files: oneFile("class I { async interceptor() {} } @WSController('/') @UseInterceptor(I as never) export class A { @OnWSMessage('a') a() {} }"),
    says: [ /wrong\.ts: A: @UseInterceptor\(\): expected an interceptor to be .*, but got the class I, which has no such method\./ ],
  },
  {
    title: 'an interceptor on a method that handles no event',
    files: oneFile("@WSController('/') export class A { @OnWSConnection() @UseInterceptor((_ctx, next) => next()) a() {} }"),
    says: [ /wrong\.ts: A\.a: @UseInterceptor needs @OnWSMessage\('event'\) on the same method/ ],
  },
  {
    title: 'an interceptor that would run twice around a handler',
    files: oneFile("const i = async (_ctx: unknown, next: () => Promise<unknown>) => next(); @WSController('/') @UseInterceptor(i) export class A { @OnWSMessage('a') @UseInterceptor(i) a() {} }"),
    says: [ /wrong\.ts: A\.a: the interceptor i would run twice: it is in app\/socket\/wrong\.ts: A: @UseInterceptor\(\), and in app\/socket\/wrong\.ts: A\.a: @UseInterceptor\(\)\. Remove one of them\./ ],
  },
  {
    title: 'an injected name of an interceptor class that nothing provides',
    files: oneFile("class I { @Inject() nobody: object; async intercept() {} } @WSController('/') export class A { @OnWSMessage('a') @UseInterceptor(I as never) a() {} }"),
    says: [ /wrong\.ts: A\.a: @UseInterceptor\(\): I\.nobody: @Inject\(\): there is no ctx\.service\.nobody/ ],
  },
  {
    title: 'an interceptor of a message of the plain form that is neither a function nor a class',
    files: plain('two', '{ messages: { circ: { interceptors: [ 1 ], handler() {} } } }'),
    says: [ '[egg-socketio] app/socket/two.js: messages.circ: interceptors: expected an interceptor to be' ],
  },
  {
    title: 'outgoing middleware that is not a function',
    files: oneFile("@WSController('/', { outgoing: [ 'redact' as never ] }) export class A { @OnWSMessage('a') a() {} }"),
    says: [ /wrong\.ts: A: @WSController\(\): outgoing: expected outgoing middleware to be a function \(packet\), but got string\./ ],
  },
  {
    title: 'outgoing middleware that is a class',
    files: plain('two', '{ outgoing: [ class Redact {} ], messages: { circ() {} } }'),
    says: [ '[egg-socketio] app/socket/two.js: outgoing: expected outgoing middleware to be a function (packet), but got a class.' ],
  },
  {
    title: 'outgoing middleware that is asynchronous',
    files: plain('two', '{ outgoing: [ async function redact() {} ], messages: { circ() {} } }'),
    says: [ '[egg-socketio] app/socket/two.js: outgoing: the outgoing middleware redact is asynchronous, but emit() does not wait for it. Make it synchronous' ],
  },
  {
    title: 'outgoing middleware that would run twice in a namespace, from two files',
    files: {
      'app/lib/redact.js': 'module.exports = function redact() {};',
      ...plain('one', "{ namespace: 'chat', outgoing: [ require('../lib/redact') ], messages: { a() {} } }"),
      ...plain('two', "{ namespace: '/chat', outgoing: [ require('../lib/redact') ], messages: { b() {} } }"),
    },
    says: [ "namespace '/chat': the outgoing middleware redact would run twice: it is in app/socket/one.js: outgoing, and in app/socket/two.js: outgoing. Remove one of them." ],
  },
  {
    title: 'a rate on a method that does not handle an event',
    files: oneFile("@WSController('/') export class A { @OnWSConnection() @RateLimit({ perSecond: 1 }) a() {} }"),
    says: [ /wrong\.ts: A\.a: @RateLimit needs @OnWSMessage/ ],
  },
  {
    title: 'an invalid rate',
    files: oneFile("@WSController('/') export class A { @OnWSMessage('a') @RateLimit({ perSecond: '5' as never }) a() {} }"),
    says: [ /wrong\.ts: A\.a: @RateLimit\(\): expected \{ perSecond \} above 0 .*, but got \{"perSecond":"5"\}/ ],
  },
  {
    title: 'schemas that are not a list',
    files: oneFile("@WSController('/') export class A { @OnWSMessage('a', { args: 'string' as never }) a() {} }"),
    says: [ /wrong\.ts: A\.a: @OnWSMessage\('a'\): args: expected an array of schemas, one per argument/ ],
  },
  {
    title: 'an argument schema that is not a schema',
    files: oneFile("@WSController('/') export class A { @OnWSMessage('a', { args: [ String as never ] }) a() {} }"),
    says: [ /wrong\.ts: A\.a: @OnWSMessage\('a'\): args\[0\]: expected a schema of a library that supports Standard Schema .*, but got function/ ],
  },
  {
    title: 'a rule of egg-validate without the plugin',
    files: oneFile("@WSController('/') export class A { @OnWSMessage('a', { args: [{ name: 'string' }] }) a() {} }"),
    says: [ /args\[0\] is a rule of egg-validate, but that plugin is not enabled\. Enable it in config\/plugin/ ],
  },
  {
    title: 'a schema of the return value that is not a schema',
    files: oneFile("@WSController('/') export class A { @OnWSMessage('a', { returns: 'string' as never }) a() {} }"),
    says: [ /wrong\.ts: A\.a: @OnWSMessage\('a'\): returns: expected a schema .*, but got string/ ],
  },
  {
    title: 'an unknown key of a message of a plain controller, such as guard instead of guards',
    files: { 'app/socket/wrong.js': "module.exports = require('egg-socketio').defineSocketController({ messages: { a: { guard: [], handler() {} } } });" },
    says: [ /\[egg-socketio\] app\/socket\/wrong\.js: messages\.a: unknown key 'guard'\. Did you mean 'guards'\?$/ ],
  },
  {
    title: 'a filter of the plain form that is neither a function nor a class',
    files: plain('two', '{ filters: [ 1 ], messages: { a() {} } }'),
    says: [ '[egg-socketio] app/socket/two.js: filters: expected a filter to be' ],
  },
  {
    title: 'a guard of a message of the plain form that is neither a function nor a class',
    files: plain('two', '{ messages: { circ: { guards: [ null ], handler() {} } } }'),
    says: [ '[egg-socketio] app/socket/two.js: messages.circ: guards: expected a guard to be' ],
  },
  {
    title: 'a schema of a message of the plain form that is not a schema',
    files: plain('two', '{ messages: { circ: { args: [ 1 ], handler() {} } } }'),
    says: [ '[egg-socketio] app/socket/two.js: messages.circ: args[0]: expected a schema of' ],
  },
  {
    title: 'a rate of a message of the plain form with an unknown key',
    files: plain('two', '{ messages: { circ: { rateLimit: { perSecond: 1, brst: 1 }, handler() {} } } }'),
    says: [ "[egg-socketio] app/socket/two.js: messages.circ: rateLimit: unknown key 'brst'. Did you mean 'burst'?" ],
  },
  {
    title: 'a namespace of the plain form that is neither a string nor a RegExp',
    files: plain('two', '{ namespace: 1, messages: { circ() {} } }'),
    says: [ '[egg-socketio] app/socket/two.js: namespace: expected the namespace to be a string or a RegExp' ],
  },
  {
    title: 'an event of the plain form with a reserved name',
    files: plain('two', '{ messages: { disconnecting() {} } }'),
    says: [ '[egg-socketio] app/socket/two.js: messages.disconnecting: the name is reserved by Socket.IO; use onDisconnecting.' ],
  },
  {
    title: 'an emitted event of the plain form with a reserved name',
    files: plain('two', "{ messages: { circ: { emit: 'connect', handler() {} } } }"),
    says: [ "[egg-socketio] app/socket/two.js: messages.circ: emit 'connect': the name is reserved by Socket.IO; choose another name." ],
  },
  {
    title: 'a message of the plain form that is neither a function nor an object',
    files: plain('two', "{ messages: { circ: 'x' } }"),
    says: [ '[egg-socketio] app/socket/two.js: messages.circ: expected a function or an object with handler, but got "x" (string).' ],
  },
  {
    title: 'a connection handler of the plain form that is not a function',
    files: plain('two', '{ onConnection: {} }'),
    says: [ '[egg-socketio] app/socket/two.js: onConnection: expected a function, but got a value of type object.' ],
  },
  {
    title: 'a definition that is not an object',
    files: plain('two', ''),
    says: [ '[egg-socketio] app/socket/two.js: defineSocketController(): expected an object, but got undefined.' ],
  },
  {
    title: 'a file that throws',
    files: { 'app/socket/wrong.js': "require('./missing');" },
    says: [ /wrong\.js: Cannot find module '\.\/missing'/ ],
  },
  {
    title: 'an unknown key of a plain controller',
    files: { 'app/socket/wrong.js': "module.exports = require('egg-socketio').defineSocketController({ onDisconnect() {} });" },
    says: [ "[egg-socketio] app/socket/wrong.js: unknown key 'onDisconnect'. Did you mean 'onDisconnecting' or 'onDisconnection'?" ],
  },
  {
    title: 'a plain message without a handler',
    files: { 'app/socket/wrong.js': "module.exports = require('egg-socketio').defineSocketController({ messages: { a: { emit: 'b' } } });" },
    says: [ /wrong\.js: messages\.a: handler: expected a function, but got undefined\./ ],
  },
  {
    title: 'an injected name that nothing provides',
    files: oneFile("@WSController() export class A { @Inject() usrService: object; @OnWSMessage('a') a() {} }"),
    says: [ /wrong\.ts: A\.usrService: @Inject\(\): there is no ctx\.service\.usr, no ctx\.usrService and no app\.usrService\.$/ ],
  },
  {
    title: 'an injected service whose name is misspelt',
    files: {
      ...oneFile("@WSController() export class A { @Inject('admin.usr') users: object; @OnWSMessage('a') a() {} }"),
      'app/service/admin/user.js': 'module.exports = app => class extends app.Service {};',
    },
    says: [ 'no app.admin.usr. Did you mean ctx.service.admin.user?' ],
  },
  {
    title: 'an injected config path that is not set',
    files: oneFile("@WSController() export class A { @Config('chat.limit') limit: number; @OnWSMessage('a') a() {} }"),
    says: [ /wrong\.ts: A\.limit: @Config\('chat\.limit'\): config\.chat\.limit is not set/ ],
  },
  {
    title: 'an injected logger that does not exist',
    files: oneFile("@WSController() export class A { @Logger('audit') log: object; @OnWSMessage('a') a() {} }"),
    says: [ /wrong\.ts: A\.log: @Logger\('audit'\): there is no logger 'audit'/ ],
  },
  {
    title: 'an injected plugin that does not exist',
    files: oneFile("@WSController() export class A { @Plugin() mysql: object; @OnWSMessage('a') a() {} }"),
    says: [ /wrong\.ts: A\.mysql: @Plugin\(\): app\.mysql does not exist; enable the plugin/ ],
  },
];

/** The ends of the messages about options that have to be arrays. */
const LISTS = {
  middleware: 'an array of functions and of file names in app/socket/middleware',
  functions: 'an array of functions',
  policies: 'an array of functions and classes',
};

const OPTIONS: Case[] = [
  ...([
    [ "@OnWSMessage('$stream') a() {}", "wrong.ts: A.a: @OnWSMessage('$stream')" ],
    [ "@OnWSMessage('a') @WSEmit('$stream') a() {}", "wrong.ts: A.a: @WSEmit('$stream')" ],
  ] as const).map(([ body, place ]) => ({
    title: `the event of streams, as in ${body}`, files: oneFile(`@WSController() export class A { ${body} }`),
    says: [ `${place}: the name is reserved for streams; choose another name.` ],
  })),
  {
    title: 'the event of streams, in the plain form',
    files: plain('two', '{ messages: { $stream() {} } }'),
    says: [ '[egg-socketio] app/socket/two.js: messages.$stream: the name is reserved for streams; choose another name.' ],
  },
  {
    title: 'the event of streams, as a pattern of the plain form',
    files: plain('two', "{ patterns: [{ event: '$stream', handler() {} }] }"),
    says: [ '[egg-socketio] app/socket/two.js: patterns[0]: the name is reserved for streams; choose another name.' ],
  },
  ...([
    [ "@WSController() export class A { @OnWSMessage('a', { steam: true } as any) a() {} }", "A.a: @OnWSMessage('a'): unknown key 'steam'. Did you mean 'stream'?" ],
    [ "const options = { middleware: [], arg: [] }; @WSController() export class A { @OnWSMessage('a', options) a() {} }", "A.a: @OnWSMessage('a'): unknown key 'arg'. Did you mean 'args'?" ],
    [ '@WSController() export class A { @OnWSMessage(/^a/, { kind: 1 } as any) a() {} }', 'A.a: @OnWSMessage(/^a/): unknown key \'kind\'. Known keys: middleware, filters, args, returns, stream, once.' ],
    [ "@WSController('/m', { outgoin: [] } as any) export class A { @OnWSMessage('a') a() {} }", "A: @WSController(): unknown key 'outgoin'. Did you mean 'outgoing'?" ],
    [ "class Base { @OnWSMessage('a', { onse: true } as any) a() {} } @WSController() export class A extends Base {}", "A.a: @OnWSMessage('a'): unknown key 'onse'. Did you mean 'once'?" ],
    [ "@WSController() export class A { @OnWSMessage('a') @RateLimit({ perSecond: 1, brst: 1 } as any) a() {} }", "A.a: @RateLimit(): unknown key 'brst'. Did you mean 'burst'?" ],
    [ "@WSController() export class A { @OnWSMessage('a') @RateLimit(null as never) a() {} }", 'A.a: @RateLimit(): expected { perSecond } above 0 and, if it is there, { burst } of 1 or more, but got null.' ],
    [ "@WSController() export class A { @OnWSMessage('a', null as never) a() {} }", "A.a: @OnWSMessage('a'): expected the options to be an object, but got null." ],
    [ "@WSController('/m', [ () => {} ] as never) export class A { @OnWSMessage('a') a() {} }", 'A: @WSController(): expected the options to be an object, but got an array.' ],
    [ "@WSController('/m', { outgoing: () => {} } as never) export class A { @OnWSMessage('a') a() {} }", `A: @WSController(): outgoing: expected ${LISTS.functions}, but got a value of type function.` ],
    [ "@WSController('/m', { middleware: () => {} } as never) export class A { @OnWSMessage('a') a() {} }", `A: @WSController(): middleware: expected ${LISTS.middleware}, but got a value of type function.` ],
    [ "@WSController('/m', { filters: {} } as never) export class A { @OnWSMessage('a') a() {} }", `A: @WSController(): filters: expected ${LISTS.policies}, but got a value of type object.` ],
    [ "@WSController('/m', { connectionMiddleware: 'auth' } as never) export class A { @OnWSMessage('a') a() {} }", `A: @WSController(): connectionMiddleware: expected ${LISTS.middleware}, but got "auth" (string).` ],
    [ "@WSController() export class A { @OnWSMessage('m', { middleware: 'log' } as never) a() {} }", `A.a: @OnWSMessage('m'): middleware: expected ${LISTS.middleware}, but got "log" (string).` ],
    [ "@WSController() export class A { @OnWSMessage('m', { filters: null } as never) a() {} }", `A.a: @OnWSMessage('m'): filters: expected ${LISTS.policies}, but got null.` ],
    [ "@WSController() export class A { @OnWSMessage('m') @WSEmit('b', 5 as never) a() {} }", "A.a: @WSEmit('b'): expected the rooms to be strings." ],
  ] as const).map(([ body, message ]) => ({ title: `wrong options in ${body}`, files: oneFile(body), says: [ `[egg-socketio] app/socket/wrong.ts: ${message}` ] })),
  ...([
    [ '{ outgoing() {} }', `outgoing: expected ${LISTS.functions}, but got a value of type function.` ],
    [ '{ interceptors() {} }', `interceptors: expected ${LISTS.policies}, but got a value of type function.` ],
    [ "{ guards: 'admin' }", `guards: expected ${LISTS.policies}, but got "admin" (string).` ],
    [ '{ connectionMiddleware() {} }', `connectionMiddleware: expected ${LISTS.middleware}, but got a value of type function.` ],
    [ '{ patterns: {} }', 'patterns: expected an array of objects with event and handler, but got a value of type object.' ],
    [ '{ patterns: [ () => {} ] }', 'patterns[0]: expected an object with event and handler, but got a value of type function.' ],
    [ "{ patterns: [{ events: 'a*', handler() {} }] }", "patterns[0]: unknown key 'events'. Did you mean 'event'?" ],
    [ "{ patterns: [{ name: 'a*', handler() {} }] }", "patterns[0]: unknown key 'name'. Known keys: event, handler, emit," ],
    [ '{ messages: [] }', 'messages: expected an object, but got an array.' ],
    [ "{ metadata: 'public' }", 'metadata: expected an object, but got "public" (string).' ],
    [ '{ messages: { a: { interceptors() {}, handler() {} } } }', `messages.a: interceptors: expected ${LISTS.policies}, but got a value of type function.` ],
    [ "{ messages: { a: { middleware: 'log', handler() {} } } }", `messages.a: middleware: expected ${LISTS.middleware}, but got "log" (string).` ],
    [ '{ messages: { a: { metadata: [], handler() {} } } }', 'messages.a: metadata: expected an object, but got an array.' ],
    [ "{ messages: { a: { emit: { event: 'b', room: 'c' }, handler() {} } } }", "messages.a: emit: unknown key 'room'. Did you mean 'rooms'?" ],
    [ '{ messages: { a: { broadcast: [ null ], handler() {} } } }', 'messages.a: broadcast: expected the event to be a string, or an object with event and rooms, but got null.' ],
  ] as const).map(([ body, message ]) => ({ title: `wrong options of the plain form in ${body}`, files: plain('two', body), says: [ `[egg-socketio] app/socket/two.js: ${message}` ] })),
  {
    title: 'asynchronous outgoing middleware without a name',
    files: oneFile("@WSController('/m', { outgoing: [ () => undefined, async () => {} ] as never }) export class A { @OnWSMessage('a') a() {} }"),
    says: [ /^\[egg-socketio\] app\/socket\/wrong\.ts: A: @WSController\(\): outgoing \[1\]: the outgoing middleware is asynchronous, but emit\(\) does not/ ],
  },
  {
    title: 'asynchronous outgoing middleware without a name in the config',
    files: { 'config/config.default.js': "module.exports = () => ({ keys: 'k', socketio: { outgoing: [ async () => {} ] } });" },
    says: [ /^\[egg-socketio\] config\.socketio\.outgoing\.0: the outgoing middleware is asynchronous, but emit\(\) does not/ ],
  },
  {
    title: 'an interceptor without a name that would run twice',
    files: {
      'app/lib/interceptor.js': 'module.exports = (() => (ctx, next) => next())();',
      ...plain('two', "{ interceptors: [ require('../lib/interceptor') ], messages: { a: { interceptors: [ require('../lib/interceptor') ], handler() {} } } }"),
    },
    says: [ 'app/socket/two.js: messages.a: the interceptor would run twice: it is in app/socket/two.js: interceptors, and in app/socket/two.js: messages.a: interceptors. Remove one of them.' ],
  },
];

describe('test/plan/start_errors.test.ts', () => {
  for (const { title, files, says } of [ ...CASES, ...OPTIONS ]) {
    it(`stops the start: ${title}`, async () => {
      const { message } = await startErrorOf(files);
      assert.ok(message.includes('[egg-socketio]'), message);
      for (const part of says) assert.ok(typeof part === 'string' ? message.includes(part) : part.test(message), message);
    });
  }

  it('stops the start: standard decorators from a compiler without decorator metadata', async () => {
    const { message } = await startErrorOf({
      'app/socket/wrong.js': `
        const { OnWSMessage } = require('egg-socketio');
        class A { a() {} }
        OnWSMessage('a')(A.prototype.a, { kind: 'method', name: 'a' });`,
    });
    assert.match(message, /wrong\.js: a decorator on method 'a' got no context\.metadata\. Use a compiler that supports/);
  });

  it('shows the line that made the mistake, once, if a decorator or a definition throws', async () => {
    const error = await startErrorOf(plain('two', '{\n  mesages: {},\n}'));
    assert.equal((error as Error & { code: string }).code, 'INVALID_CONTROLLER');
    assert.equal(error.cause, undefined);
    assert.match(error.stack!, /\n {4}at .*app\/socket\/two\.js:1:/);
  });

  it('binds a controller once if two files export it', async () => {
    const seen = global as unknown as { connects: number };
    seen.connects = 0;
    await withInlineApp({
      'app/socket/a.js': "module.exports = require('egg-socketio').defineSocketController({ onConnection(ctx) { global.connects += 1; ctx.emit('ready'); } });",
      'app/socket/index.js': "module.exports = require('./a');",
    }, async ({ app }) => {
      const client = await app.createSocketIOClient();
      await client.next('ready');
      assert.equal(seen.connects, 1);
      await client.close();
    });
  });

  const WARNINGS: Case[] = [
    {
      title: 'a file without a controller',
      files: { 'app/socket/types.ts': 'export const limit = 1;' },
      says: [ /app\/socket\/types\.ts exports no controller/ ],
    },
    {
      title: 'a file that is empty',
      files: { 'app/socket/empty.ts': '' },
      says: [ /app\/socket\/empty\.ts exports no controller/ ],
    },
    {
      title: 'a controller without handlers',
      files: oneFile("@WSController('/') export class Idle {}"),
      says: [ /\[egg-socketio\] app\/socket\/wrong\.ts: Idle has no handlers/ ],
    },
    {
      title: 'a class with handlers next to a controller and without a decorator of its own, unless a controller extends it',
      files: oneFile("export class Base { @OnWSMessage('b') b() {} } @WSController('/') export class A extends Base {}\n"
        + "export class Lost { @OnWSMessage('a') a() {} }"),
      says: [ /app\/socket\/wrong\.ts: Lost has handlers that are never called/, /^(?!.*Base)/s ],
    },
  ];

  for (const { title, files, says } of WARNINGS) {
    it(`warns, and lets clients connect: ${title}`, async () => {
      await withInlineApp(files, async ({ app, warnings }, startError) => {
        assert.equal(startError, undefined);
        for (const part of says) assert.match(warnings.join('\n'), part as RegExp);
        const client = await app.createSocketIOClient();
        await client.close();
      });
    });
  }
});
