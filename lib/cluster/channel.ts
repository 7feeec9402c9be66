import type { PeerPort } from './port';

type Envelope = readonly [channel: string, message: unknown];

/**
 * A separate port for one user of the links between the workers.
 *
 * @param name - the same in all workers; short, because each message contains it
 */
export function channelOf(port: PeerPort, name: string): PeerPort {
  return {
    tag: port.tag,
    peers: () => port.peers(),
    send: (to, message) => port.send(to, [ name, message ] satisfies Envelope),
    broadcast: message => port.broadcast([ name, message ] satisfies Envelope),
    drained: to => port.drained(to),
    collect: () => port.collect(),
    flush: () => port.flush(),
    isBehind: to => port.isBehind(to),
    listen: listener => port.listen({
      onMessage: (from, envelope) => {
        if (!Array.isArray(envelope)) return;
        const [ channel, message ] = envelope as unknown as Envelope;
        if (channel === name) listener.onMessage(from, message);
      },
      onUp: tag => listener.onUp?.(tag),
      onBroken: tag => listener.onBroken?.(tag),
      onDown: tag => listener.onDown(tag),
      onLeft: tag => listener.onLeft?.(tag),
      onCongested: () => listener.onCongested?.(),
      onDrained: () => listener.onDrained?.(),
    }),
  };
}
