import timers from 'node:timers';
import { machineClock } from '../../../lib/base/machine_clock';

/** What `setTimeout()` returns, as far as the code uses it. */
class SimulatedTimer {
  due = 0;
  order = 0;

  constructor(
    private readonly clock: SimulatedClock, readonly run: () => void, private readonly delay: number, readonly repeats: boolean,
  ) {}

  refresh(): this {
    this.clock.schedule(this, this.delay);
    return this;
  }

  ref(): this { return this; }
  unref(): this { return this; }
  hasRef(): boolean { return true; }
}

type Handler = (...args: unknown[]) => void;

/** The time of all simulated processes, and their timers, which expire when the simulation wants it. */
export class SimulatedClock {
  /** Milliseconds since an arbitrary moment. */
  private now = 0;
  /** What `Date.now()` adds to it: the clock of the machine may be set. */
  private offset = 1e12;
  private readonly timers = new Set<SimulatedTimer>();
  private scheduled = 0;

  /**
   * Takes the place of the real clock.
   *
   * @return puts that back
   */
  install(): () => void {
    const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
    const { now } = Date;
    const { now: machineNow } = machineClock;
    const start = (repeats: boolean) => (handler: Handler, delay = 0, ...args: unknown[]) => {
      const timer = new SimulatedTimer(this, () => handler(...args), Math.max(1, delay), repeats);
      return timer.refresh();
    };
    const stop = (timer: SimulatedTimer | undefined) => { if (timer) this.timers.delete(timer); };
    const simulated = { setTimeout: start(false), clearTimeout: stop, setInterval: start(true), clearInterval: stop };
    // Engine.IO takes them from the module.
    for (const place of [ globalThis, timers ]) Object.assign(place, simulated);
    Date.now = () => this.now + this.offset;
    machineClock.now = () => this.now;
    return () => {
      for (const place of [ globalThis, timers ]) Object.assign(place, { setTimeout, clearTimeout, setInterval, clearInterval });
      Date.now = now;
      machineClock.now = machineNow;
    };
  }

  schedule(timer: SimulatedTimer, delay: number): void {
    timer.due = this.now + delay;
    timer.order = ++this.scheduled;
    this.timers.add(timer);
  }

  /** Somebody sets the clock of the machine. */
  jump(milliseconds: number): void {
    this.offset += milliseconds;
  }

  /** The machine sleeps: time passes, and no timer runs. */
  skip(milliseconds: number): void {
    this.now += milliseconds;
  }

  /**
   * Lets time pass up to the next timer, which runs.
   *
   * @return the milliseconds that are left
   */
  private advanceToNext(milliseconds: number): number {
    const end = this.now + milliseconds;
    let next: SimulatedTimer | undefined;
    for (const timer of this.timers) {
      if (timer.due <= end && (!next || timer.due < next.due || (timer.due === next.due && timer.order < next.order))) next = timer;
    }
    if (!next) {
      this.now = end;
      return 0;
    }
    this.now = Math.max(this.now, next.due);
    this.timers.delete(next);
    if (next.repeats) next.refresh();
    next.run();
    return end - this.now;
  }

  /** Lets time pass; timers that are due run. */
  advance(milliseconds: number): void {
    for (let left = milliseconds; left > 0;) left = this.advanceToNext(left);
  }
}
