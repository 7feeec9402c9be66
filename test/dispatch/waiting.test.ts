import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { EggLogger } from 'egg';
import { followed, type Pending, pendingOf } from '../../lib/events/dispatch/outcome';
import { type Endings, PendingEvent } from '../../lib/events/dispatch/pending_event';
import type { SocketIOError } from '../../lib/base/errors';
import type { SocketContext } from '../../lib/context/socket_context';
import { Deadline, Deadlines } from '../../lib/limits/deadlines';
import { Refusals } from '../../lib/limits/refusals';

const makeContext = () => ({ event: 'x', socket: { nsp: { name: '/' }, conn: {} } }) as SocketContext;
const never = new Promise<never>(() => { /* Nothing comes. */ });

describe('test/dispatch/waiting.test.ts', () => {
  let said: unknown[];
  let logged: unknown[];

  function makeDeadlines(limit: number): Deadlines {
    const logger = { warn: () => undefined } as unknown as EggLogger;
    return new Deadlines(limit, new Refusals(logger), error => logged.push(error));
  }

  function wait(pending: Pending, limit = 60_000, ending?: Promise<void>): PendingEvent {
    const endings: Endings = {
      label: 'x#X.y: ',
      deadlines: makeDeadlines(limit),
      answer(_ctx, value) { said.push([ 'answer', value ]); return ending; },
      refuse(_ctx, thrown) { said.push([ 'refuse', (thrown as SocketIOError).code ?? thrown ]); return ending; },
    };
    return new PendingEvent(endings, makeContext()).follow(pending);
  }

  beforeEach(() => {
    said = [];
    logged = [];
  });

  describe('what an event waits for', () => {
    it('is answered with the result of the handler, also if that waits for others', async () => {
      const promised = followed(Promise.resolve(1), value => Promise.resolve((value as number) + 1));
      await wait(followed(promised, value => (value as number) * 10) as Pending);
      assert.deepEqual(said, [[ 'answer', 20 ]]);
    });

    it('is refused once, with whatever was thrown', async () => {
      const boom = new Error('boom');
      const fails = () => { throw boom; };
      const throwing = { get then() { return fails; } };
      for (const pending of [
        pendingOf(Promise.reject(boom)), followed(Promise.resolve(), fails), followed(Promise.resolve(), () => Promise.reject(boom)),
        pendingOf(throwing), followed(Promise.resolve(), () => throwing),
      ] as Pending[]) {
        said = [];
        await wait(pending);
        assert.deepEqual(said, [[ 'refuse', boom ]]);
      }
    });

    for (const inTime of [ true, false ]) {
      it(`is over once its ending is over, for a caller that asks ${inTime ? 'before' : 'after'}`, async () => {
        let finish = () => { /* Set below. */ };
        const waiting = wait(pendingOf(Promise.resolve(1))!, 60_000, new Promise<void>(resolve => { finish = resolve; }));
        let isOver = false;
        const noted = () => { isOver = true; };
        if (inTime) void waiting.then(noted);
        await delay(5);
        assert.equal(isOver, false);
        finish();
        await delay(5);
        if (!inTime) void waiting.then(noted);
        await waiting;
        await delay(0);
        assert.equal(isOver, true);
      });
    }

    it('has one deadline for all of its steps', async () => {
      await wait(followed(delay(30), () => never) as Pending, 40);
      assert.deepEqual(said, [[ 'refuse', 'HANDLER_TIMEOUT' ]]);
    });

    it('is discarded if it comes after the deadline, and logged if it is an error', async () => {
      const late = new Error('late');
      const settle: ((how: () => unknown) => void)[] = [];
      const slow = () => new Promise<() => unknown>(resolve => { settle.push(resolve); });
      await Promise.all([ 1, 2 ].map(() => wait(followed(slow(), how => (how as () => unknown)()) as Pending, 20)));
      assert.deepEqual(said, [[ 'refuse', 'HANDLER_TIMEOUT' ], [ 'refuse', 'HANDLER_TIMEOUT' ]]);
      settle[0](() => 'value');
      settle[1](() => { throw late; });
      await delay(5);
      assert.equal(said.length, 2);
      assert.deepEqual(logged, [ late ]);
    });
  });

  describe('deadlines', () => {
    class Noted extends Deadline {
      constructor(what: string, private readonly expired: string[]) { super(what); }
      override expire() { this.expired.push(this.what); }
    }

    it('expire in order, none too early, and none that was already met', async () => {
      const limit = 80;
      const deadlines = makeDeadlines(limit);
      const expired: string[] = [];
      const all = [ 'a', 'b', 'c', 'd', 'e' ].map(name => new Noted(name, expired));
      const begun: number[] = [];
      for (const deadline of all) {
        deadlines.start(deadline);
        begun.push(performance.now());
        await delay(15);
      }
      // Neighbours in the middle, and the eldest.
      for (const index of [ 2, 3, 0 ]) assert.equal(deadlines.end(all[index]), true);
      assert.equal(deadlines.end(all[2]), false);
      while (expired.length < 2) {
        await delay(5);
        // Node's timers may be a millisecond early, and the deadline has eight of them.
        if (expired.length > 0) assert.ok(performance.now() - begun[1] > limit - 10);
      }
      assert.deepEqual(expired, [ 'b', 'e' ]);
      assert.equal(deadlines.end(all[1]), false);
      // It goes on from nothing.
      const last = new Noted('f', expired);
      deadlines.start(last);
      while (expired.length < 3) await delay(5);
      assert.deepEqual(expired, [ 'b', 'e', 'f' ]);
    });
  });
});
