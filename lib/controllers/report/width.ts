/** Characters that terminals draw two columns wide: East Asian scripts and punctuation, and emoji. */
const WIDE = [
  '\\p{Script=Han}', '\\p{Script=Hiragana}', '\\p{Script=Katakana}', '\\p{Script=Hangul}', '\\p{Script=Bopomofo}',
  '\\p{Emoji_Presentation}', '\\u{FE0F}', '[\\u{3000}-\\u{303E}\\u{FF01}-\\u{FF60}\\u{FFE0}-\\u{FFE6}]',
].join('|');
const NARROW = /[\u{FF61}-\u{FFDC}]/u;
const PLAIN = /^[\x20-\x7e]*$/;

let tools: { segmenter: Intl.Segmenter; wide: RegExp } | undefined;

/**
 * Returns how many terminal columns a text takes. A character may consist of several code points: letters with accents, emoji.
 *
 * @see https://www.unicode.org/reports/tr11/ for the choice of wide characters
 */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  tools ??= { segmenter: new Intl.Segmenter(), wide: new RegExp(WIDE, 'u') };
  let width = 0;
  for (const { segment } of tools.segmenter.segment(text)) {
    if (/^\p{Cf}$/u.test(segment)) continue;
    width += tools.wide.test(segment) && !NARROW.test(segment) ? 2 : 1;
  }
  return width;
}
