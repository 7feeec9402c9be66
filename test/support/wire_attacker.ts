import { once } from 'node:events';
import WebSocket from 'ws';

/** A version of Engine.IO's protocol, and a transport. */
export interface Wire {
  readonly eio: 3 | 4;
  readonly transport: 'polling' | 'websocket';
}

export const WIRES: readonly Wire[] = ([ 3, 4 ] as const).flatMap(eio => ([ 'polling', 'websocket' ] as const).map(transport => ({ eio, transport })));

/** A client that sends packets of Engine.IO as it likes, over one transport. */
export interface Attacker {
  /** Sends packets: over polling, all in one request. Resolves once they are on their way, or the connection is closed. */
  send(...packets: string[]): Promise<void>;
  /** Resolves with all packets that the server has sent until it closed the connection. */
  readonly closed: Promise<readonly string[]>;
  /** The next packet that begins as given. */
  next(start: string): Promise<string>;
  abort(): void;
}

/** What has come, and who waits for it. */
class Inbox {
  readonly all: string[] = [];
  private read = 0;
  private wake: () => void = () => undefined;
  isClosed = false;

  add(...packets: string[]): void {
    this.all.push(...packets);
    this.wake();
  }

  close(): void {
    this.isClosed = true;
    this.wake();
  }

  async next(start: string): Promise<string> {
    for (;;) {
      while (this.read < this.all.length) {
        const packet = this.all[this.read++];
        if (packet.startsWith(start)) return packet;
      }
      if (this.isClosed) throw new Error(`closed while a packet ${start}… was waited for, after ${this.all.slice(-3).join().slice(0, 200)}`);
      await new Promise<void>(resolve => { this.wake = resolve; });
    }
  }
}

function encodePayload(packets: readonly string[], eio: number): string {
  return eio === 4 ? packets.join('\x1e') : packets.map(packet => `${packet.length}:${packet}`).join('');
}

function decodePayload(payload: string, eio: number): string[] {
  if (eio === 4) return payload.split('\x1e');
  const packets: string[] = [];
  for (let at = 0; at < payload.length;) {
    const colon = payload.indexOf(':', at);
    const length = Number(payload.slice(at, colon));
    packets.push(payload.slice(colon + 1, colon + 1 + length));
    at = colon + 1 + length;
  }
  return packets;
}

/** What a poll gets; `undefined` if the session, or the client itself, has ended. */
async function get(url: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal });
    return answer.status === 200 ? await answer.text() : undefined;
  } catch {
    return undefined;
  }
}

async function openPolling(port: number, eio: number): Promise<Attacker> {
  const base = `http://127.0.0.1:${port}/socket.io/?EIO=${eio}&transport=polling&b64=1`;
  const [ open ] = decodePayload(await (await fetch(base)).text(), eio);
  const url = `${base}&sid=${(JSON.parse(open.slice(1)) as { sid: string }).sid}`;
  const inbox = new Inbox();
  const stop = new AbortController();
  const closed = (async () => {
    for (;;) {
      const payload = await get(url, stop.signal);
      if (payload === undefined) break;
      inbox.add(...decodePayload(payload, eio));
    }
    inbox.close();
    return inbox.all;
  })();
  return {
    closed,
    async send(...packets) {
      const headers = { 'content-type': 'text/plain;charset=UTF-8' };
      const answer = await fetch(url, { method: 'POST', headers, body: encodePayload(packets, eio), signal: stop.signal }).catch(() => undefined);
      await answer?.text().catch(() => undefined);
    },
    next: async start => inbox.next(start),
    abort: () => stop.abort(),
  };
}

async function openWebSocket(port: number, eio: number): Promise<Attacker> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=${eio}&transport=websocket`);
  const inbox = new Inbox();
  ws.on('message', data => inbox.add(String(data)));
  // Whoever is cut off may see that while it writes.
  ws.on('error', () => undefined);
  const closed = once(ws, 'close').then(() => {
    inbox.close();
    return inbox.all;
  });
  await inbox.next('0');
  return {
    closed,
    async send(...packets) {
      for (const packet of packets) ws.send(packet);
      await new Promise<void>(resolve => {
        ws.once('close', () => resolve());
        if (ws.readyState !== WebSocket.OPEN) resolve();
        else ws.ping(() => resolve());
      });
    },
    next: async start => inbox.next(start),
    abort: () => ws.terminate(),
  };
}

/** Opens a connection; nobody is connected to a namespace by it but, with protocol 3, to the main one. */
export async function openWire({ eio, transport }: Wire, port: number): Promise<Attacker> {
  return transport === 'polling' ? openPolling(port, eio) : openWebSocket(port, eio);
}

/** Opens a connection, and connects to the main namespace. */
export async function connectWire(wire: Wire, port: number): Promise<Attacker> {
  const attacker = await openWire(wire, port);
  if (wire.eio === 4) await attacker.send('40');
  await attacker.next('40');
  return attacker;
}
