/** Items that are taken in one turn of the event loop: a generator that never waits would not let it do anything else, not even end it. */
const ITEMS_A_TURN = 16;

/** Waits for the next turn of the event loop after each {@link ITEMS_A_TURN} items. */
export class Turns {
  private items = 0;

  next(): Promise<void> | undefined {
    this.items += 1;
    return this.items % ITEMS_A_TURN === 0 ? new Promise(resolve => { setImmediate(resolve); }) : undefined;
  }
}
