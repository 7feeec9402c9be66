import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import type { MockApplication } from 'egg-mock';
import type { Message } from '../../example/chat/app/lib/events';
import { Rooms } from '../../example/chat/app/lib/rooms';
import { checkFileName, checkFileSize, checkNick, checkRoom, checkText, piecesOf } from '../../example/chat/app/lib/rules';
import { mockApp } from '../support/mock_app';

let clock = 0;
const message = (room: string, text: string, at = clock++): Message => ({ id: `${room} ${text}`, room, nick: 'Ada', text, at });
const texts = (messages: readonly Message[]): string[] => messages.map(({ text }) => text);

describe('test/example/service.test.ts', () => {
  describe('the history', () => {
    const limits = { messagesPerRoom: 100, remembered: 50 };

    it('keeps the last messages of a room', () => {
      const rooms = new Rooms(limits);
      for (let i = 1; i <= 101; i++) rooms.add(message('busy', String(i)));
      assert.equal(rooms.of('busy').length, 100);
      assert.equal(rooms.of('busy')[0].text, '2');
      assert.equal(rooms.of('busy').at(-1)!.text, '101');
    });

    it('forgets the room that was quiet for longest', () => {
      const rooms = new Rooms(limits);
      for (let i = 1; i <= 50; i++) rooms.add(message(`room-${i}`, 'first'));
      rooms.add(message('room-1', 'again'));
      rooms.add(message('room-51', 'first'));
      assert.deepEqual(texts(rooms.of('room-1')), [ 'first', 'again' ]);
      assert.deepEqual(rooms.of('room-2'), []);
      assert.equal(rooms.of('room-3').length, 1);
    });

    it('is the same in whichever order and however often messages arrive', () => {
      const said = [ message('hall', 'a', 1), message('hall', 'b', 2), message('hall', 'c', 2), message('hall', 'd', 3) ];
      const rooms = new Rooms({ ...limits, messagesPerRoom: 3 });
      for (const one of [ ...said.reverse(), ...said ]) rooms.add(one);
      assert.deepEqual(texts(rooms.of('hall')), [ 'b', 'c', 'd' ]);
    });

    describe('in one process', () => {
      let app: MockApplication;

      before(async () => {
        app = mockApp({ baseDir: path.join(__dirname, '../../example/chat') });
        await app.ready();
      });
      after(() => app.close());

      it('is empty and ready at once if there is no other worker', async () => {
        const { history } = app as unknown as { history: { of(room: string): Promise<readonly Message[]> } };
        assert.deepEqual(await history.of('lobby'), []);
      });
    });
  });

  describe('the rules', () => {
    it('accept names in all scripts, and trim them', () => {
      assert.equal(checkNick(' Ada L. '), 'Ada L.');
      for (const nick of [ '小明', 'नमस्ते', 'Ada 🦊', '👩‍💻', '🇨🇳 队', '❤️' ]) assert.equal(checkNick(nick), nick);
      assert.equal(checkRoom('Größe-1'), 'größe-1');
      assert.equal(checkText(' two\nlines '), 'two\nlines');
    });

    it('refuse everything else with a code', () => {
      const { toString } = Object.prototype;
      for (const nick of [ '', ' ', '-', '\u200D', 'a'.repeat(21), '🦊'.repeat(21), 'a\u202Eb', 'a\nb', 7, null, undefined, { toString }]) {
        assert.throws(() => checkNick(nick), { code: 'BAD_NICK' });
      }
      for (const room of [ '', 'two words', '#lobby', 'a'.repeat(25), [ 'lobby' ]]) assert.throws(() => checkRoom(room), { code: 'BAD_ROOM' });
      for (const text of [ '', ' \n ', 7, null ]) assert.throws(() => checkText(text), { code: 'NO_TEXT' });
      assert.throws(() => checkText('a'.repeat(1001)), { code: 'TEXT_TOO_LONG', details: { limit: 1000, length: 1001 } });
    });
  });

  describe('the rules of files', () => {
    async function* stream(...pieces: unknown[]): AsyncGenerator<unknown> {
      yield* pieces;
    }

    async function read(content: unknown, size: number): Promise<string> {
      const pieces: Buffer[] = [];
      for await (const piece of piecesOf(content, size)) pieces.push(piece);
      return Buffer.concat(pieces).toString();
    }

    it('accept a name, a size up to the limit, and so many bytes', async () => {
      assert.equal(checkFileName(' notes.txt '), 'notes.txt');
      assert.equal(checkFileName('a'.repeat(200)).length, 120);
      assert.equal(checkFileSize(2 ** 20, 2 ** 20), 2 ** 20);
      assert.equal(await read(stream(Buffer.from('ab'), Buffer.from('c')), 3), 'abc');
      assert.equal(await read(stream(), 0), '');
    });

    it('refuse everything else with a code', async () => {
      for (const name of [ '', ' ', 7, null ]) assert.throws(() => checkFileName(name), { code: 'BAD_FILE' });
      for (const size of [ -1, NaN, '1', null, undefined ]) assert.throws(() => checkFileSize(size, 10), { code: 'BAD_FILE' });
      assert.throws(() => checkFileSize(2 ** 21 + 1, 2 ** 21), { code: 'FILE_TOO_LARGE', message: 'A file has at most 2 MiB.' });
      const contents = [ stream(Buffer.from('ab')), stream(Buffer.from('abcd')), stream('abc'), stream(1, 2, 3), 'abc', [ 'a', 'b', 'c' ], 3, null, undefined ];
      for (const content of contents) await assert.rejects(read(content, 3), { code: 'BAD_FILE' });
    });
  });

  it('the page has every text in Chinese, and no others', () => {
    const scripts = path.join(__dirname, '../../example/chat/app/public/js');
    // A module of the page's, which is not one of Node's.
    const { CHINESE } = vm.runInNewContext(`${readFileSync(path.join(scripts, 'chinese.js'), 'utf8').replace('export const', 'const')}; ({ CHINESE })`) as
      { CHINESE: Record<string, string> };
    const page = readFileSync(path.join(scripts, '../index.html'), 'utf8').replace(/\s+/g, ' ');
    const used = readdirSync(scripts).flatMap(file => [ ...readFileSync(path.join(scripts, file), 'utf8').matchAll(/\bt\('([^']+)'/g) ].map(([ , text ]) => text));
    const isCode = (text: string) => /^[A-Z_]+$/.test(text);
    assert.deepEqual(used.filter(text => !(text in CHINESE)), [], 'not in Chinese');
    assert.deepEqual(Object.keys(CHINESE).filter(text => !isCode(text) && !used.includes(text) && !page.includes(text)), [], 'not used');
  });
});
