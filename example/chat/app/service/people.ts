import { Service } from 'egg';
import type { RemoteSocket } from 'socket.io';
import type { Presence, ServerEvents } from '../lib/events';
import { isSameNick } from '../lib/rules';
import type { Person } from '../../typings/socketio';

declare module 'egg' {
  interface IService {
    people: PeopleService;
  }
}

/** Who is online. Nothing is kept here: Socket.IO knows its sockets, those of the other workers too. */
export default class PeopleService extends Service {
  /** Everybody who is connected. */
  async sockets(): Promise<RemoteSocket<ServerEvents, Person>[]> {
    return this.app.io.of('/chat').fetchSockets();
  }

  /** The connection of the person who goes by a nickname. */
  async find(nick: string): Promise<RemoteSocket<ServerEvents, Person> | undefined> {
    return (await this.sockets()).find(({ data }) => isSameNick(data.nick, nick));
  }

  /** Who is where, as pages are told it. */
  async presence(): Promise<Presence> {
    const asOf = Date.now();
    const people = (await this.sockets()).map(({ data: { nick, room } }) => ({ nick, room }));
    people.sort((a, b) => a.nick.localeCompare(b.nick));
    const rooms = new Set([ ...this.config.chat.rooms, ...people.map(person => person.room).sort() ]);
    return { people, rooms: [ ...rooms ], asOf };
  }
}
