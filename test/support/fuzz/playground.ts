import { Agent } from 'node:http';

/** Frames of one batch that count at most: a run is as long as the frames that each do something of their own. */
const MOST_COUNTED = 20;

/** What the clients of one run share. */
export class Playground {
  /** Frames and requests so far. */
  sent = 0;
  /** The polling sessions that their clients have left without a word. */
  readonly abandoned: string[] = [];
  /** What the server should not have done. */
  readonly complaints: string[] = [];
  readonly agent = new Agent({ keepAlive: true });
  private readonly openEnds: (() => void)[] = [];

  constructor(readonly port: number) {}

  /** Counts what is sent together. */
  count(frames: number): void {
    this.sent += Math.min(frames, MOST_COUNTED);
  }

  /** Remembers what to break off at the end of the run. */
  atTheEnd(end: () => void): void {
    this.openEnds.push(end);
  }

  /** Breaks off what the clients have left open. */
  end(): void {
    for (const end of this.openEnds.splice(0)) end();
    this.agent.destroy();
  }
}
