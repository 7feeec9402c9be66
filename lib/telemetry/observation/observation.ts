import { EventSignal } from './event_signal';
import type { Messages } from '../../types/observation';
import type { Observer } from './observer';
import { Signal } from './signal';

/** The channels of `node:diagnostics_channel`, without those of the tracing channel. */
const CHANNELS: Readonly<Record<keyof Messages, string>> = Object.freeze({
  connect: 'egg-socketio:connect',
  refuse: 'egg-socketio:connect:refuse',
  disconnect: 'egg-socketio:disconnect',
  eventStart: 'egg-socketio:event:start',
  eventEnd: 'egg-socketio:event:end',
  emit: 'egg-socketio:emit',
  forward: 'egg-socketio:sticky:forward',
  takeOver: 'egg-socketio:sticky:take-over',
  peerUp: 'egg-socketio:peer:up',
  peerDown: 'egg-socketio:peer:down',
  limit: 'egg-socketio:limit:hit',
});

type Signals = { readonly [K in keyof Messages]: Signal<Messages[K]> };

/**
 * The signals of one app, for {@link Observer}s and for subscribers of the channels, which belong to the process. The plugin's rooms get
 * the signals that they need, and know no subscribers.
 */
export class Observation {
  readonly signals = Object.fromEntries(Object.entries(CHANNELS).map(([ key, name ]) => [ key, new Signal(name) ])) as unknown as Signals;
  readonly events = new EventSignal(this.signals.eventStart, this.signals.eventEnd);

  /** @return stops it */
  observe(observer: Observer): () => void {
    const keys = Object.keys(CHANNELS) as (keyof Messages)[];
    const stops = keys.map(key => this.listen(key, observer));
    return () => stops.forEach(stop => stop?.());
  }

  private listen<K extends keyof Messages>(key: K, observer: Observer): (() => void) | undefined {
    const signal: Signal<Messages[K]> = this.signals[key];
    return observer[key] && signal.listen(message => observer[key]!(message));
  }
}
