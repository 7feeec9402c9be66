import { type Context, type EventMatch, Inject, OnWSConnection, OnWSMessage, UseGuard, WSBroadCast, WSController, WSEmit } from 'egg-socketio';
import { expect } from 'tstyche';
import { z } from 'zod';

@WSController('/')
export class Fits {
  @Inject() ctx!: Context;

  @OnWSConnection()
  onConnection() { this.ctx.data.name = 'Ada'; }

  @OnWSMessage('say')
  @WSBroadCast('said', 'room')
  say(text: string) { return text || undefined; }

  @OnWSMessage('sum')
  async sum(a: number, b: number) { return a + b; }

  @OnWSMessage('find', { args: [ z.string().optional() ], returns: z.array(z.string()) })
  @UseGuard(ctx => ctx.data !== undefined)
  find(name?: string) { return [ String(name) ]; }

  @OnWSMessage('leave')
  async leave() { await this.ctx.leave('room'); }
}

@WSController('admin', { middleware: [ (ctx, next) => { expect(ctx.data.level).type.toBe<number>(); return next(); } ] })
export class Admin {
  @Inject() ctx!: Context<'/admin'>;

  @OnWSMessage('kick')
  @WSEmit('kicked')
  kick(id: number): never { throw new Error(String(id)); }
}

/** Shows no context, and may be of any namespace. */
@WSController('/admin')
export class WithoutContext {
  @OnWSMessage('kick')
  kick(id: number) { return id > 0; }
}

@WSController('/rooms/12')
export class Room {
  @Inject() ctx!: Context<`/rooms/${string}`>;

  @OnWSMessage('enter')
  @WSEmit('said', 'hall')
  enter(): never { throw new Error('full'); }
}

/** Patterns: a method takes the arguments of each declared event that an asterisk stands for. */
@WSController('/')
export class Patterns {
  @Inject() ctx!: Context;

  @OnWSMessage('*')
  all(...args: unknown[]) {
    expect(this.ctx.match).type.toBe<EventMatch | undefined>();
    return args.length > 5 ? undefined : Number(this.ctx.match?.[0]);
  }

  // 'say' and 'sum': (text: string) and (a: number, b: number).
  @OnWSMessage('s*')
  s(first: string | number, second?: number) { return second === undefined ? undefined : Number(first); }

  @OnWSMessage('sa*')
  sa(text: string) { return text; }

  // @ts-expect-error WrongParameters<"s*",
  @OnWSMessage('s*')
  wrong(first: string) { return first; }

  // @ts-expect-error WrongReturnType<"su*",
  @OnWSMessage('su*')
  wrongAnswer(a: number) { return String(a); }

  // @ts-expect-error Argument of type '"shout*"' is not assignable to parameter of type
  @OnWSMessage('shout*')
  nothing() { /* nothing to do */ }

  // The compiler does not read a RegExp.
  @OnWSMessage(/^s(.*)$/)
  regExp(anything: Date) { return anything; }

  @OnWSMessage(/^s/, { args: [ z.string() ] })
  validated(text: string) { return text; }

  // @ts-expect-error WrongParameters<RegExp,
  @OnWSMessage(/^su/, { args: [ z.string() ] })
  wronglyValidated(text: number) { return text; }
}

@WSController('/')
export class DoesNotFit {
  @Inject() ctx!: Context;

  // @ts-expect-error Argument of type '"shout"' is not assignable to parameter of type
  @OnWSMessage('shout')
  shout() { /* nothing to do */ }

  // @ts-expect-error NoSuchEvent<"kick",
  @OnWSMessage('kick')
  kick(id: number) { return id > 0; }

  // @ts-expect-error WrongParameters<"say", { taken: [text: number]; sent: [text: string]; }>
  @OnWSMessage('say')
  say(text: number) { return text; }

  // @ts-expect-error WrongReturnType<"sum", { returned: string; expected: number; }>
  @OnWSMessage('sum')
  sum(a: number, b: number) { return `${a}${b}`; }

  // @ts-expect-error WrongReturnType<"sum", { returned: void; expected: number; }>
  @OnWSMessage('sum')
  forgets(a: number, b: number) { void (a + b); }

  // @ts-expect-error WrongParameters<"find", { taken: [name: string]; sent: [name?: string | undefined]; }>
  @OnWSMessage('find')
  find(name: string) { return [ name ]; }

  // @ts-expect-error SchemaRefusesArgument<"say", "0">
  @OnWSMessage('say', { args: [ z.number() ] })
  schema(text: number) { return text; }

  // @ts-expect-error SchemaMakesAnotherAnswer<"sum", string>
  @OnWSMessage('sum', { returns: z.string() })
  answer() { return 'one'; }

  // @ts-expect-error WrongReturnType<"said", { returned: number; expected: string | Nothing; }>
  @WSEmit('said')
  said() { return 1; }

  // @ts-expect-error NotAnEventOfOneArgument<"welcome", [id: string, visits: number]>
  @WSEmit('welcome')
  welcome() { return 'id'; }

  // @ts-expect-error NotAnEventOfOneArgument<"ask",
  @WSEmit('ask')
  ask() { return 'ready?'; }

  // @ts-expect-error Argument of type '"sayd"' is not assignable to parameter of type
  @WSBroadCast('sayd')
  sayd() { return 'text'; }
}

// @ts-expect-error CtxHasTheTypesOfAnotherNamespace<"/admin">
@WSController('/admin')
export class OfAnotherNamespace {
  @Inject() ctx!: Context;
}
