import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';

const SEPARATOR = '\x1e';

/** What the first packet of a session says. */
export interface Handshake {
  sid: string;
  upgrades: string[];
  pingInterval: number;
  pingTimeout: number;
  maxPayload: number;
}

/** A request that the server has begun to handle. */
export interface StartedRequest {
  request: http.ClientRequest;
  response: Promise<{ status: number; body: string }>;
}

/** A long-polling session without a client behind it. */
export class PollingSession {
  private readonly arrived: string[] = [];

  private constructor(readonly url: string, readonly handshake: Handshake) {}

  /** @param url - of the Socket.IO server's path */
  static async open(url: string): Promise<PollingSession> {
    const response = await fetch(`${url}?EIO=4&transport=polling`);
    assert.equal(response.status, 200);
    const handshake = JSON.parse((await response.text()).slice(1)) as Handshake;
    return new PollingSession(`${url}?EIO=4&transport=polling&sid=${handshake.sid}`, handshake);
  }

  get sid(): string {
    return this.handshake.sid;
  }

  /** The address by which a WebSocket takes the session over. */
  get upgradeUrl(): string {
    return this.url.replace('transport=polling', 'transport=websocket');
  }

  /** Sends packets in one POST. */
  async push(...packets: string[]): Promise<Response> {
    return fetch(this.url, { method: 'POST', body: packets.join(SEPARATOR) });
  }

  /** Sends packets in one POST that has to succeed. */
  async send(...packets: string[]): Promise<this> {
    const response = await this.push(...packets);
    assert.deepEqual([ response.status, await response.text() ], [ 200, 'ok' ]);
    return this;
  }

  /** The packets of one GET. */
  async poll(): Promise<string[]> {
    const response = await fetch(this.url);
    const body = await response.text();
    assert.equal(response.status, 200, body);
    return body.split(SEPARATOR);
  }

  /** Takes the next packets, over as many GETs as it needs; heartbeats are answered and left out, as is what only ends a poll. */
  async take(count: number): Promise<string[]> {
    while (this.arrived.length < count) {
      for (const packet of await this.poll()) {
        if (packet === '2') await this.send('3');
        else if (packet !== '6') this.arrived.push(packet);
      }
    }
    return this.arrived.splice(0, count);
  }

  /** Connects to the main namespace of Socket.IO, and takes what it says to that. */
  async connect(): Promise<this> {
    await this.send('40');
    await this.take(2);
    return this;
  }

  /** Asserts that the server knows the session no more. */
  async assertGone(): Promise<void> {
    const response = await fetch(this.url);
    assert.deepEqual([ response.status, await response.json() ], [ 400, { code: 1, message: 'Session ID unknown' }]);
  }

  /**
   * Starts a request, and returns once the server handles it, or one that passes it on: an HTTP server answers
   * `Expect: 100-continue` when it hands the request over.
   */
  async start(method: 'GET' | 'POST', headers: Record<string, string> = {}): Promise<StartedRequest> {
    const request = http.request(this.url, { method, headers: { ...headers, expect: '100-continue' } });
    const response = once(request, 'response').then(async ([ incoming ]: http.IncomingMessage[]) => {
      const chunks: Buffer[] = await incoming.toArray();
      return { status: incoming.statusCode!, body: Buffer.concat(chunks).toString() };
    });
    // A request may be broken off before anybody waits for its answer.
    response.catch(() => undefined);
    request.flushHeaders();
    await once(request, 'continue');
    return { request, response };
  }
}
