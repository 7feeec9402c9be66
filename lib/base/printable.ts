/**
 * What is not seen as itself in a log: controls (C0 and C1), line and paragraph separators, marks that turn the direction of text or
 * have no width, and halves of characters.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** Without the ends of lines and tabs that messages of errors have. */
const UNPRINTABLE_IN_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Characters of a text that are logged: a client may send a megabyte. Egg cuts the properties of errors there, too. */
const LONGEST = 10_000;

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length - LONGEST} more characters)` : text;
}

function escape(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
}

/** What comes from a client, such as the name of a dynamic namespace, must neither break a log line in two nor show it as another one. */
export function printable(text: string): string {
  return cut(text).replace(UNPRINTABLE, escape);
}

/**
 * An error as it may be logged: its message may hold what a client has sent. Its lines stay lines, but each after the first is indented,
 * so that none can pass for a line of the log, and a long message is cut.
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

/** What was thrown, as text for a line of the log: the stack of an error, escaped as {@link printableError} does. */
export function printableStack(thrown: unknown): string {
  return thrown instanceof Error ? String(printableError(thrown).stack) : printable(String(thrown));
}
