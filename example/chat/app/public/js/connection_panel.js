import { byId, el } from './dom.js';
import { RoundTrips } from './round_trips.js';
import { t } from './texts.js';

/** @typedef {import('./connection.js').ChatSocket} ChatSocket */
/** @typedef {import('./connection.js').State} State */

/** @type {Record<State, string>} */
const STATES = { connecting: t('Connecting…'), online: t('Connected'), reconnecting: t('Reconnecting…') };

/** Stands where nothing is known. */
const NOTHING = '–';

/** @param {number} ms - a duration */
function format(ms) {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/**
 * The points of a line through some numbers, in a box of 100 by 24.
 *
 * @param {number[]} values - the latest last
 */
function lineThrough(values) {
  const top = Math.max(...values);
  return values.map((value, i) => `${100 * i / (values.length - 1)},${(23 - 21 * value / top).toFixed(1)}`).join(' ');
}

/** Shows how the page is connected, and to what. */
export class ConnectionPanel {
  #panel = byId('connection');
  #trips = new RoundTrips((middle, taken) => {
    byId('round-trip').textContent = middle === undefined ? NOTHING : format(middle);
    byId('trend').setAttribute('points', taken.length > 1 ? lineThrough(taken) : '');
  });

  /** @param {State} state - of the connection */
  set state(state) {
    this.#panel.dataset.state = state;
    byId('state-text').textContent = STATES[state];
    if (state === 'online') {
      byId('attempt').textContent = '';
      return;
    }
    this.#trips.stop();
    this.#showTransports([]);
    this.#showSession();
    this.worker = undefined;
  }

  /** @param {number | undefined} pid - the process id of the server's worker at the other end */
  set worker(pid) {
    byId('worker').textContent = pid === undefined ? NOTHING : String(pid);
  }

  /**
   * Follows a socket from now on.
   *
   * @param {ChatSocket} socket - that is not connected yet
   */
  watch(socket) {
    const manager = socket.io;
    manager.on('open', () => {
      const { engine } = manager;
      const first = engine.transport.name;
      this.#showTransports([ first ]);
      engine.on('upgrade', ({ name }) => {
        this.#showTransports([ first, name ]);
        if (socket.connected) this.#trips.start(socket);
      });
    });
    manager.on('reconnect_attempt', attempt => { byId('attempt').textContent = t('attempt {attempt}', { attempt }); });
    socket.on('connect', () => {
      this.#showSession(socket.recovered);
      this.#trips.start(socket);
    });
  }

  /** @param {string[]} names - of the transport that the connection began with, and of that which it has now */
  #showTransports(names) {
    const steps = names.map((name, i) => el('span', { class: i === names.length - 1 ? 'transport' : 'transport left' }, name));
    byId('transport').replaceChildren(...names.length > 0 ? steps : [ NOTHING ]);
  }

  /** @param {boolean} [recovered] - whether the server knew us again; nothing while there is no connection */
  #showSession(recovered) {
    const session = recovered === undefined ? NOTHING : recovered ? 'recovered' : 'new';
    byId('session').textContent = recovered === undefined ? NOTHING : recovered ? t('recovered') : t('new');
    byId('session').dataset.session = session;
  }
}
