import type { Agent } from 'egg';
import { type Context, defineSocketController } from 'egg-socketio';
import { expect, test } from 'tstyche';
import './declaration';

declare const agent: Agent;

export const sound = defineSocketController({
  namespace: '/admin',
  onConnection(ctx) {
    expect(ctx).type.toBe<Context<'/admin'>>();
    expect(ctx.data.level).type.toBe<number>();
  },
  messages: {
    kick(ctx, id) {
      expect(id).type.toBe<number>();
      return ctx.emit('kicked', id);
    },
  },
});

export const inAnObject = defineSocketController({
  messages: {
    say: { handler: (ctx, text: string) => `${ctx.data.name}: ${text}`, broadcast: 'said', emit: [{ event: 'said', rooms: 'r' }] },
    sum: (_ctx, a, b) => a + b,
  },
});

export const ofAnyName = defineSocketController({ namespace: /^\/d-/, messages: { anything: (ctx, text: string) => ctx.emit('any', text) } });

export const patterns = defineSocketController({
  namespace: '/admin',
  messages: {
    '*': (ctx, ...args) => {
      expect(ctx).type.toBe<Context<'/admin'>>();
      return args.length;
    },
    'k*': { handler: ctx => ctx.match?.[0], emit: 'kicked' },
  },
  patterns: [{ event: /^k(?<rest>.*)$/, handler: (ctx, id: number) => [ ctx.match?.groups?.rest, id ] }],
});

// @ts-expect-error Type '"said"' is not assignable to type
defineSocketController({ namespace: '/admin', patterns: [{ event: /^k/, handler: () => true, emit: 'said' }] });

// @ts-expect-error 'kick' does not exist in type
defineSocketController({ messages: { kick: () => true } });

// @ts-expect-error Type 'string' is not assignable to type 'MaybePromise<number>'
defineSocketController({ messages: { sum: (_ctx, a, b) => `${a}${b}` } });

// @ts-expect-error Type '"sayd"' is not assignable to type
defineSocketController({ messages: { say: { handler: (_ctx, text: string) => text, emit: 'sayd' } } });

test('agent.io', () => {
  expect(agent.io.emit).type.toBeCallableWith('said', 'text');
  expect(agent.io.to('room').emit).type.not.toBeCallableWith('said', 1);
  expect(agent.io.emit).type.not.toBeCallableWith('sayd', 'text');
  for (const io of [ agent.io.of('/admin'), agent.io.of('admin') ]) {
    expect(io.emit).type.toBeCallableWith('kicked', 1);
    expect(io.emit).type.not.toBeCallableWith('said', 'text');
  }
  expect(agent.io.of('/').emit).type.toBeCallableWith('said', 'text');
  expect(agent.io.of).type.not.toBeCallableWith('/other');
});
