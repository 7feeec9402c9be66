'use strict';

const assert = require('node:assert/strict');
const { app } = require('{{mock}}/bootstrap');

describe('test/chat.test.js', () => {
  let ada;
  let bob;

  beforeEach(async () => {
    [ ada, bob ] = await Promise.all([ app.createSocketIOClient(), app.createSocketIOClient() ]);
  });
  afterEach(() => Promise.all([ ada.close(), bob.close() ]));

  it('welcomes a client', async () => {
    const [{ greeting, worker }] = await ada.next('welcome');
    assert.equal(typeof greeting, 'string');
    assert.equal(worker, process.pid);
  });

  it('sends a message to the other clients', async () => {
    const message = { from: ada.id.slice(0, 4), text: 'hello' };
    assert.deepEqual(await ada.sendWithAck('say', ' hello '), message);
    assert.deepEqual(await bob.next('said'), [ message ]);
  });

  it('rejects an empty message', async () => {
    assert.deepEqual(await ada.sendWithAck('say', ' '), {
      error: { code: 'EMPTY_MESSAGE', message: 'Say something first.' },
    });
  });
});
