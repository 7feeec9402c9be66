import { Service } from 'egg';
import type { Message } from '../lib/protocol';

const MESSAGES = Symbol('Application#chatMessages');

declare module 'egg' {
  interface IService {
    history: HistoryService;
  }
}

/**
 * What was said in the rooms, while the process lives. The only thing that the chat keeps in memory itself: a database
 * would go in here.
 */
export default class HistoryService extends Service {
  /** The rooms, the one that was quiet for longest first. */
  private get rooms(): Map<string, Message[]> {
    const holder = this.app as { [MESSAGES]?: Map<string, Message[]> };
    return holder[MESSAGES] ??= new Map();
  }

  /** The messages of a room, oldest first. */
  of(room: string): readonly Message[] {
    return this.rooms.get(room) ?? [];
  }

  add(message: Message): void {
    const { rooms } = this;
    const { messagesPerRoom, remembered } = this.config.chat;
    const messages = [ ...this.of(message.room), message ].slice(-messagesPerRoom);
    rooms.delete(message.room);
    rooms.set(message.room, messages);
    if (rooms.size > remembered) rooms.delete(rooms.keys().next().value!);
  }
}
