import type { IService } from 'egg';
import type { Context } from 'egg-socketio';
import { expectType } from '../expect';

declare module 'egg' {
  interface IService {
    typeTest: { find(id: number): Promise<string> };
  }
}

export async function hasEgg(ctx: Context): Promise<void> {
  expectType<IService>()(ctx.service);
  expectType<string>()(await ctx.service.typeTest.find(1));
  expectType<string>()(ctx.cookies.get('name'));
  ctx.session.visits = 1;

  // @ts-expect-error: the id is a number
  await ctx.service.typeTest.find('1');
  // @ts-expect-error: a logger has no such level
  ctx.logger.shout('hello');
}
