const CONTEXT = 3;

interface Line { sign: ' ' | '-' | '+'; text: string }

/** The lines of both texts, those that they share only once: a longest common subsequence. */
function compare(before: readonly string[], after: readonly string[]): Line[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      lengths[i][j] = before[i] === after[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const lines: Line[] = [];
  let [ i, j ] = [ 0, 0 ];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ sign: ' ', text: before[i++] });
      j++;
    } else if (i < before.length && (j === after.length || lengths[i + 1][j] >= lengths[i][j + 1])) {
      lines.push({ sign: '-', text: before[i++] });
    } else lines.push({ sign: '+', text: after[j++] });
  }
  return lines;
}

function toLines(text: string | undefined): string[] {
  if (!text) return [];
  const lines = text.replace(/^\uFEFF/, '').replace(/\r\n/g, '\n').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** The parts that are shown: changed lines, and a few around them. */
function hunks(lines: readonly Line[]): [start: number, end: number][] {
  const found: [number, number][] = [];
  lines.forEach(({ sign }, i) => {
    if (sign === ' ') return;
    const [ start, end ] = [ Math.max(0, i - CONTEXT), Math.min(lines.length, i + CONTEXT + 1) ];
    const last = found.at(-1);
    if (last && start <= last[1]) last[1] = end;
    else found.push([ start, end ]);
  });
  return found;
}

/**
 * Returns a unified diff.
 *
 * @param from - the old file's name, undefined for a new file
 * @param to - the new file's name, undefined for one that is removed
 * @param before - the old text
 * @param after - the new text
 */
export function diffOf(from: string | undefined, to: string | undefined, before?: string, after?: string): string {
  const lines = compare(toLines(before), toLines(after));
  const isMoved = from !== undefined && to !== undefined && from !== to;
  const out = [ ...isMoved ? [ `rename from ${from}`, `rename to ${to}` ] : [], `--- ${from ? `a/${from}` : '/dev/null'}`, `+++ ${to ? `b/${to}` : '/dev/null'}` ];
  let [ at, old, fresh ] = [ 0, 1, 1 ];
  const count = (part: readonly Line[], but: '-' | '+') => part.filter(({ sign }) => sign !== but).length;
  for (const [ start, end ] of hunks(lines)) {
    const skipped = lines.slice(at, start);
    old += count(skipped, '+');
    fresh += count(skipped, '-');
    const shown = lines.slice(start, end);
    const [ oldCount, newCount ] = [ count(shown, '+'), count(shown, '-') ];
    out.push(`@@ -${oldCount ? old : old - 1},${oldCount} +${newCount ? fresh : fresh - 1},${newCount} @@`);
    out.push(...shown.map(({ sign, text }) => sign + text));
    [ at, old, fresh ] = [ end, old + oldCount, fresh + newCount ];
  }
  return `${out.join('\n')}\n`;
}
