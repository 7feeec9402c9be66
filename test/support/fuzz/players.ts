import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { playMoving } from './moving_player';
import type { Playground } from './playground';
import { PollingPlayer } from './polling_player';
import type { RequestScript, Script, WebSocketScript } from './scripts';
import { FuzzWebSocket } from './web_socket';

/** Does what a script says, and opens a new connection where the server has closed one. */
async function playWebSocket({ namespace, answer, steps, bytes, ending }: WebSocketScript, ground: Playground): Promise<void> {
  let socket: FuzzWebSocket | undefined;
  for (const { frames, wild } of steps) {
    if (!socket?.isOpen) socket = await FuzzWebSocket.join(ground, namespace, answer);
    socket.sendAll(frames);
    if (wild) await socket.settle();
  }
  socket ??= await FuzzWebSocket.join(ground, namespace, answer);
  if (bytes) await socket.spoil(bytes);
  else if (ending === 'close') await socket.close();
  else if (ending === 'abort') socket.abort();
}

/** Sends the bytes, says that this was all, and waits until the server has closed. */
async function playRequest({ head, body, cut }: RequestScript, ground: Playground): Promise<void> {
  const socket: Duplex = connect({ host: '127.0.0.1', port: ground.port });
  ground.sent += 1;
  socket.on('error', () => socket.destroy());
  socket.resume().end(Buffer.concat([ Buffer.from(head, 'latin1'), body ]).subarray(0, cut));
  if (!socket.closed) await once(socket, 'close').catch(() => undefined);
}

/** Has one client do what its script says. */
export async function play(script: Script, ground: Playground): Promise<void> {
  switch (script.kind) {
    case 'websocket': return playWebSocket(script, ground);
    case 'polling': return new PollingPlayer(script, ground).play();
    case 'moving': return playMoving(script, ground);
    case 'crowd': return void await Promise.all(Array.from({ length: script.clients }, async () => play(script.script, ground)));
    case 'request': return playRequest(script, ground);
  }
}
