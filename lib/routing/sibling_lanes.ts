/** The number of concurrent requests of one kind to a sibling, and of those that wait beyond that. */
export interface LaneLimits {
  readonly underway: number;
  readonly waiting: number;
}

/** Each one in progress has a connection of its own; a poll keeps it as long as there is no data. */
const LIMITS: LaneLimits = { underway: 2048, waiting: 1024 };

interface Lane {
  underway: number;
  readonly waiting: Set<() => void>;
}

/** Limits the requests in progress to each sibling. Polls and other requests do not wait for each other. */
export class SiblingLanes {
  private readonly lanes = new Map<string, Lane>();

  constructor(private readonly limits: LaneLimits = LIMITS) {}

  /**
   * Starts a request, or lets it wait.
   *
   * @param name - the lane: a sibling and a kind of request
   * @param begin - called when there is room for it; call {@link leave} after that
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

  /** A started request is over. */
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

  /** A waiting request is no longer needed. */
  withdraw(name: string, begin: () => void): void {
    this.lanes.get(name)?.waiting.delete(begin);
  }
}
