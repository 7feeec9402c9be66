import { CHINESE } from './chinese.js';

const isChinese = /^zh\b/i.test(navigator.language);

/**
 * A text of the page in the reader's language: Chinese for a browser that asks for it, else English.
 *
 * @param {string} english - with names in braces where values go
 * @param {Record<string, string | number>} values - by name
 */
export function t(english, values = {}) {
  const text = isChinese ? CHINESE[english] ?? english : english;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/**
 * The message of an error of the server, by its code.
 *
 * @param {{ code?: string, message: string }} error - as the server sends it
 */
export const explain = ({ code, message }) => (isChinese && code && CHINESE[code]) || message;

/** The attributes that people read. */
const ATTRIBUTES = [ 'placeholder', 'aria-label', 'title', 'content' ];

/** Translates what stands in index.html. */
export function translatePage() {
  if (!isChinese) return;
  document.documentElement.lang = 'zh-CN';
  const walker = document.createTreeWalker(document.documentElement);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node instanceof Element) {
      for (const name of ATTRIBUTES) {
        const chinese = CHINESE[node.getAttribute(name) ?? ''];
        if (chinese) node.setAttribute(name, chinese);
      }
    } else {
      const chinese = CHINESE[(node.nodeValue ?? '').replace(/\s+/g, ' ').trim()];
      if (chinese) node.nodeValue = chinese;
    }
  }
}
