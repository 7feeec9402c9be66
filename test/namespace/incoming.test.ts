import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, Socket } from 'socket.io';
import { SocketIOTestClient } from 'egg-socketio/mock';
import { socketStateOf } from '../../lib/events/namespace/socket_state';
import type { HoldEvent } from '../../lib/events/namespace/waiting_events';
import { type Admit, hasDispatch, interceptDispatch, interceptListeners, type Receive } from '../../lib/events/namespace/incoming';

const ROUTED = [ 'routed', 'error' ];
type Ack = (value: unknown) => void;

const WAYS: Record<string, typeof interceptDispatch> = {
  interceptDispatch,
  'interceptListeners, for a Socket.IO whose inside has changed': (receive: Receive, admit: Admit, hold: HoldEvent) => interceptListeners(receive, admit, hold, ROUTED),
};

describe('test/namespace/incoming.test.ts', () => {
  it('finds the private members that it needs in the installed Socket.IO', () => {
    assert.equal(hasDispatch(), true);
    const { prototype } = Socket as unknown as { prototype: { dispatch?: unknown } };
    const { dispatch } = prototype;
    delete prototype.dispatch;
    try {
      assert.equal(hasDispatch(), false);
    } finally {
      prototype.dispatch = dispatch;
    }
  });

  for (const [ name, makeInterceptor ] of Object.entries(WAYS)) {
    describe(name, () => {
      let server: HttpServer;
      let io: Server;
      let client: SocketIOTestClient;
      let received: unknown[];
      let onConnection: (socket: Socket) => void;

      beforeEach(async () => {
        received = [];
        onConnection = socket => socketStateOf(socket).markOpen();
        const intercept = makeInterceptor((_socket, packet, heard) => {
          const ack = typeof packet.at(-1) === 'function' ? packet.pop() as Ack : undefined;
          received.push([ ...packet, ...ROUTED.includes(packet[0] as string) ? [] : [ heard ] ]);
          ack?.('received');
        }, (_socket, packet) => packet[1] !== 'refused', (_socket, connection, _packet, run) => connection.hold(run, 0), (_socket, _packet, thrown) => {
          throw thrown;
        });
        server = createServer();
        io = new Server(server);
        io.on('connection', socket => {
          intercept(socket);
          onConnection(socket);
        });
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
      });
      afterEach(async () => {
        await client.close();
        await io.close();
      });

      async function connect(): Promise<SocketIOTestClient> {
        return client = await new SocketIOTestClient({ port: (server.address() as AddressInfo).port }).connect();
      }

      it('receives each event once, with the ack as the last argument', async () => {
        await connect();
        assert.equal(await client.sendWithAck('routed', 1, 'two'), 'received');
        assert.equal(await client.sendWithAck('unknown', 3), 'received');
        assert.deepEqual(received, [[ 'routed', 1, 'two' ], [ 'unknown', 3, false ]]);
      });

      it('does not receive events that are not admitted', async () => {
        await connect();
        client.send('routed', 'refused').send('unknown', 'refused');
        await client.sendWithAck('routed', 'admitted');
        assert.deepEqual(received, [[ 'routed', 'admitted' ]]);
      });

      it('reports events that the app listens to itself, and leaves them to its listeners', async () => {
        const heard: unknown[] = [];
        onConnection = socket => {
          socket.on('plain', (value: unknown) => heard.push(value));
          socketStateOf(socket).markOpen();
        };
        await connect();
        client.send('plain', 'x');
        await client.sendWithAck('routed');
        assert.deepEqual(heard, [ 'x' ]);
        assert.deepEqual(received, [[ 'plain', 'x', true ], [ 'routed' ]]);
      });

      it('treats a client\'s event \'error\' as data and does not throw it', async () => {
        const raised: unknown[] = [];
        onConnection = socket => {
          if (name === 'interceptDispatch') socket.on('error', error => raised.push(error));
          socketStateOf(socket).markOpen();
        };
        await connect();
        assert.equal(await client.sendWithAck('error', 'not mine'), 'received');
        assert.deepEqual(received, [[ 'error', 'not mine' ]]);
        assert.deepEqual(raised, []);
      });

      it('holds events until the connection is open, and keeps their order', async () => {
        let open!: () => void;
        const arrived = new Promise<void>(resolve => {
          onConnection = socket => {
            open = () => socketStateOf(socket).markOpen();
            socket.onAny((_event, value) => { if (value === 2) resolve(); });
          };
        });
        await connect();
        client.send('routed', 1).send('routed', 2);
        await arrived;
        assert.deepEqual(received, []);
        open();
        await client.sendWithAck('routed', 3);
        assert.deepEqual(received, [[ 'routed', 1 ], [ 'routed', 2 ], [ 'routed', 3 ]]);
      });

      it('leaves the decision to socket.use()', async () => {
        const refused: string[] = [];
        onConnection = socket => {
          socket.use(([ , value ], next) => next(value === 'bad' ? new Error('no bad values') : undefined));
          socket.on('error', error => refused.push(error.message));
          socketStateOf(socket).markOpen();
        };
        await connect();
        client.send('routed', 'bad');
        await client.sendWithAck('routed', 'good');
        assert.deepEqual(received, [[ 'routed', 'good' ]]);
        assert.deepEqual(refused, [ 'no bad values' ]);
      });
    });
  }
});
