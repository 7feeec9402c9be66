import assert from 'node:assert/strict';
import { app } from 'egg-mock/bootstrap';
import type { SocketIOTestClient } from 'egg-socketio/mock';

describe('test/chat.test.ts', () => {
  let ada: SocketIOTestClient;
  let bob: SocketIOTestClient;

  beforeEach(async () => {
    [ ada, bob ] = await Promise.all([ app.createSocketIOClient(), app.createSocketIOClient() ]);
  });
  afterEach(() => Promise.all([ ada.close(), bob.close() ]));

  it('welcomes', async () => {
    const [ welcome ] = await ada.next('welcome') as [{ greeting: string; worker: number }];
    assert.equal(typeof welcome.greeting, 'string');
    assert.equal(welcome.worker, process.pid);
  });

  it('passes on what is said', async () => {
    const message = { from: ada.id!.slice(0, 4), text: 'hello' };
    assert.deepEqual(await ada.sendWithAck('say', ' hello '), message);
    assert.deepEqual(await bob.next('said'), [ message ]);
  });

  it('refuses an empty message', async () => {
    assert.deepEqual(await ada.sendWithAck('say', ' '), {
      error: { code: 'EMPTY_MESSAGE', message: 'Say something first.' },
    });
  });
});
