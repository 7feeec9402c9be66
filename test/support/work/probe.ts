import { createHook } from 'node:async_hooks';
import type { Application as EggApplication } from 'egg';
import type { Namespace, Socket } from 'socket.io';
import { Encoder } from 'socket.io-parser';
import * as contexts from '../../../lib/context/context';
import type { ContextFactory, RawAck, SocketContext } from '../../../lib/context/socket_context';
import type { Fault, Work } from './work';

type Counts = Omit<Work, 'bytes'>;

const counts: Counts = { contexts: 0, promises: 0, timers: 0, ticks: 0, encodes: 0 };
const KINDS: Partial<Record<string, keyof Counts>> = { PROMISE: 'promises', Timeout: 'timers', Immediate: 'timers', TickObject: 'ticks' };

const hook = createHook({
  init(_id, type) {
    const kind = KINDS[type];
    if (kind) counts[kind]++;
  },
});

/** Counts from now on, from zero. */
export function startCounting(): void {
  for (const kind of Object.keys(counts)) counts[kind as keyof Counts] = 0;
  hook.enable();
}

/** What was counted since {@link startCounting}. */
export function stopCounting(): Counts {
  hook.disable();
  return { ...counts };
}

let fault: Fault | undefined;

/** Has the plugin count its contexts and make the present fault. To be called before it is started; costs no allocation. */
export function probeContexts(): void {
  const { createContextClass } = contexts;
  Object.assign(contexts, {
    createContextClass(app: EggApplication): ContextFactory {
      const Context = createContextClass(app);
      return class extends (Context as new (...args: unknown[]) => SocketContext) {
        constructor(socket: Socket, event: string, args: unknown[], ack?: RawAck) {
          super(socket, event, args, ack);
          counts.contexts++;
          if (fault === 'a second context') {
            new Context(socket, event, args, ack);
            counts.contexts++;
          } else if (fault === 'one more promise') {
            void Promise.resolve();
          }
        }
      };
    },
  });
}

/** Has encoders count what they encode. */
export function probeEncoder(): void {
  const { encode } = Encoder.prototype;
  Encoder.prototype.encode = function(packet) {
    counts.encodes++;
    return encode.call(this, packet);
  };
}

/** An adapter, whose way of broadcasting may be replaced. */
interface Adapter { broadcast?(packet: object): void }

/** Makes a fault from now on, in place of the one before, or none. */
export function setFault(next: Fault | undefined, namespace: Namespace): void {
  fault = next;
  const adapter = namespace.adapter as object as Adapter;
  // What is on the prototype is the sound one.
  delete adapter.broadcast;
  if (fault !== 'encoding for each socket') return;
  adapter.broadcast = packet => {
    for (const socket of namespace.sockets.values()) (socket as unknown as { packet(packet: object): void }).packet({ ...packet });
  };
}
