import assert from 'node:assert/strict';
import path from 'node:path';
import mm, { type MockApplication } from 'egg-mock';
import type { Message } from '../../example/chat/app/lib/protocol';
import { checkNick, checkRoom, checkText } from '../../example/chat/app/lib/rules';

const message = (room: string, text: string): Message => ({ id: `${room} ${text}`, room, nick: 'Ada', text, at: 0 });

describe('test/example/service.test.ts', () => {
  describe('the history', () => {
    let app: MockApplication;

    before(async () => {
      app = mm.app({ baseDir: path.join(__dirname, '../../example/chat') });
      await app.ready();
    });
    after(() => app.close());

    it('keeps the last messages of a room', () => {
      const { history } = app.mockContext().service;
      for (let i = 1; i <= 101; i++) history.add(message('busy', String(i)));
      const texts = history.of('busy').map(({ text }) => text);
      assert.equal(texts.length, 100);
      assert.equal(texts[0], '2');
      assert.equal(texts.at(-1), '101');
    });

    it('forgets the room that was quiet for longest', () => {
      const { history } = app.mockContext().service;
      for (let i = 1; i <= 50; i++) history.add(message(`room-${i}`, 'first'));
      history.add(message('room-1', 'again'));
      history.add(message('room-51', 'first'));
      assert.equal(history.of('room-1').length, 2);
      assert.deepEqual(history.of('room-2'), []);
      assert.equal(history.of('room-3').length, 1);
    });
  });

  describe('the rules', () => {
    it('take names of all scripts, and trim them', () => {
      assert.equal(checkNick(' Ada L. '), 'Ada L.');
      assert.equal(checkNick('小明'), '小明');
      assert.equal(checkRoom('Größe-1'), 'größe-1');
      assert.equal(checkText(' two\nlines '), 'two\nlines');
    });

    it('refuse everything else with a code', () => {
      const { toString } = Object.prototype;
      for (const nick of [ '', ' ', '-', 'a'.repeat(21), 'a\u202Eb', 'a\nb', 7, null, undefined, { toString }]) {
        assert.throws(() => checkNick(nick), { code: 'BAD_NICK' });
      }
      for (const room of [ '', 'two words', '#lobby', 'a'.repeat(25), [ 'lobby' ]]) assert.throws(() => checkRoom(room), { code: 'BAD_ROOM' });
      for (const text of [ '', ' \n ', 7, null ]) assert.throws(() => checkText(text), { code: 'NO_TEXT' });
      assert.throws(() => checkText('a'.repeat(1001)), { code: 'TEXT_TOO_LONG', details: { limit: 1000, length: 1001 } });
    });
  });
});
