/**
 * Characters that a log does not show as themselves: controls (C0 and C1), line and paragraph separators, bidirectional or zero-width
 * marks, and lone surrogates.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** The same without line ends and tabs, which messages of errors have. */
const UNPRINTABLE_IN_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * The number of characters of a text that are logged: a client may send a megabyte. Egg cuts the properties of errors at this length too.
 */
const LONGEST = 10_000;

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length - LONGEST} more characters)` : text;
}

function escape(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
}

/** Text from a client, such as the name of a dynamic namespace, must neither split a log line nor change how it looks. */
export function printable(text: string): string {
  return cut(text).replace(UNPRINTABLE, escape);
}

/**
 * Formats an error for the log: its message may contain a client's text. Its lines are kept, but each after the first is indented, so
 * none can pass for a log line, and a long message is cut.
 */
export function printableError(error: Error): Error {
  const { message, stack } = error;
  if (typeof message !== 'string' || typeof stack !== 'string') return error;
  const shown = cut(message).replace(UNPRINTABLE_IN_LINES, escape).replace(/\n/g, '\n    ');
  if (shown === message) return error;
  return Object.create(error, {
    message: { value: shown }, stack: { value: stack.includes(message) ? stack.replace(message, () => shown) : shown },
  }) as Error;
}

/** Formats a thrown value for a log line: the stack of an error, escaped like {@link printableError}. */
export function printableStack(thrown: unknown): string {
  return thrown instanceof Error ? String(printableError(thrown).stack) : printable(String(thrown));
}
