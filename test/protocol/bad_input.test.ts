import assert from 'node:assert/strict';
import { createSocketIOClient, type SocketIOTestClient } from 'egg-socketio/mock';
import { useRawClients } from '../support/protocol/clients';
import { type RunningApp, startOnEggServer } from '../support/server';

const RESERVED = [ 'connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener' ];
const ODD = [ 'error', 'exception', 'connection', '__proto__', 'constructor', 'toString', 'null', '' ];
const ATTACHED = '{"_placeholder":true,"num":0}';
const NOT_FOUND = '{"error":{"code":"EVENT_NOT_FOUND","message":"no handler for this event"}}';

/** What no client that keeps to the protocol sends. */
const MALFORMED: [ string, ...(string | Buffer)[] ][] = [
  [ 'an unknown packet type', '49' ],
  [ 'broken JSON', '42["echo"' ],
  [ 'an event that is no array', '42{"0":"echo"}' ],
  [ 'an event without a name', '42[]' ],
  [ 'null as the name of an event', '42[null]' ],
  [ 'a boolean as the name of an event', '42[true]' ],
  [ 'an array as the name of an event', '42[["echo"]]' ],
  [ 'an object as the name of an event', '42[{"toString":"echo"}]' ],
  ...RESERVED.map((name): [ string, string ] => [ `the reserved name ${name}`, `42["${name}"]` ]),
  [ 'a reserved name that wants an ack', '421["newListener"]' ],
  [ 'an ack id that is a word', '42abc["echo"]' ],
  [ 'an ack id below 0', '42-1["echo"]' ],
  [ 'an ack id that is a fraction', '421.5["echo"]' ],
  [ 'an ack that is no array', '431{}' ],
  [ 'a second connect', '40' ],
  [ 'a connect error', '44{"message":"no, you"}' ],
  [ 'an event for a namespace it is not connected to', '42/odd,["echo"]' ],
  [ 'an event for an unknown namespace', '42/nowhere,["echo"]' ],
  [ 'a disconnect from an unknown namespace', '41/nowhere,' ],
  [ 'a buffer that was not announced', Buffer.from('surprise') ],
  [ 'text in place of an announced buffer', `451-["echo",${ATTACHED}]`, '42["echo"]' ],
  [ 'a placeholder for a buffer that does not exist', '451-["echo",{"_placeholder":true,"num":7}]', Buffer.from('x') ],
  [ 'a placeholder with a word for its number', '451-["echo",{"_placeholder":true,"num":"length"}]', Buffer.from('x') ],
  [ 'an announcement of no number of buffers', `45-["echo",${ATTACHED}]` ],
  [ 'an announcement of no buffers', '450-["echo"]' ],
  [ 'an announcement of very many buffers', `451000000-["echo",${ATTACHED}]` ],
];

describe('test/protocol/bad_input.test.ts', () => {
  let server: RunningApp;
  let bystander: SocketIOTestClient;
  before(async () => { server = await startOnEggServer('protocol_bad_input'); });
  after(() => server.stop());
  const raw = useRawClients(() => server.url);

  beforeEach(async () => { bystander = await createSocketIOClient({ url: server.url, transports: [ 'websocket' ] }); });
  afterEach(async () => {
    assert.equal(await bystander.sendWithAck('echo', 'unharmed'), 'unharmed');
    await bystander.close();
  });

  describe('a packet that is not Socket.IO', () => {
    for (const [ what, ...frames ] of MALFORMED) {
      it(`closes only the connection of its sender: ${what}`, async () => {
        const { io } = server.app;
        const socket = await raw.websocket();
        await socket.next();
        socket.send('40');
        const { sid } = JSON.parse(String((await socket.take(2))[0]).slice(2));
        // Not events.once(), which fails at the 'error' that Socket.IO tells the app's listeners.
        const disconnected = new Promise(resolve => { io.of('/').sockets.get(sid)!.once('disconnect', resolve); });
        server.app.mockLog();
        socket.send(...frames);
        await Promise.all([ disconnected, assert.rejects(socket.next(), /^Error: closed/) ]);
        assert.deepEqual([ ...io.of('/').sockets.keys() ], [ bystander.id ]);
        assert.equal(io.engine.clientsCount, 1);
        // Strangers must not be able to fill the log.
        server.app.notExpectLog(/[Ee]rror/);
      });
    }

    it('ends the polling session of its sender', async () => {
      const session = await raw.polling();
      await session.connect();
      const poll = await session.start('GET');
      await session.push('42[null]').catch(() => undefined);
      assert.deepEqual(await poll.response, { status: 200, body: '1' });
      await session.assertGone();
    });
  });

  describe('a packet that means nothing', () => {
    for (const [ what, packet, answer ] of [
      [ 'an event without anything', '42', undefined ],
      [ 'an event without anything that wants an ack', '427', `437[${NOT_FOUND}]` ],
      [ 'an event with a number for its name', '42[1,"x"]', undefined ],
      [ 'an event with a number for its name that wants an ack', '427[1,"x"]', `437[${NOT_FOUND}]` ],
      [ 'an event that nobody handles', '42["nobody","x"]', undefined ],
      [ 'an event that nobody handles and that wants an ack', '427["nobody","x"]', `437[${NOT_FOUND}]` ],
      [ 'an ack that nobody waits for', '4399["x"]', undefined ],
      [ 'an ack without an id', '43["x"]', undefined ],
      ...ODD.map(name => [ `an event called '${name}'`, `42${JSON.stringify([ name, 'x' ])}`, undefined ] as const),
      ...ODD.map(name => [ `an event called '${name}' that wants an ack`, `427${JSON.stringify([ name, 'x' ])}`, `437[${NOT_FOUND}]` ] as const),
    ] as const) {
      it(`is ${answer ? 'answered' : 'passed over'}, and the connection goes on: ${what}`, async () => {
        const socket = await raw.connected();
        socket.send(packet, '428["echo","next"]');
        if (answer) assert.equal(await socket.next(), answer);
        assert.equal(await socket.next(), '438["next"]');
      });
    }

    it('is an unknown event if its name is a number, even if a controller handles the same digits as a string', async () => {
      const socket = await raw.websocket();
      await socket.next();
      socket.send('40/odd,');
      await socket.next();
      socket.send('42/odd,1[1,"number"]', '42/odd,2["1","string"]');
      assert.deepEqual(await socket.take(2), [ `43/odd,1[${NOT_FOUND}]`, '43/odd,2[{"event":"1","value":"string"}]' ]);
    });
  });

  describe('an odd name', () => {
    for (const name of ODD) {
      it(`is an ordinary name to the controller that handles it: '${name}'`, async () => {
        const client = await createSocketIOClient({ url: server.url, namespace: '/odd' });
        assert.deepEqual(await client.sendWithAck(name, 'x'), { event: name, value: 'x' });
        await client.close();
      });
    }

    for (const name of [ '/nowhere', '/__proto__', '/constructor', `/${'x'.repeat(500)}` ]) {
      it(`of a namespace is answered as an invalid namespace, of which nothing is kept: ${name.slice(0, 20)}`, async () => {
        const known = new Set(server.app.io._nsps.keys());
        const socket = await raw.websocket();
        await socket.next();
        socket.send(`40${name},{"token":1}`);
        assert.equal(await socket.next(), `44${name},{"message":"Invalid namespace"}`);
        assert.deepEqual(new Set(server.app.io._nsps.keys()), known);
      });
    }

    it('in a payload changes no prototype', async () => {
      const socket = await raw.connected();
      socket.send('421["echo",{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}]');
      assert.equal(await socket.next(), '431[{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}]');
      assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    });

    it('in the auth payload changes no prototype', async () => {
      const socket = await raw.websocket();
      await socket.next();
      socket.send('40{"__proto__":{"admin":true}}');
      await socket.next();
      assert.equal(await socket.next(), '42["auth",{}]');
    });
  });

  describe('a payload that cannot be sent back', () => {
    const deep = `${'['.repeat(40_000)}${']'.repeat(40_000)}`;

    it('is acked as an error', async () => {
      const socket = await raw.connected();
      socket.send(`421["echo",${deep}]`, '422["echo","next"]');
      assert.match(String(await socket.next()), /^431\[{"error":{"code":"INTERNAL",/);
      assert.equal(await socket.next(), '432["next"]');
    });
  });

  describe('a handler that throws anything', () => {
    for (const event of [ 'throw', 'reject' ]) {
      for (const what of [ 'error', 'string', 'null', 'undefined', 'hostile' ]) {
        it(`acks its client with the error: ${event} ${what}`, async () => {
          const socket = await raw.connected();
          server.app.mockLog();
          socket.send(`421["${event}","${what}"]`, `42["${event}","${what}"]`, '422["echo","next"]');
          const frames = (await socket.take(3)).map(String).sort();
          assert.match(frames[0], /^42\["exception",{"event":"(throw|reject)","code":"INTERNAL",/);
          assert.match(frames[1], /^431\[{"error":{"code":"INTERNAL",/);
          assert.equal(frames[2], '432["next"]');
          server.app.expectLog(/[Ee]rror/);
        });
      }
    }
  });
});
