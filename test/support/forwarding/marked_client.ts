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
  /** Sessions that were lost as a POST got 502. */
  private lost = 0;
  private isLost = false;

  private constructor(
    private readonly mark: string, url: string, transport: 'polling' | 'websocket', private readonly mayLose: number,
  ) {
    this.socket = io(url, { forceNew: true, reconnection: false, transports: [ transport ] });
    this.socket.onAny((...args) => this.complaints.push(`got ${JSON.stringify(args).slice(0, 300)}, which nobody has sent`));
    this.asking = this.ask();
  }

  /**
   * One that has its first answer.
   *
   * @param mayLose - sessions that may be lost to a 502. A proxy answers so if a connection that it has kept is closed just when it
   *   uses it again, and may not repeat a POST; docs/deploy.md says so
   */
  static async connect(mark: string, url: string, transport: 'polling' | 'websocket' = 'polling', mayLose = 0): Promise<MarkedClient> {
    const client = new MarkedClient(mark, url, transport, mayLose);
    await once(client.socket as never, 'connect');
    client.socket.on('disconnect', (reason, details) => {
      const { message = '', description = '' } = (details ?? {}) as { message?: string; description?: unknown };
      if (client.isOver) return;
      client.isLost = description === 502 && ++client.lost <= client.mayLose;
      if (!client.isLost) client.complaints.push(`was disconnected: ${reason} ${message} ${String(description)}`);
    });
    return client;
  }

  /** Asks no more, and asserts that all was as it should be. */
  async finish(): Promise<void> {
    this.isOver = true;
    await this.asking;
    this.socket.disconnect();
    assert.deepEqual(this.complaints, [], `the client ${this.mark}`);
    if (this.lost > 0) console.log(`        the client ${this.mark} got 502 to a POST ${this.lost} time(s), and connected again`);
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
        if (this.isLost) {
          this.isLost = false;
          const connected = once(this.socket as never, 'connect');
          this.socket.connect();
          await connected;
          continue;
        }
        this.complaints.push(`sent '${sent}' and got no answer: ${(error as Error).message}`);
      }
    }
  }
}
