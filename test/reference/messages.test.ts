import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createSocketIOClient } from 'egg-socketio/mock';
import { useApp } from '../support/app';
import { startOnOwnPort } from '../support/server';
import { nextConsoleLine } from './console';

describe('test/reference/messages.test.ts', () => {
  describe('消息和响应 (messages and answers)', () => {
    describe('a method with one argument', () => {
      const t = useApp('reference_message');

      it('is called with what the client sends', async () => {
        const client = await t.connect();
        const line = nextConsoleLine();
        client.send('myEvent', { any: 'thing' });
        assert.deepEqual(await line, [ 'a message is here:', client.id, { any: 'thing' }]);
      });
    });

    describe('a method with several arguments', () => {
      const t = useApp('reference_arguments');

      it('is called with all that the client sends', async () => {
        const client = await t.connect();
        const line = nextConsoleLine();
        client.send('myEvent', 1, 'two', [ 3 ]);
        assert.deepEqual(await line, [ 'a message is here:', 1, 'two', [ 3 ]]);
      });

      it('does not get the ack of the client as an argument', async () => {
        const client = await t.connect();
        const line = nextConsoleLine();
        assert.equal(await client.sendWithAck('myEvent', 1, 2), undefined);
        assert.deepEqual(await line, [ 'a message is here:', 1, 2, undefined ]);
      });
    });

    describe('a method with @WSEmit', () => {
      const t = useApp('reference_answer');

      it('answers its client with its return value', async () => {
        const [ client, other ] = await Promise.all([ t.connect(), t.connect() ]);
        client.send('myEvent');
        assert.deepEqual(await client.next('myEventResult'), [ 'hello world' ]);
        t.app.io.emit('marker');
        await other.next('marker');
        assert.deepEqual(other.pending, []);
      });
    });
  });

  describe('本地测试 (testing locally)', () => {
    it('with a promise around the event', async () => {
      const app = await startOnOwnPort('reference_sum', 'REFERENCE_PORT');
      const client = await createSocketIOClient({ port: app.port });

      const data = await new Promise(resolve => {
        client.on('myEventResult', resolve);
        client.send('myEvent', 1, 2, 3);
      });
      assert.deepEqual(data, { name: 'harry', result: 6 });

      await client.close();
      await app.stop();
    });

    it('with once() of node:events', async () => {
      const app = await startOnOwnPort('reference_sum', 'REFERENCE_PORT');
      const client = await createSocketIOClient({ port: app.port });

      const gotEvent = once(client, 'myEventResult');
      client.send('myEvent', 1, 2, 3);
      const [ data ] = await gotEvent;
      assert.deepEqual(data, { name: 'harry', result: 6 });

      await client.close();
      await app.stop();
    });
  });

  describe('等待回执（ack）的消息 (messages that wait for an ack)', () => {
    it('get the return value in the ack, and no event', async () => {
      const app = await startOnOwnPort('reference_sum', 'REFERENCE_PORT');
      const client = await createSocketIOClient({ port: app.port });

      const data = await client.sendWithAck('myEvent', 1, 2, 3);
      assert.deepEqual(data, { name: 'harry', result: 6 });

      app.app.io.emit('marker');
      await client.next('marker');
      assert.deepEqual(client.pending, []);
      await client.close();
      await app.stop();
    });
  });
});
