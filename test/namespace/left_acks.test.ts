import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'socket.io';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { attachServer } from '../support/attached_server';
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

describe('test/namespace/left_acks.test.ts', () => {
  const configs = {
    'ackTimeout: 1000000': { limits: { ackTimeout: NEVER } },
    'ackTimeout: false': { limits: { ackTimeout: false } },
    'connection state recovery': { limits: { ackTimeout: NEVER }, connectionStateRecovery: {} },
  };
  for (const [ title, config ] of Object.entries(configs)) {
    describe(`with ${title}`, () => {
      type Use = (ask: (way: string) => { answer: Promise<unknown>; socket: Socket }, client: SocketIOTestClient) => Promise<void>;

      async function withClient(use: Use): Promise<void> {
        await withInlineApp({
          'config/config.default.js': `module.exports = () => ({ keys: 'test keys', socketio: ${JSON.stringify(config)} });`,
        }, async ({ app }, startError) => {
          assert.ifError(startError);
          const server = await attachServer(app);
          const client = await new SocketIOTestClient({ port: server.port, transports: [ 'websocket' ] }).connect();
          client.socket.io.reconnection(false);
          const [ socket ] = app.io.sockets.sockets.values();
          await use(way => ({ answer: WAYS[way](socket), socket }), client);
          await client.close();
          const { total } = await app.io.stats();
          assert.equal(total.refused.ackTimeout, 0, 'nothing took too long');
          server.close();
        });
      }

      for (const way of Object.keys(WAYS)) {
        for (const [ leaves, leave ] of Object.entries(LEAVES)) {
          it(`${way} fails at once when the client ${leaves} in place of an ack`, () => withClient(async (ask, client) => {
            client.socket.on('question', () => leave(client));
            await assert.rejects(ask(way).answer, LEFT);
          }));
        }

        it(`${way} fails at once if the client has left before`, () => withClient(async (ask, client) => {
          const { socket, answer } = ask(way);
          const left = once(socket, 'disconnect');
          client.socket.on('question', () => client.socket.disconnect());
          await assert.rejects(answer, LEFT);
          await left;
          await assert.rejects(ask(way).answer, LEFT);
        }));

        it(`${way} gives the ack of a client that leaves after it`, () => withClient(async (ask, client) => {
          client.socket.on('question', (ack: (answer: string) => void) => {
            ack('yes');
            client.socket.disconnect();
          });
          assert.equal(await ask(way).answer, 'yes');
        }));
      }
    });
  }
});
