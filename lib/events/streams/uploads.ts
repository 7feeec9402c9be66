import type { Part } from './wire';
import { Upload, type Waiting } from './upload';

/** The arguments of one event that its client sends item by item, by their places. */
export class Uploads {
  private readonly byIndex = new Map<number, Upload>();

  /**
   * @param wire - sends a message to the client: its kind, the place of the argument, and a number
   * @param waiting - the bytes of all uploads of the socket
   * @param fail - ends the event
   */
  constructor(
    private readonly wire: (op: 'wanted' | 'unwanted', index: number, number: number) => void,
    private readonly waiting: Waiting, private readonly maxBytes: number, private readonly fail: (reason: unknown) => void,
  ) {}

  /** Returns the arguments of the handler: the client's, with uploads at these places. */
  fill(args: readonly unknown[], indexes: readonly number[]): unknown[] {
    const filled = [ ...args ];
    for (const index of indexes) {
      const upload = new Upload({
        wanted: number => this.wire('wanted', index, number),
        unwanted: () => this.wire('unwanted', index, 0),
      }, this.waiting, this.maxBytes);
      this.byIndex.set(index, upload);
      filled[index] = upload;
    }
    return filled;
  }

  /** Whether the client may send these items now. */
  mayReceive({ index, first, items }: Part): boolean {
    return this.byIndex.get(index)?.mayReceive(first, items) ?? false;
  }

  receive({ index, first, items }: Part): void {
    try {
      this.byIndex.get(index)?.receive(first, items);
    } catch (error) {
      this.fail(error);
    }
  }

  /** The client has sent all items of one of them. */
  finish(index: number, total: number): void {
    this.byIndex.get(index)?.finish(total);
  }

  /** Nothing more arrives: the event has ended, or its client is gone. */
  end(error?: unknown): void {
    for (const upload of this.byIndex.values()) upload.end(error);
  }
}
