/** What terminals draw two columns wide: the scripts of East Asia, their forms of punctuation, and emoji. */
const WIDE = new RegExp([
  '\\p{Script=Han}', '\\p{Script=Hiragana}', '\\p{Script=Katakana}', '\\p{Script=Hangul}', '\\p{Script=Bopomofo}',
  '\\p{Emoji_Presentation}', '\\u{FE0F}', '[\\u{3000}-\\u{303E}\\u{FF01}-\\u{FF60}\\u{FFE0}-\\u{FFE6}]',
].join('|'), 'u');
const NARROW = /[\u{FF61}-\u{FFDC}]/u;
const PLAIN = /^[\x20-\x7e]*$/;

let segmenter: Intl.Segmenter | undefined;

/**
 * How many columns of a terminal a text takes. A character may be made of several code points: letters with accents, emoji.
 *
 * @see https://www.unicode.org/reports/tr11/ by which the wide ones are chosen
 */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  segmenter ??= new Intl.Segmenter();
  let width = 0;
  for (const { segment } of segmenter.segment(text)) {
    if (/^\p{Cf}$/u.test(segment)) continue;
    width += WIDE.test(segment) && !NARROW.test(segment) ? 2 : 1;
  }
  return width;
}
