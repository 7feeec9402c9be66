import fc from 'fast-check';
import type { Settings } from './settings';

/** How the plugin's side handles an event. */
export type Form = 'plain' | 'async' | 'ack' | 'listener';

export interface NamespaceSpec {
  /** As clients name it. */
  readonly path: string;
  /** The source of the RegExp that servers name it by, if they do. */
  readonly pattern?: string;
  readonly isGuarded: boolean;
  /** Whether a client is sent who it is as soon as it is connected; where not, a client may have got no event when it is lost. */
  readonly greets: boolean;
  readonly forms: Readonly<Record<string, Form>>;
}

export interface AppSpec {
  readonly namespaces: readonly NamespaceSpec[];
  readonly trustsProxy: boolean;
}

export interface ClientSpec {
  readonly transport: 'polling' | 'websocket' | 'upgrade';
  readonly protocol: 3 | 4;
  /** Indexes of the namespaces it connects to, without repetition. */
  readonly namespaces: readonly number[];
  /** Whether it has the token that guarded namespaces ask for. */
  readonly hasToken: boolean;
  /** A header that goes with polling only, as in a browser. */
  readonly header: boolean;
}

/** One emit; without an ack nothing is expected back. */
export interface Call {
  readonly event: string;
  readonly args: readonly unknown[];
  readonly wantsAck: boolean;
}

export type Step =
  | { readonly kind: 'emit'; readonly client: number; readonly nsp: number; readonly calls: readonly Call[] }
  /** Loses its connection; the server notices. */
  | { readonly kind: 'break'; readonly client: number }
  | { readonly kind: 'back'; readonly client: number }
  /** Loses its connection without the server's noticing, misses what another client sends, and comes back. */
  | { readonly kind: 'vanish'; readonly client: number; readonly nsp: number; readonly meanwhile: readonly Call[] }
  | { readonly kind: 'leave'; readonly client: number }
  /** The worker of a client is stopped or killed, as the settings say. */
  | { readonly kind: 'end worker'; readonly client: number };

/** What clients do, one step after the other. All of them connect first. */
export interface Story {
  readonly clients: readonly ClientSpec[];
  readonly steps: readonly Step[];
}

const ROOMS = [ 'red', 'blue' ];
const room = fc.constantFrom(...ROOMS);
const text = fc.oneof(fc.constantFrom('', 'hello', '你好', 'a'.repeat(300), '\u2028'), fc.string({ maxLength: 8 }));
const value = fc.oneof(
  text, fc.integer(), fc.boolean(), fc.constant(null), fc.array(text, { maxLength: 3 }), fc.dictionary(fc.constantFrom('a', 'b'), text, { maxKeys: 2 }),
);
/** In a counterexample, its bytes would fill the screen. */
function readable(buffer: Buffer): Buffer {
  return Object.defineProperty(buffer, fc.toStringMethod, { value: () => `<Buffer of ${buffer.length} bytes>` });
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }), fc.constantFrom(125, 126, 4096, 16_384, 16_385, 70_000).map(length => new Uint8Array(length).fill(7)),
).map(array => readable(Buffer.from(array)));

const event = (name: string, ...args: fc.Arbitrary<unknown>[]) => fc.tuple(...args).map(values => ({ event: name, args: values }));

/** What may be sent while somebody else is away. */
const message = fc.oneof(
  event('all', text), event('others', text), event('say', room, text), event('except', room, text),
);
/** These change nothing that another event of the same client's would show, so that they may be sent together. */
const together = fc.oneof(
  { weight: 3, arbitrary: message },
  event('echo', value), event('nothing'), event('ask', room, text), event('pull', text), event('burst', fc.integer({ min: 1, max: 5 }), text),
  event('fleeting', text), event('recall'), event('identity'), event('bytes', bytes),
);
const alone = fc.oneof(
  { weight: 11, arbitrary: together },
  { weight: 3, arbitrary: event('join', room) },
  event('leave', room), event('who', room), event('remember', fc.constantFrom('x', 'y'), value), event('collect', room, room),
  event('scatter', room), event('dismiss', room), event('bye'),
);
const asksForAck = fc.boolean();
const call = (arbitrary: typeof together): fc.Arbitrary<Call> => fc.tuple(arbitrary, asksForAck)
  .map(([ base, wantsAck ]) => ({ ...base, wantsAck }));

const client = fc.nat(4);
const nsp = fc.nat(3);
const calls = fc.oneof(
  fc.tuple(call(alone)),
  fc.array(call(together), { minLength: 2, maxLength: 4 }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('emit' as const), client, nsp, calls }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('break' as const), client }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('back' as const), client }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), client }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('vanish' as const), client, nsp, meanwhile: fc.array(call(message), { maxLength: 3 }) }) },
);

function clientSpec({ parser, ending }: Settings): fc.Arbitrary<ClientSpec> {
  return fc.record({
    // A polling client whose request a killed worker holds hears nothing until its ping time-out, as Node's cluster keeps the
    // connection.
    transport: fc.constantFrom<ClientSpec['transport']>('upgrade', 'websocket', ...ending === 'none' ? [ 'polling' as const ] : []),
    // There is no such parser for clients of protocol 3.
    protocol: parser === 'default' ? fc.constantFrom<3 | 4>(4, 4, 4, 3) : fc.constant<4>(4),
    namespaces: fc.uniqueArray(nsp, { minLength: 1, maxLength: 3 }),
    hasToken: fc.boolean(),
    header: fc.boolean(),
  });
}

/** The app of a row: the first namespace is `/`, one is guarded, and one is named by a RegExp. */
export function appSpec(events: readonly string[], { proxy }: Settings): fc.Arbitrary<AppSpec> {
  const form = fc.constantFrom<Form>('plain', 'async', 'ack', 'listener');
  const forms = fc.tuple(...events.map(() => form)).map(chosen => Object.fromEntries(events.map((name, i) => [ name, chosen[i] ])));
  return fc.tuple(forms, forms, forms, forms, fc.boolean()).map(([ a, b, c, d, greets ]) => ({
    trustsProxy: proxy,
    namespaces: [
      { path: '/', isGuarded: false, greets: true, forms: a },
      { path: '/chat', isGuarded: false, greets, forms: b },
      { path: '/staff', isGuarded: true, greets: true, forms: c },
      { path: '/game-7', pattern: '^/game-\\d+$', isGuarded: false, greets: !greets, forms: d },
    ],
  }));
}

/** What clients may do under given settings. */
export function story(settings: Settings): fc.Arbitrary<Story> {
  const clients = fc.array(clientSpec(settings), { minLength: 2, maxLength: 5 });
  const steps = fc.array(step, { minLength: 4, maxLength: 14 });
  if (settings.ending === 'none') return fc.record({ clients, steps });
  return fc.record({ clients, steps, at: fc.nat(14), ended: client }).map(({ at, ended, ...rest }) => ({
    ...rest, steps: [ ...rest.steps.slice(0, at), { kind: 'end worker' as const, client: ended }, ...rest.steps.slice(at) ],
  }));
}
