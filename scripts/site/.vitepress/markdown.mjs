import path from 'node:path';

/** The line under a page's title that leads to its translation; the site has a menu for that. */
const LANGUAGES = /^(English \| \[|\[English\]\()/;
/** A page that a docstring names with `@see`. */
const SEE = /^docs\/([\w-]+\.md(?:#[\w-]+)?)$/;
const OUTSIDE = /^(?:[a-z]+:|#|\/)/i;

/**
 * Makes pages that were written for a repository fit the site.
 *
 * @param {import('markdown-it').default} md - VitePress's
 * @param {string} root - the folder of the pages
 */
export function fitPages(md, root) {
  md.core.ruler.push('languages', ({ tokens }) => {
    const at = tokens.findIndex(({ type, content }) => type === 'inline' && LANGUAGES.test(content));
    if (at > 0) tokens.splice(at - 1, 3);
  });
  md.core.ruler.push('see', ({ tokens, Token, env }) => {
    for (const token of tokens) {
      const [ , page ] = SEE.exec(token.type === 'inline' ? token.content : '') ?? [];
      if (!page) continue;
      const open = new Token('link_open', 'a', 1);
      open.attrSet('href', path.posix.join(path.posix.relative(path.posix.dirname(env.relativePath), ''), page));
      const text = new Token('text', '', 0);
      text.content = page.replace(/\.md/, '');
      token.children = [ open, text, new Token('link_close', 'a', -1) ];
    }
  });
  // Vite takes an address without a dot for the name of a package.
  md.core.ruler.push('pictures', ({ tokens }) => {
    for (const token of tokens.flatMap(each => [ each, ...each.children ?? [] ])) {
      if (token.type.startsWith('html_')) token.content = token.content.replace(/ (src|srcset)="(?=images\/)/g, ' $1="./');
    }
  });
  md.core.ruler.push('links', ({ tokens, env }) => {
    for (const { children } of tokens) {
      for (const [ i, token ] of children?.entries() ?? []) {
        const href = token.type === 'link_open' && token.attrGet('href');
        if (!href || OUTSIDE.test(href)) continue;
        const [ file, anchor ] = href.split('#');
        const target = path.resolve(root, path.dirname(env.relativePath), file);
        if (target === path.join(root, '../README.md') || target === path.join(root, '../README.zh-CN.md')) {
          token.attrSet('href', path.posix.relative(path.posix.dirname(env.relativePath), 'index.md'));
        } else if (path.relative(root, target).startsWith('..')) {
          // A test, or another file of the repository: only its name is shown.
          const end = children.slice(i).find(({ type }) => type === 'link_close');
          for (const each of [ token, end ]) Object.assign(each, { type: 'text', tag: '', nesting: 0, content: '', attrs: null });
        } else if (path.basename(file) === 'README.md') {
          token.attrSet('href', href.replace('README.md', 'index.md'));
        } else if (anchor !== undefined) {
          token.attrSet('href', `${file}#${anchor}`);
        }
      }
    }
  });
}
