import { type ClientRequest, type IncomingMessage, request, type RequestOptions } from 'node:http';
import { ackOf, type Frame, type Frames, prefixOf } from './frames';
import type { Playground } from './playground';
import type { PollingScript, PollingTrick, Upgrade } from './scripts';
import { FuzzWebSocket } from './web_socket';

interface Answer { status: number; body: string }
/** What became of a request that was broken off. */
const NO_ANSWER: Answer = { status: 0, body: '' };
const SEPARATOR = '\x1e';

function toPayload(frames: readonly Frame[]): string {
  return frames.map(frame => (typeof frame === 'string' ? frame : `b${Buffer.from(frame).toString('base64')}`)).join(SEPARATOR);
}

/** Does what a script says over polling, and opens a new session where the server has closed one. */
export class PollingPlayer {
  private sid: string | undefined;
  /** The acks that the next POST takes along. */
  private acks: string[] = [];

  constructor(private readonly script: PollingScript, private readonly ground: Playground) {}

  async play(): Promise<void> {
    const { steps, chunk, upgrade, ending } = this.script;
    let together: Frames[] = [];
    const flush = async () => {
      const frames = together.flatMap(each => each.frames);
      together = [];
      if (frames.length > 0) await this.send(frames);
    };
    for (const step of steps) {
      if ('trick' in step) {
        await flush();
        await this.trick(step.trick);
        continue;
      }
      together.push(step);
      if (step.wild || together.length === chunk) await flush();
    }
    await flush();
    if (upgrade) await this.upgrade(upgrade);
    if (this.sid && ending === 'close') await this.post('1');
    else if (this.sid) this.ground.abandoned.push(this.sid);
  }

  private async send(frames: readonly Frame[]): Promise<void> {
    if (!this.sid) await this.join();
    const all = [ ...this.acks.splice(0), ...frames ];
    this.ground.count(all.length);
    if (this.sid && (await this.post(toPayload(all))).status !== 200) this.forget();
  }

  /** Opens a session that is connected to the main namespace and another one, or was refused there. */
  private async join(): Promise<void> {
    const { body } = await this.ask('GET');
    this.sid = /"sid":"([^"]+)"/.exec(body)?.[1];
    if (!this.sid) return;
    await this.post(`40${SEPARATOR}40${prefixOf(this.script.namespace)}{"token":"let me in"}`);
    for (let answers = 0; answers < 2 && this.sid;) {
      const poll = await this.ask('GET');
      answers += poll.body.split(SEPARATOR).filter(packet => /^4[04]/.test(packet)).length;
      if (poll.status !== 200) this.forget();
    }
    this.ground.sent += 2;
    if (this.sid) void this.poll(this.sid);
  }

  private async poll(sid: string): Promise<void> {
    while (this.sid === sid) {
      const { status, body } = await this.ask('GET', { sid });
      if (status !== 200 || body === '1') break;
      this.acks.push(...body.split(SEPARATOR).map(packet => ackOf(packet, this.script.answer)).filter(ack => ack !== undefined));
    }
    if (this.sid === sid) this.forget();
  }

  private forget(): void {
    if (this.sid) this.ground.abandoned.push(this.sid);
    this.sid = undefined;
    this.acks = [];
  }

  private async post(body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask('POST', { body, headers });
  }

  private async trick(trick: PollingTrick): Promise<void> {
    if (!this.sid) await this.join();
    this.ground.sent += 1;
    switch (trick) {
      case 'second poll': return void await this.ask('GET');
      case 'abort poll': return this.abort('GET');
      case 'second post': return void await Promise.all([ this.post('3'), this.post('3') ]);
      case 'abort post': return this.abort('POST');
      case 'put': return void await this.ask('PUT', { body: 'x' });
      case 'binary post': return void await this.post(Buffer.from([ 1, 2, 3 ]), { 'content-type': 'application/octet-stream' });
      case 'oversize post': return void await this.post('4'.repeat(1_000_001));
      case 'other protocol': return void await this.ask('POST', { body: '3', query: 'EIO=3&transport=polling' });
      case 'as websocket': return void await this.ask('GET', { query: 'EIO=4&transport=websocket' });
    }
  }

  /** Goes over to a WebSocket, or not quite. */
  private async upgrade({ frames, sockets, posts }: Upgrade): Promise<void> {
    if (!this.sid) await this.join();
    const { sid } = this;
    if (!sid) return;
    const open = await Promise.all(Array.from({ length: sockets }, () => FuzzWebSocket.open(this.ground, `&sid=${encodeURIComponent(sid)}`)));
    for (const frame of frames) {
      for (const socket of open) socket.send(frame);
      await Promise.all([ ...open.map(socket => socket.settle()), posts && this.post('42["echo"]') ]);
    }
    for (const socket of open) socket.abort();
  }

  /** Breaks a request off when it is on its way. */
  private async abort(method: 'GET' | 'POST'): Promise<void> {
    const { req, answer } = this.start(method, { headers: method === 'POST' ? { 'content-length': '100' } : {} });
    if (method === 'POST') await new Promise(resolve => { req.write('42["echo"', resolve); });
    else await new Promise(resolve => { req.end(resolve); });
    req.destroy();
    await answer;
  }

  private async ask(method: string, how: Asking = {}): Promise<Answer> {
    const { req, answer } = this.start(method, how);
    req.end(how.body);
    return answer;
  }

  private start(method: string, { sid = this.sid, query = 'EIO=4&transport=polling', headers }: Asking): { req: ClientRequest; answer: Promise<Answer> } {
    const options: RequestOptions = {
      agent: this.ground.agent, host: '127.0.0.1', port: this.ground.port, method,
      path: `/socket.io/?${query}${sid ? `&sid=${encodeURIComponent(sid)}` : ''}`,
      headers: { 'accept-encoding': 'identity', ...headers },
    };
    const req = request(options);
    const answer = new Promise<Answer>(resolve => {
      req.on('error', () => resolve(NO_ANSWER));
      req.on('close', () => resolve(NO_ANSWER));
      req.on('response', (res: IncomingMessage) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('error', () => resolve(NO_ANSWER));
        res.on('end', () => resolve({ status: res.statusCode!, body: Buffer.concat(chunks).toString() }));
      });
    });
    this.ground.atTheEnd(() => req.destroy());
    return { req, answer };
  }
}

interface Asking {
  sid?: string;
  query?: string;
  body?: string | Buffer;
  headers?: Record<string, string>;
}
