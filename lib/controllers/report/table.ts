import type { ReportedEmit, ReportedNamespace, ReportedStep, StartupReport } from './report';
import { widthOf } from './width';

const TITLES = [ 'namespace', 'event', 'handler', 'middleware', 'guards', 'interceptors', 'emits' ] as const;
type Row = Record<typeof TITLES[number], string>;

const GAP = '  ';

const PLAIN = /^[!#-'*-~][!-~]*$/;
const UNCLEAR = /^$|^[\s("]|\s$|[\p{Cc}\p{Zl}\p{Zp}]/u;

/** Quotes a text that could be misread, or that would break the line. */
function shown(text: string): string {
  // Patterns with Unicode properties are slow to create, and most apps need none.
  if (PLAIN.test(text) || !UNCLEAR.test(text)) return text;
  return JSON.stringify(text).replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function list(steps: readonly ReportedStep[]): string {
  return steps.map(({ name }) => shown(name)).join(', ');
}

function receivers({ kind, rooms }: ReportedEmit): string {
  if (rooms.length === 0) return kind === 'emit' ? 'sender' : 'others';
  return `${rooms.length === 1 ? 'room' : 'rooms'} ${rooms.map(shown).join(', ')}`;
}

function rowsOf({ name, connecting, outgoing, handlers }: ReportedNamespace): Row[] {
  const namespace = shown(name);
  const rows = handlers.map(({ kind, event, file, method, middleware, guards, interceptors, emits }) => ({
    namespace,
    event: kind === 'message' ? shown(event) : `(${kind})`,
    handler: `${file}:${shown(method)}`,
    middleware: list(middleware),
    guards: list(guards),
    interceptors: list(interceptors),
    emits: emits.map(emit => `${shown(emit.event)} (${receivers(emit)})`).join(', '),
  }));
  const step = (event: string, middleware: readonly ReportedStep[], guards: readonly ReportedStep[] = []): Row[] => {
    if (middleware.length + guards.length === 0) return [];
    return [{ namespace, event, handler: '', middleware: list(middleware), guards: list(guards), interceptors: '', emits: '' }];
  };
  return [ ...step('(connecting)', connecting.middleware, connecting.guards), ...rows, ...step('(outgoing)', outgoing) ];
}

/** Formats rows below titles, each column as wide as its widest text. Empty columns are left out. */
function layOut(rows: readonly Row[]): string[] {
  const columns = TITLES.map(title => [ title, ...rows.map(row => row[title]) ])
    .filter(([ , ...texts ]) => texts.some(text => text !== ''))
    .map(texts => {
      const widths = texts.map(widthOf);
      const widest = widths.reduce((a, b) => Math.max(a, b));
      return texts.map((text, i) => text + ' '.repeat(widest - widths[i]));
    });
  return columns[0].map((_, line) => columns.map(column => column[line]).join(GAP).trimEnd());
}

/** Formats a count: `1 handler`, `2 handlers`. */
function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}

/**
 * Formats a report as a table, below a summary line.
 *
 * @param note - the end of that line
 */
export function formatTable({ namespaces }: StartupReport, note = ''): string {
  const handlers = namespaces.reduce((sum, namespace) => sum + namespace.handlers.length, 0);
  const summary = `${count(handlers, 'handler')} in ${count(namespaces.length, 'namespace')}${note}`;
  const rows = namespaces.flatMap(rowsOf);
  return [ summary, ...rows.length > 0 ? layOut(rows) : [] ].join('\n');
}
