/** A package-lock.json, or the one that npm leaves in node_modules. */
export interface Lock {
  packages: Record<string, { version?: string; dependencies?: Record<string, string>; optional?: boolean }>;
}

/**
 * The oldest versions that may be installed, and what is fixed in them. Last compared with the published advisories on
 * 2026-11-29. What Engine.IO and the adapter require of `ws` themselves is older than what the plugin's servers use, and comes with
 * them nevertheless.
 */
export const FLOORS: Readonly<Record<string, string>> = {
  // CVE-2026-69185: memory exhausted by crafted packets.
  'socket.io-parser': '4.2.7',
  // CVE-2026-59725: POST requests with binary content (6.6.7), sessions of WebTransport that stay (6.6.8); a `ws` before 8.21 (6.6.9).
  'engine.io': '6.6.9',
  // It takes a `ws` before 8.21 until then.
  'socket.io-adapter': '2.5.8',
  // CVE-2024-38355: a packet that ends the process.
  'socket.io': '4.6.2',
  // CVE-2026-48779: memory exhausted by tiny fragments (8.21.0, and completely 8.21.1).
  ws: '8.21.1',
  // CVE-2025-66020: a regular expression that takes minutes for a short string.
  valibot: '1.2.0',
  // CVE-2024-47764: names and values that are more than one cookie.
  cookie: '0.7.0',
  // CVE-2017-16137: a regular expression that takes long for a crafted string.
  debug: '3.1.0',
  // CVE-2017-20162: the same for a long string.
  ms: '2.0.0',
  // CVE-2016-10539: the same for a crafted Accept-Language header.
  negotiator: '0.6.1',
};

/** The other packages that apps get with this one, for which no advisory was known on that day. */
export const WITHOUT_ADVISORY: readonly string[] = [
  '@ioredis/commands', '@msgpack/msgpack', '@socket.io/component-emitter', '@socket.io/redis-adapter', '@socket.io/redis-streams-adapter', 'accepts',
  'cluster-key-slot', 'cors', 'denque', 'engine.io-parser', 'ioredis', 'mime-db', 'mime-types', 'notepack.io', 'object-assign', 'redis-errors',
  'redis-parser', 'reflect-metadata', 'ret', 'standard-as-callback', 'uid2', 'undici-types', 'validate-npm-package-name', 'vary',
];

/** The same for packages that the build writes into a file of the package's own: no package manager knows that apps use them. */
export const BUNDLED: Readonly<Record<string, string>> = {
  // CVE-2023-52079: recursion without end while a structure is decoded.
  msgpackr: '1.10.1',
};

/** The oldest `ws` for servers of the plugin: 8.23.0 closes the connection of a client that pings and does not read. */
export const SERVER_WS_FLOOR = '8.23.0';

/** Whether `version` is `floor` or newer; a prerelease is not. */
export function isAtLeast(version: string, floor: string): boolean {
  if (!/^\d+\.\d+\.\d+$/.test(version)) return false;
  const [ parts, least ] = [ version, floor ].map(text => text.split('.').map(Number));
  const differing = parts.findIndex((part, i) => part !== least[i]);
  return differing === -1 || parts[differing] > least[differing];
}

/** Where Node finds a package that is required in another one. */
function resolve({ packages }: Lock, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const location = `${folder ? `${folder}/` : ''}node_modules/${name}`;
    if (packages[location]) return location;
    if (!folder) return undefined;
  }
}

/**
 * The packages that are loaded for one of them, itself excepted.
 *
 * @param root - its key in the lock; `''` for the project itself, without what is for its development
 */
export function packagesOf(lock: Lock, root: string): { name: string; location: string; version: string }[] {
  const found = new Map<string, string>();
  const visit = (location: string) => {
    for (const name of Object.keys(lock.packages[location].dependencies ?? {})) {
      const target = resolve(lock, location, name);
      if (!target || found.has(target)) continue;
      found.set(target, name);
      visit(target);
    }
  };
  visit(root);
  return [ ...found ].map(([ location, name ]) => ({ location, name, version: lock.packages[location].version! }));
}

/** The packages that are loaded for a package and are in neither list: nobody has looked for their advisories. */
export function unreviewed(lock: Lock, root: string): string[] {
  const names = new Set(packagesOf(lock, root).map(({ name }) => name));
  return [ ...names ].filter(name => !(name in FLOORS) && !WITHOUT_ADVISORY.includes(name) && !name.startsWith('@types/'));
}

/** What is older than it may be, in what is loaded for a package. */
export function tooOld(lock: Lock, root: string): string[] {
  const own = resolve(lock, root, 'ws');
  return packagesOf(lock, root).flatMap(({ name, location, version }) => {
    const floor = location === own ? SERVER_WS_FLOOR : FLOORS[name];
    return floor === undefined || isAtLeast(version, floor) ? [] : [ `${location}: ${version}, and not ${floor} or newer` ];
  });
}
