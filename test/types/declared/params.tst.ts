import { Ack, Arg, type Context, Ctx, Inject, OnWSMessage, WSController } from 'egg-socketio';
import { z } from 'zod';
import type { Bid } from './declaration';

@WSController('/')
export class Fits {
  @Inject() ctx!: Context;

  @OnWSMessage('sum')
  sum(@Ctx() _ctx: Context, a: number, @Ctx() _again: Context, b: number) { return a + b; }

  @OnWSMessage('find')
  find(name?: string, @Ctx() ctx?: Context) { return [ `${ctx?.id} ${name}` ]; }

  @OnWSMessage('say', { args: [ z.string() ] })
  say(@Ctx() _ctx: Context, @Arg(0) text: string) { return text.length; }

  @OnWSMessage('bid')
  bid(amount: number, @Ack() ack?: Ack<Bid>) { ack?.({ amount }); }

  @OnWSMessage('count')
  count(@Ack() ack: Context['ack']) { ack?.(1); }
}

@WSController('admin')
export class Admin {
  @Inject() ctx!: Context<'/admin'>;

  @OnWSMessage('kick')
  kick(@Ctx() ctx: Context<'/admin'>, id: number) { return ctx.data.level > id; }
}

@WSController('/')
export class DoesNotFit {
  @Inject() ctx!: Context;

  // @ts-expect-error WrongParameters<"sum", { taken: [ctx: Context
  @OnWSMessage('sum')
  sum(@Ctx() _ctx: Context, a: string, b: number) { return Number(a) + b; }

  // @ts-expect-error WrongReturnType<"sum", { returned: string; expected: number; }>
  @OnWSMessage('sum')
  text(@Ctx() _ctx: Context, a: number, b: number) { return `${a}${b}`; }

  // @ts-expect-error WrongParameters<"say", { taken: [text: string, done: (answer: string) => void]; sent: [text: string]; }>
  @OnWSMessage('say')
  say(text: string, done: (answer: string) => void) { done(text); }

  // @ts-expect-error WrongParameters<"leave", { taken: [options: Record<string, number>]; sent: []; }>
  @OnWSMessage('leave')
  leaves(options: Record<string, number>) { void options; }

  // @ts-expect-error Argument of type 'string' is not assignable to parameter of type 'number'
  @OnWSMessage('leave') leave(@Arg('0') _first: string) { /* nothing to do */ }
}
