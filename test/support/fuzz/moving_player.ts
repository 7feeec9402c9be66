import { request } from 'node:http';
import type { MovingScript } from './heavy';
import type { Playground } from './playground';
import { FuzzWebSocket } from './web_socket';

const QUERY = '/socket.io/?EIO=4&transport=polling';

/** Sends a request over a connection of its own, so that it comes to whichever worker. */
async function ask(ground: Playground, method: 'GET' | 'POST', sid = '', body?: string): Promise<{ status: number; text: string }> {
  ground.sent += 1;
  return new Promise(resolve => {
    const fail = () => resolve({ status: 0, text: '' });
    const path = sid ? `${QUERY}&sid=${encodeURIComponent(sid)}` : QUERY;
    const req = request({ host: '127.0.0.1', port: ground.port, agent: false, method, path }, res => {
      let text = '';
      res.setEncoding('utf8').on('data', chunk => { text += chunk; });
      res.on('error', fail).on('end', () => resolve({ status: res.statusCode!, text }));
    });
    req.on('error', fail).on('close', fail).end(body);
    ground.atTheEnd(() => req.destroy());
  });
}

/** Has the session begin with polling, and its WebSocket come to whichever worker while it posts. */
export async function playMoving({ origin, before, probe, posts, size, after }: MovingScript, ground: Playground): Promise<void> {
  const sid = /"sid":"([^"]+)"/.exec((await ask(ground, 'GET')).text)?.[1];
  if (!sid) return;
  ground.abandoned.push(sid);
  if (before.length > 0) await ask(ground, 'POST', sid, before.join('\x1e'));
  const own = `http://127.0.0.1:${ground.port}`;
  const socket = await FuzzWebSocket.open(ground, `&sid=${encodeURIComponent(sid)}`, '[]', origin === 'none' ? undefined : origin === 'same' ? own : origin);
  const isForeign = origin !== 'none' && origin !== 'same';
  if (isForeign && socket.isOpen) ground.complaints.push(`a WebSocket from ${origin} upgraded a session`);
  for (const frame of probe) socket.send(frame);
  const packet = `42["nothing","${'x'.repeat(size)}"]`;
  for (let i = 0; i < posts; i++) {
    if ((await ask(ground, 'POST', sid, packet)).status !== 200) break;
  }
  for (const frame of after) socket.send(frame);
  await socket.settle();
  socket.abort();
}
