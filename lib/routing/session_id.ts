import type { IncomingMessage } from 'node:http';

const TAG = /^[A-Za-z0-9_-]{8}$/;
/** A dot and a tag. */
const SUFFIX_LENGTH = 9;
const DOT = 46;

/**
 * The tag of the worker that owns a session: the part of its id after the last dot.
 *
 * @return `undefined` for an id without a tag, such as one from elsewhere
 */
export function tagOf(sid: string): string | undefined {
  const dot = sid.length - SUFFIX_LENGTH;
  if (dot < 0 || sid.charCodeAt(dot) !== DOT) return undefined;
  const tag = sid.slice(dot + 1);
  return TAG.test(tag) ? tag : undefined;
}

/** An id with the tag of the worker that created it. */
export function withTag(id: string, tag: string): string {
  return `${id}.${tag}`;
}

/** As a form does it, which is how Engine.IO reads the query. */
function decode(text: string): string {
  return text.includes('%') || text.includes('+') ? new URLSearchParams(`v=${text}`).get('v')! : text;
}

/**
 * The session id that Engine.IO finds in the URL of a request: the last one of several, because it copies them into an object one after
 * the other. It only creates a URL object for characters that no client sends and a URL drops.
 */
export function sidOfUrl(url: string): string | undefined {
  if (/[\0-\x20]/.test(url)) return sidOfOddUrl(url);
  const hash = url.indexOf('#');
  let end = hash < 0 ? url.length : hash;
  const query = url.indexOf('?') + 1;
  if (query === 0 || query > end) return undefined;
  while (end > query) {
    const start = Math.max(url.lastIndexOf('&', end - 1) + 1, query);
    const parameter = url.slice(start, end);
    const equals = parameter.indexOf('=');
    const key = equals < 0 ? parameter : parameter.slice(0, equals);
    if (decode(key) === 'sid') return equals < 0 ? '' : decode(parameter.slice(equals + 1));
    end = start - 1;
  }
  return undefined;
}

function sidOfOddUrl(url: string): string | undefined {
  try {
    return new URL(url, 'https://socket.io').searchParams.getAll('sid').at(-1);
  } catch {
    return undefined;
  }
}

type GenerateId = (req: IncomingMessage) => string | PromiseLike<string>;

/** The part of an Engine.IO server that creates session ids. */
export interface IdSource { generateId: GenerateId }

/**
 * Adds a tag to every session id of an Engine.IO server, whichever generator the app sets, and whenever.
 *
 * @param engine - its own generator stays in use until the app sets another
 */
export function tagSessionIds(engine: IdSource, tag: string): void {
  const tagging = new WeakSet<GenerateId>();
  const tagged = (generate: GenerateId): GenerateId => {
    // The app may have read a generator to restore it later.
    if (tagging.has(generate)) return generate;
    const generator: GenerateId = req => {
      const id = generate.call(engine, req);
      return typeof id === 'string' ? withTag(id, tag) : Promise.resolve(id).then(late => withTag(late, tag));
    };
    tagging.add(generator);
    return generator;
  };
  let current = tagged(engine.generateId);
  Object.defineProperty(engine, 'generateId', {
    configurable: true,
    enumerable: true,
    get: () => current,
    set: (generate: GenerateId) => { current = tagged(generate); },
  });
}
