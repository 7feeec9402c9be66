import { IncomingMessage } from 'node:http';
import { Server as Engine, Socket as EngineSocket, Transport } from 'engine.io';
import { type Server, Socket } from 'socket.io';
import { Adapter, ClusterAdapter } from 'socket.io-adapter';
import { type Inside, INSIDES } from './registry';

/** The object on which members of a class can be found at the start. Members of other classes only show on each of their objects. */
const HOLDERS: Readonly<Record<string, (io: Server) => object>> = {
  'socket.io Server': io => io,
  'socket.io Namespace': io => io.sockets,
  'socket.io Socket': () => Socket.prototype,
  // The engine of the app overrides some of them.
  'engine.io Server': () => new Engine({ transports: [] }),
  'engine.io Socket': () => EngineSocket.prototype,
  'engine.io Transport': () => Transport.prototype,
  'socket.io-adapter Adapter': () => Adapter.prototype,
  'socket.io-adapter ClusterAdapter': () => ClusterAdapter.prototype,
  'node:http IncomingMessage': () => IncomingMessage.prototype,
};

/** Returns the members of {@link INSIDES} that the installed versions do not have, as far as this can be seen without a client. */
export function missingInsides(io: Server): Inside[] {
  return INSIDES.filter(({ package: from, of, member, isField }) => {
    const holder = isField ? undefined : HOLDERS[`${from} ${of}`];
    return holder && !(member in holder(io));
  });
}

/**
 * Warns of members that the plugin needs and that the installed versions of other packages do not have. Runs before any of them
 * is used, because a missing one may cause an error that does not show the reason.
 *
 * @param warn - gets a line for the log
 */
export function checkInsides(io: Server, warn: (line: string) => void): void {
  for (const { package: from, of, member, without } of missingInsides(io)) {
    warn(`the installed version of ${from} has no ${of}#${member}. ${without} Install the versions that package.json of egg-socketio asks for: docs/internals.md.`);
  }
}
