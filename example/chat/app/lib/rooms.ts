import type { Message } from './events';

/** How much is kept. */
export interface RoomsLimits {
  messagesPerRoom: number;
  /** Rooms whose messages are kept. */
  remembered: number;
}

function inOrder(a: Message, b: Message): number {
  return a.at - b.at || (a.id < b.id ? -1 : 1);
}

/** What was said in the rooms, as far as it is kept. In which order messages are added, and how often, makes no difference. */
export class Rooms {
  private readonly rooms = new Map<string, Message[]>();

  constructor(private readonly limits: RoomsLimits) {}

  /** The messages of a room, oldest first. */
  of(room: string): readonly Message[] {
    return this.rooms.get(room) ?? [];
  }

  all(): Message[] {
    return [ ...this.rooms.values() ].flat();
  }

  add(message: Message): void {
    const { messagesPerRoom, remembered } = this.limits;
    const known = this.of(message.room);
    if (known.some(({ id }) => id === message.id)) return;
    this.rooms.set(message.room, [ ...known, message ].sort(inOrder).slice(-messagesPerRoom));
    if (this.rooms.size > remembered) this.rooms.delete(this.quietest());
  }

  /** The room in which nobody has said anything for longest. */
  private quietest(): string {
    const last = [ ...this.rooms.values() ].map(messages => messages.at(-1)!);
    return last.sort(inOrder)[0].room;
  }
}
