import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { MockApplication } from 'egg-mock';
import type { Socket } from 'socket.io';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { type AttachedServer, attachServer } from '../support/attached_server';
import { withInlineApp } from '../support/inline_app';

/** Longer than a test may take. */
const NEVER = 1_000_000;
const LEFT = /^Error: socket has been disconnected$/;

const WAYS: Record<string, (socket: Socket) => Promise<unknown>> = {
  'emitWithAck()': socket => socket.emitWithAck('question'),
  'timeout().emitWithAck()': socket => socket.timeout(NEVER).emitWithAck('question'),
  'a callback with timeout()': socket => new Promise((resolve, reject) => {
    socket.timeout(NEVER).emit('question', (error: Error | null, answer: unknown) => (error ? reject(error) : resolve(answer)));
  }),
};

const LEAVES: Record<string, (client: SocketIOTestClient) => void> = {
  disconnects: client => { client.socket.disconnect(); },
  'breaks off': client => { client.socket.io.engine.close(); },
};

const CONFIGS: Record<string, object> = {
  'ackTimeout: 1000000': { limits: { ackTimeout: NEVER } },
  'ackTimeout: false': { limits: { ackTimeout: false } },
  'connection state recovery': { limits: { ackTimeout: NEVER }, connectionStateRecovery: {} },
};

describe('test/namespace/left_acks.test.ts', () => {
  for (const [ title, config ] of Object.entries(CONFIGS)) {
    describe(`with ${title}`, () => {
      let app: MockApplication;
      let server: AttachedServer;
      let stop: () => Promise<void>;
      let client: SocketIOTestClient;
      /** The server's side of the client. */
      let socket: Socket;

      before(async () => {
        const source = `module.exports = () => ({ keys: 'test keys', socketio: ${JSON.stringify(config)} });`;
        await new Promise<void>((resolve, reject) => {
          const closed = withInlineApp({ 'config/config.default.js': source }, (inline, startError) => new Promise<void>((release, fail) => {
            if (startError) {
              fail(startError);
              return;
            }
            ({ app } = inline);
            stop = () => {
              release();
              return closed;
            };
            resolve();
          }));
          closed.catch(reject);
        });
        server = await attachServer(app);
      });
      after(async () => {
        const { total } = await app.io.stats();
        server.close();
        await stop();
        assert.equal(total.refused.ackTimeout, 0, 'nothing took too long');
      });
      beforeEach(async () => {
        client = await new SocketIOTestClient({ port: server.port, transports: [ 'websocket' ] }).connect();
        socket = app.io.sockets.sockets.get(client.id!)!;
      });
      afterEach(() => client.close());

      for (const [ way, ask ] of Object.entries(WAYS)) {
        for (const [ leaves, leave ] of Object.entries(LEAVES)) {
          it(`${way} rejects at once when the client ${leaves} before its ack`, async () => {
            client.socket.on('question', () => leave(client));
            await assert.rejects(ask(socket), LEFT);
          });
        }

        it(`${way} rejects at once if the client has already left`, async () => {
          const left = once(socket, 'disconnect');
          client.socket.disconnect();
          await left;
          await assert.rejects(ask(socket), LEFT);
        });

        it(`${way} rejects at once when the client leaves while connection middleware waits for the ack`, async () => {
          const name = `/asking by ${way}`;
          const answer = new Promise<unknown>(resolve => {
            app.io.of(name).use((connecting, next) => {
              ask(connecting).then(() => next(), (error: Error) => {
                resolve(error);
                next(error);
              });
              client.socket.io.engine.close();
            });
          });
          client.socket.io.socket(name).connect();
          assert.match(String(await answer), LEFT);
        });

        it(`${way} resolves to the ack of a client that leaves after sending it`, async () => {
          client.socket.on('question', (ack: (answer: string) => void) => {
            ack('yes');
            client.socket.disconnect();
          });
          assert.equal(await ask(socket), 'yes');
        });
      }
    });
  }
});
