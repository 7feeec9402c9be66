/** How many requests of one kind a sibling is asked at a time, and how many wait beyond that. */
export interface LaneLimits {
  readonly underway: number;
  readonly waiting: number;
}

/** Each that is under way has a connection of its own; a poll has it as long as there is nothing to say. */
const LIMITS: LaneLimits = { underway: 2048, waiting: 1024 };

interface Lane {
  underway: number;
  readonly waiting: Set<() => void>;
}

/** Limits what is under way to each sibling. Polls and other requests do not wait for each other. */
export class SiblingLanes {
  private readonly lanes = new Map<string, Lane>();

  constructor(private readonly limits: LaneLimits = LIMITS) {}

  /**
   * Begins a request, or has it wait.
   *
   * @param name - the lane: a sibling and a kind of request
   * @param begin - called once there is room for it; {@link leave} has to be called after that
   * @return whether there is a place for it
   */
  enter(name: string, begin: () => void): boolean {
    let lane = this.lanes.get(name);
    if (!lane) this.lanes.set(name, lane = { underway: 0, waiting: new Set() });
    if (lane.underway < this.limits.underway) {
      lane.underway += 1;
      begin();
      return true;
    }
    if (lane.waiting.size >= this.limits.waiting) return false;
    lane.waiting.add(begin);
    return true;
  }

  /** One that was begun is over. */
  leave(name: string): void {
    const lane = this.lanes.get(name)!;
    const [ next ] = lane.waiting;
    if (next) {
      lane.waiting.delete(next);
      next();
      return;
    }
    lane.underway -= 1;
    if (lane.underway === 0) this.lanes.delete(name);
  }

  /** One that waits is not wanted any more. */
  withdraw(name: string, begin: () => void): void {
    this.lanes.get(name)?.waiting.delete(begin);
  }
}
