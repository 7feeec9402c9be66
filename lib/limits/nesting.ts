const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** The start of a packet's JSON text, or a position before it: a namespace may have quotes and brackets in its name, but no comma. */
function startOf(text: string): number {
  if (!/^[^[{"/]*\//.test(text)) return 0;
  const comma = text.indexOf(',');
  return comma < 0 ? text.length : comma;
}

/** The end of a string whose first character is at `from`. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text.charCodeAt(before - 1) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 0) return end;
  }
  return text.length;
}

/**
 * Returns how deeply the arrays and objects of a text packet are nested; 0 without any.
 *
 * @param text - a packet as socket.io-parser encodes it, or JSON; for anything else the result is meaningless
 * @param enough - deeper levels are not counted
 */
export function nestingOf(text: string, enough = Infinity): number {
  let level = 0;
  let deepest = 0;
  for (let i = startOf(text); i < text.length && deepest <= enough; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i + 1);
        break;
      case OPENING_BRACKET:
      case OPENING_BRACE:
        level += 1;
        if (level > deepest) deepest = level;
        break;
      case CLOSING_BRACKET:
      case CLOSING_BRACE:
        level -= 1;
        break;
      default:
    }
  }
  return deepest;
}
