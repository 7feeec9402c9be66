import assert from 'node:assert/strict';
import type { RawClients } from './clients';

const ONE = '{"_placeholder":true,"num":0}';
const TWO = '{"_placeholder":true,"num":1}';
const BUFFERS = [ Buffer.from([ 1, 2, 3 ]), Buffer.from([ 4, 5, 6 ]) ];

/** Socket.IO v5: connecting, disconnecting, events and acks. */
export function socketIO(raw: RawClients): void {
  describe('connect', () => {
    for (const [ what, prefix ] of [[ 'the main namespace', '40' ], [ 'a custom namespace', '40/custom,' ]]) {
      const event = prefix.replace('0', '2');
      const connected = new RegExp(`^${prefix}{"sid":"[^"]+"}$`);

      it(`accepts a connection to ${what}`, async () => {
        const socket = await raw.websocket();
        await socket.next();
        socket.send(prefix);
        assert.match(String(await socket.next()), connected);
        assert.equal(await socket.next(), `${event}["auth",{}]`);
      });

      it(`passes the auth payload of a connection to ${what} to the controllers`, async () => {
        const socket = await raw.websocket();
        await socket.next();
        socket.send(`${prefix}{"token":"123"}`);
        assert.match(String(await socket.next()), connected);
        assert.equal(await socket.next(), `${event}["auth",{"token":"123"}]`);
      });
    }

    it('treats a query after the name of a namespace as a part of the name', async () => {
      const socket = await raw.websocket();
      await socket.next();
      socket.send('40/custom?token=123,');
      assert.equal(await socket.next(), '44/custom?token=123,{"message":"Invalid namespace"}');
    });

    it('refuses an unknown namespace, and then accepts a known one on the same connection', async () => {
      const socket = await raw.websocket();
      await socket.next();
      socket.send('40/random');
      assert.equal(await socket.next(), '44/random,{"message":"Invalid namespace"}');
      socket.send('40');
      assert.match(String(await socket.next()), /^40\{"sid":/);
    });

    it('closes a connection that connects to no namespace in time', async () => {
      const socket = await raw.websocket();
      await socket.next();
      await socket.closed;
    });

    for (const [ what, packet ] of [
      [ 'connects twice', '40' ],
      [ 'sends an unknown packet type', '4abc' ],
      [ 'sends a payload of the wrong kind', '42{}' ],
      [ 'sends an ack id that is not a number', '42abc["message-with-ack",1]' ],
    ]) {
      it(`closes a connection that ${what}`, async () => {
        const socket = await raw.connected();
        socket.send(packet);
        await socket.closed;
      });
    }

    it('closes a connection that sends an event before it connects', async () => {
      const socket = await raw.websocket();
      await socket.next();
      socket.send('42["message","too early"]');
      await socket.closed;
    });
  });

  describe('disconnect', () => {
    it('by the client keeps the connection open for another connect', async () => {
      const socket = await raw.connected('/', '/custom');
      socket.send('41', '42/custom,1["message-with-ack"]');
      assert.equal(await socket.next(), '43/custom,1[]');
      socket.send('40{"again":true}');
      assert.match(String(await socket.next()), /^40\{"sid":/);
      assert.equal(await socket.next(), '42["auth",{"again":true}]');
    });

    it('by the server sends a packet and keeps the connection open', async () => {
      const socket = await raw.connected();
      socket.send('42["leave",false]');
      assert.equal(await socket.next(), '41');
      socket.send('40');
      assert.match(String(await socket.next()), /^40\{"sid":/);
    });

    it('by the server closes the connection on request', async () => {
      const socket = await raw.connected();
      socket.send('42["leave",true]');
      await socket.closed;
    });
  });

  describe('several namespaces on one connection', () => {
    it('have their own socket ids', async () => {
      const socket = await raw.websocket();
      await socket.next();
      socket.send('40', '40/custom,');
      const connects = (await socket.take(4)).map(String).filter(packet => packet.startsWith('40'));
      const ids = connects.map(packet => JSON.parse(packet.slice(packet.indexOf('{'))).sid);
      assert.equal(new Set(ids).size, 2);
    });

    it('get only their own events', async () => {
      const socket = await raw.connected('/', '/custom');
      socket.send('42/custom,["message","there"]', '42["message","here"]');
      assert.deepEqual((await socket.take(2)).sort(), [ '42/custom,["message-back","there"]', '42["message-back","here"]' ]);
    });

    it('stay connected when one of them disconnects', async () => {
      const socket = await raw.connected('/', '/custom');
      socket.send('41/custom,', '421["message-with-ack","alive"]');
      assert.equal(await socket.next(), '431["alive"]');
      socket.send('40/custom,', '41');
      await socket.take(2);
      socket.send('42/custom,2["message-with-ack","alive too"]');
      assert.equal(await socket.next(), '43/custom,2["alive too"]');
    });
  });

  describe('events and acks', () => {
    it('transports an event with plain arguments', async () => {
      const socket = await raw.connected();
      socket.send('42["message",1,"2",{"3":[true,null]}]');
      assert.equal(await socket.next(), '42["message-back",1,"2",{"3":[true,null]}]');
    });

    it('transports an event with binary arguments', async () => {
      const socket = await raw.connected();
      socket.send(`452-["message",${ONE},${TWO}]`, ...BUFFERS);
      assert.deepEqual(await socket.take(3), [ `452-["message-back",${ONE},${TWO}]`, ...BUFFERS ]);
    });

    it('transports an event with binary data deep in an argument', async () => {
      const socket = await raw.connected();
      socket.send(`451-["message",{"deep":[{"er":${ONE}}]}]`, BUFFERS[0]);
      assert.deepEqual(await socket.take(2), [ `451-["message-back",{"deep":[{"er":${ONE}}]}]`, BUFFERS[0] ]);
    });

    it('acks an event with plain arguments', async () => {
      const socket = await raw.connected();
      socket.send('42456["message-with-ack",1,"2",{"3":[false]}]');
      assert.equal(await socket.next(), '43456[1,"2",{"3":[false]}]');
    });

    it('acks an event with binary arguments', async () => {
      const socket = await raw.connected();
      socket.send(`452-789["message-with-ack",${ONE},${TWO}]`, ...BUFFERS);
      assert.deepEqual(await socket.take(3), [ `462-789[${ONE},${TWO}]`, ...BUFFERS ]);
    });

    it('acks in a custom namespace, with ack id 0, and without arguments', async () => {
      const socket = await raw.connected('/custom');
      socket.send('42/custom,0["message-with-ack"]');
      assert.equal(await socket.next(), '43/custom,0[]');
    });

    it('acks several events, each with its own id', async () => {
      const socket = await raw.connected();
      socket.send('421["message-with-ack","a"]', '422["message-with-ack","b"]', '421["message-with-ack","c"]');
      assert.deepEqual(await socket.take(3), [ '431["a"]', '432["b"]', '431["c"]' ]);
    });
  });
}
