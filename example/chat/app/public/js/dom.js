/**
 * The element with an id.
 *
 * @param {string} id - in index.html
 * @return {any} of whichever class it is there
 */
export const byId = id => document.getElementById(id);

/**
 * Makes an element. Strings among the children become text, never markup: whatever people write stays text.
 *
 * @param {string} tag - its name
 * @param {Record<string, string>} attributes - by name
 * @param {...(Node | string)} children - in order
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [ name, value ] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A colour for a nickname, always the same one. */
function hueOf(nick) {
  let hash = 0;
  for (const character of nick.toLowerCase()) hash = (hash * 31 + character.codePointAt(0)) % 3600;
  return hash / 10;
}

const characters = new Intl.Segmenter();

/** The first character of a nickname in its colour, also an emoji of several parts. Says nothing that the name beside it does not say. */
export function avatar(nick) {
  const [{ segment }] = characters.segment(nick);
  const element = el('span', { class: 'avatar', 'aria-hidden': 'true' }, segment.toUpperCase());
  element.style.setProperty('--hue', String(hueOf(nick)));
  return element;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** The time of day, as people write it where the browser is. */
export function timeOf(at) {
  return el('time', { datetime: new Date(at).toISOString() }, clock.format(at));
}

const kilobytes = new Intl.NumberFormat(undefined, { style: 'unit', unit: 'kilobyte', maximumFractionDigits: 0 });

/** The size of a file, as people write it where the browser is. */
export const sizeOf = bytes => kilobytes.format(Math.ceil(bytes / 1000));

let toastTimer;

/** Tells something that passes. */
export function toast(text) {
  const output = byId('toast');
  output.textContent = text;
  output.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { output.hidden = true; }, 4000);
}
