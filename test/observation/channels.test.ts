import assert from 'node:assert/strict';
import { once } from 'node:events';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type {
  ConnectMessage, DisconnectMessage, EmitMessage, LimitMessage, RefuseMessage,
} from 'egg-socketio';
import { useApp } from '../support/app';

describe('test/observation/channels.test.ts', () => {
  const t = useApp('observed');
  let undo: (() => void)[];

  beforeEach(() => { undo = []; });
  afterEach(() => undo.forEach(each => each()));

  /** What a channel tells from now on. */
  function hear<T>(name: string): T[] {
    const heard: T[] = [];
    const listener = (message: unknown) => { heard.push(message as T); };
    subscribe(`egg-socketio:${name}`, listener);
    undo.push(() => { unsubscribe(`egg-socketio:${name}`, listener); });
    return heard;
  }

  it('reports connects and disconnects', async () => {
    const [ connects, disconnects ] = [ hear<ConnectMessage>('connect'), hear<DisconnectMessage>('disconnect') ];
    const client = await t.connect({ namespace: '/watched' });
    const [{ nsp, socket }] = connects;
    assert.deepEqual([ connects.length, nsp, socket.id ], [ 1, '/watched', client.id ]);
    const left = once(socket, 'disconnect');
    await client.close();
    await left;
    const [{ duration, ...rest }] = disconnects;
    assert.equal(disconnects.length, 1);
    assert.ok(duration >= 0);
    assert.deepEqual(rest, { nsp: '/watched', socket, reason: 'client namespace disconnect' });
  });

  it('reports a disconnect whose connect came before the subscription, and sockets of a namespace without a controller', async () => {
    const client = await t.connect();
    const [ socket ] = t.app.io.of('/').sockets.values();
    const disconnects = hear<DisconnectMessage>('disconnect');
    const left = once(socket, 'disconnect');
    await client.close();
    await left;
    assert.deepEqual(disconnects.map(message => message.nsp), [ '/' ]);
  });

  it('reports refused connections', async () => {
    const [ connects, refusals ] = [ hear<ConnectMessage>('connect'), hear<RefuseMessage>('connect:refuse') ];
    await assert.rejects(t.connect({ namespace: '/watched', auth: { bad: true } }), { message: 'BAD_TOKEN' });
    assert.equal(connects.length, 0);
    assert.deepEqual(refusals.map(({ nsp, code, error }) => [ nsp, code, error.message ]), [[ '/watched', 'BAD_TOKEN', 'BAD_TOKEN' ]]);
  });

  it('reports emits, with sender and targets', async () => {
    const client = await t.connect({ namespace: '/watched' });
    const nsp = '/watched';
    const emits = hear<EmitMessage>('emit');
    client.send('emit', 1);
    await client.next('mine');
    t.app.io.of(nsp).to([ 'a', 'b' ]).except('c').emit('two', 1, 2);
    t.app.io.of(nsp).emit('everybody');
    const socket = t.app.io.of(nsp).sockets.get(client.id!)!;
    socket.emit('asked', () => undefined);
    assert.deepEqual(await t.app.io.of(nsp).to('nobody').emitWithAck('asked', 1), []);
    const to = (message: Partial<EmitMessage>) => (
      { nsp, args: [], socket: undefined, rooms: [], except: [], wantsAck: false, ...message }
    );
    assert.deepEqual(emits, [
      to({ event: 'mine', args: [ 1 ], socket }),
      to({ event: 'theirs', args: [ 1 ], rooms: [ 'all' ], except: [ client.id! ] }),
      to({ event: 'two', args: [ 1, 2 ], rooms: [ 'a', 'b' ], except: [ 'c' ] }),
      to({ event: 'everybody' }),
      to({ event: 'asked', socket, wantsAck: true }),
      to({ event: 'asked', args: [ 1 ], rooms: [ 'nobody' ], wantsAck: true }),
    ]);
  });

  it('reports a limit that is exceeded', async () => {
    const client = await t.connect({ namespace: '/watched' });
    const hits = hear<LimitMessage>('limit:hit');
    assert.deepEqual(await client.sendWithAck('join', 'another'), { error: { code: 'TOO_MANY_ROOMS', message: 'too many rooms', details: { limit: 1 } } });
    assert.deepEqual(hits.map(({ limit }) => limit), [ 'rooms' ]);
    assert.ok(hits[0].message.startsWith(`kept ${client.id} out of a room in /watched:`), hits[0].message);
  });

  it('does not change what Socket.IO emits', async () => {
    const client = await t.connect({ namespace: '/watched' });
    const emits = hear<EmitMessage>('emit');
    const socket = t.app.io.of('/watched').sockets.get(client.id!)!;
    assert.throws(() => socket.emit('connect'), /reserved event name/);
    assert.equal(socket.compress(false).emit('a'), true);
    assert.equal(emits.length, 1);
    await client.next('a');
  });
});
