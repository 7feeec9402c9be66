import assert from 'node:assert/strict';
import type { Agent } from 'node:http';
import type { Socket as EngineSocket } from 'engine.io';
import { type Answer, exchange } from './sticky_http';
import type { StickyMember } from './sticky_member';

const QUERY = '/socket.io/?EIO=4&transport=polling';
const SEPARATOR = '\x1e';

/** Where requests go: a member, or a process with one. */
interface Worker { readonly url: string }

/** A long-polling session of one member whose requests go to whichever member the test says. */
export class StickySession<T extends Worker = StickyMember> {
  private constructor(readonly owner: T, readonly sid: string, private readonly agent: Agent | undefined) {}

  /** @param agent - default: a connection for each request */
  static async open<T extends Worker>(owner: T, agent?: Agent): Promise<StickySession<T>> {
    const { status, body } = await exchange(owner.url + QUERY, { agent: agent ?? false });
    assert.equal(status, 200, body);
    return new StickySession(owner, JSON.parse(body.slice(1)).sid, agent);
  }

  /** The path and query of its requests. */
  get path(): string {
    return `${QUERY}&sid=${this.sid}`;
  }

  /** The owner's session. */
  get session(): T extends StickyMember ? EngineSocket : never {
    return ((this.owner as unknown as StickyMember).io.engine as unknown as { clients: Record<string, never> }).clients[this.sid];
  }

  url(via: Worker): string {
    return via.url + this.path;
  }

  webSocketUrl(via: Worker): string {
    return this.url(via).replace('http', 'ws').replace('polling', 'websocket');
  }

  async post(via: Worker, ...packets: string[]): Promise<Answer> {
    return exchange(this.url(via), { method: 'POST', agent: this.agent ?? false }, packets.join(SEPARATOR));
  }

  async get(via: Worker): Promise<Answer> {
    return exchange(this.url(via), { agent: this.agent ?? false });
  }

  /** Sends packets in one POST that has to succeed. */
  async send(via: Worker, ...packets: string[]): Promise<this> {
    const { status, body } = await this.post(via, ...packets);
    assert.deepEqual([ status, body ], [ 200, 'ok' ]);
    return this;
  }

  /** The packets of one GET. */
  async poll(via: Worker): Promise<string[]> {
    const { status, body } = await this.get(via);
    assert.equal(status, 200, body);
    return body.split(SEPARATOR);
  }

  /** Connects to the main namespace of Socket.IO. */
  async connect(via: Worker): Promise<this> {
    await this.send(via, '40');
    assert.match((await this.poll(via))[0], /^40\{"sid":/);
    return this;
  }
}
