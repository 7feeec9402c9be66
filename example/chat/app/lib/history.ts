import type { Application } from 'egg-socketio';
import type { Message } from './events';
import { Rooms, type RoomsLimits } from './rooms';

/**
 * What was said in the rooms. Each worker keeps all of it, and tells the others what is said in it; it lasts as long as
 * one of them lives. A database would go in here.
 */
export class History {
  private readonly rooms: Rooms;
  private caughtUp: Promise<void> | undefined;

  /** To be made before the workers are linked, lest something is said that is not heard. */
  constructor(private readonly io: Application, limits: RoomsLimits) {
    this.rooms = new Rooms(limits);
    io.on('said', message => this.rooms.add(message));
    io.on('history', answer => answer(this.rooms.all()));
  }

  /** The messages of a room, oldest first. */
  async of(room: string): Promise<readonly Message[]> {
    await this.catchUp();
    return this.rooms.of(room);
  }

  /** Keeps a message, in all workers. */
  add(message: Message): void {
    this.rooms.add(message);
    this.io.serverSideEmit('said', message);
  }

  /** Learns from the other workers what was said before this one started; to be called once they are linked. */
  catchUp(): Promise<void> {
    return this.caughtUp ??= new Promise(resolve => {
      // An error says that not all have answered in time. What the others know is better than nothing.
      this.io.serverSideEmit('history', (_error, answers) => {
        for (const message of answers.flat()) this.rooms.add(message);
        resolve();
      });
    });
  }
}
