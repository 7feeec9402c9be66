import { readFileSync } from 'node:fs';

const HEADING = /^## (.+)$/;
const ENTRY = /^- \[([^\]]+)\]\(([\w.-]+)\.md\)/;

/**
 * The side bar of a language, from the list of all pages in its README.
 *
 * @param {string} readme - the path of the README
 * @param {string} base - the address of its pages, such as `/zh/`
 */
export function sidebarOf(readme, base) {
  const groups = [];
  for (const line of readFileSync(readme, 'utf8').split('\n')) {
    const heading = HEADING.exec(line);
    if (heading) groups.push({ text: heading[1], items: [] });
    const entry = ENTRY.exec(line);
    if (entry) groups.at(-1).items.push({ text: entry[1], link: base + entry[2] });
  }
  return groups;
}
