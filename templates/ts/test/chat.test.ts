import assert from 'node:assert/strict';
import { app } from '{{mock}}/bootstrap';
import type { SocketIOTestClient } from 'egg-socketio/mock';
import type { ClientToServer, ServerToClient } from '../app/events{{extension}}';

type Client = SocketIOTestClient<ServerToClient, ClientToServer>;

describe('test/chat.test.ts', () => {
  let ada: Client;
  let bob: Client;

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
    const message = { from: ada.id!.slice(0, 4), text: 'hello' };
    assert.deepEqual(await ada.sendWithAck('say', ' hello '), message);
    assert.deepEqual(await bob.next('said'), [ message ]);
  });

  it('rejects an empty message', async () => {
    assert.deepEqual(await ada.sendWithAck('say', ' '), {
      error: { code: 'EMPTY_MESSAGE', message: 'Say something first.' },
    });
  });
});
