import assert from 'node:assert/strict';
import { once } from 'node:events';
import { io, type Socket } from 'socket.io-client';

/** A well-behaved client whose every message carries its mark, and must come back as it was sent. */
export class MarkedClient {
  private readonly complaints: string[] = [];
  private readonly socket: Socket;
  private readonly asking: Promise<void>;
  private answered = 0;
  private isOver = false;

  private constructor(private readonly mark: string, url: string, transport: 'polling' | 'websocket') {
    this.socket = io(url, { forceNew: true, reconnection: false, transports: [ transport ] });
    this.socket.onAny((...args) => this.complaints.push(`got ${JSON.stringify(args).slice(0, 300)}, which nobody has sent`));
    this.asking = this.ask();
  }

  /** One that has its first answer. */
  static async connect(mark: string, url: string, transport: 'polling' | 'websocket' = 'polling'): Promise<MarkedClient> {
    const client = new MarkedClient(mark, url, transport);
    await once(client.socket as never, 'connect');
    client.socket.on('disconnect', (reason, details) => {
      const { message = '', description = '' } = (details ?? {}) as { message?: string; description?: unknown };
      if (!client.isOver) client.complaints.push(`was disconnected: ${reason} ${message} ${String(description)}`);
    });
    return client;
  }

  /** Asks no more, and asserts that all was as it should be. */
  async finish(): Promise<void> {
    this.isOver = true;
    await this.asking;
    this.socket.disconnect();
    assert.deepEqual(this.complaints, [], `the client ${this.mark}`);
    assert.ok(this.answered > 0, `the client ${this.mark} has had no answer`);
  }

  private async ask(): Promise<void> {
    while (!this.isOver && this.complaints.length === 0) {
      const sent = `${this.mark} ${this.answered}`;
      try {
        const got: unknown = await this.socket.timeout(20_000).emitWithAck('echo', sent);
        if (got !== sent) this.complaints.push(`sent '${sent}' and got ${JSON.stringify(got)}`);
        this.answered += 1;
      } catch (error) {
        this.complaints.push(`sent '${sent}' and got no answer: ${(error as Error).message}`);
      }
    }
  }
}
