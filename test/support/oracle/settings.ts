/** How the plugin is set up for a run of the oracle. Each key has a few values, and rows cover all pairs of them. */
export interface Settings {
  readonly workers: 1 | 3;
  readonly adapter: 'embedded' | 'pubsub' | 'sharded' | 'streams';
  readonly recovery: boolean;
  readonly ownPort: boolean;
  readonly proxy: boolean;
  readonly parser: 'default' | 'msgpack';
  readonly limits: 'near' | 'far';
  /** Egg's own `--sticky`. */
  readonly sticky: boolean;
  /** What becomes of a worker in the middle of each story. */
  readonly ending: 'none' | 'stop' | 'kill';
}

const VALUES: { [K in keyof Settings]: readonly Settings[K][] } = {
  workers: [ 3, 1 ],
  adapter: [ 'embedded', 'pubsub', 'sharded', 'streams' ],
  recovery: [ true, false ],
  ownPort: [ false, true ],
  proxy: [ false, true ],
  parser: [ 'default', 'msgpack' ],
  limits: [ 'far', 'near' ],
  sticky: [ false, true ],
  ending: [ 'none', 'stop', 'kill' ],
};
const KEYS = Object.keys(VALUES) as (keyof Settings)[];

type Value = Settings[keyof Settings];
type Partially = Partial<Record<keyof Settings, Value>>;

/** Whether there is such a setup: the plugin refuses some at the start, and others mean nothing. */
function isPossible({ workers, adapter, recovery, ownPort, sticky, ending }: Partial<Settings>): boolean {
  if (recovery === true && (adapter === 'pubsub' || adapter === 'sharded')) return false;
  if (workers === 1 && (sticky === true || (ending ?? 'none') !== 'none')) return false;
  // While a worker dies, Egg's --sticky passes all new connections of its clients' addresses to it; docs/many-workers.md says so.
  if (sticky === true && ending !== undefined && ending !== 'none') return false;
  // With --sticky, Egg's master listens for Egg's port and not for a port of the plugin's own.
  return !(sticky === true && ownPort === true);
}

function pairsOf(row: Partially): string[] {
  const set = KEYS.filter(key => row[key] !== undefined);
  return set.flatMap((one, i) => set.slice(i + 1).map(other => `${one}=${String(row[one])} ${other}=${String(row[other])}`));
}

function allPairs(): Set<string> {
  const pairs = new Set<string>();
  for (const [ i, one ] of KEYS.entries()) {
    for (const other of KEYS.slice(i + 1)) {
      for (const a of VALUES[one]) {
        for (const b of VALUES[other]) {
          if (isPossible({ [one]: a, [other]: b })) pairs.add(pairsOf({ [one]: a, [other]: b })[0]);
        }
      }
    }
  }
  return pairs;
}

/**
 * Rows that hold each possible pair of values at least once, made greedily: a row begins with a pair that is missing, and takes for
 * each other key the value that adds most.
 */
export function pairwise(): readonly Settings[] {
  const missing = allPairs();
  const rows: Settings[] = [];
  while (missing.size > 0) {
    const [ seed ] = missing;
    const row: Partially = Object.fromEntries(seed.split(' ').map(part => {
      const [ key, text ] = part.split('=');
      return [ key, VALUES[key as keyof Settings].find(value => String(value) === text)! ];
    }));
    for (const key of KEYS) {
      if (row[key] !== undefined) continue;
      const possible = VALUES[key].filter(value => isPossible({ ...row, [key]: value } as Partial<Settings>));
      const gain = (value: Value) => pairsOf({ ...row, [key]: value }).filter(pair => missing.has(pair)).length;
      row[key] = [ ...possible ].sort((a, b) => gain(b) - gain(a))[0];
    }
    for (const pair of pairsOf(row)) missing.delete(pair);
    rows.push(row as unknown as Settings);
  }
  return rows;
}

export function describe(settings: Settings): string {
  return KEYS.map(key => `${key} ${String(settings[key])}`).join(', ');
}
