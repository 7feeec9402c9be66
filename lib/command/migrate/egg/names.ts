import path from 'node:path';

/** The folders of egg-socket.io, and what takes their place. */
export const FOLDERS = {
  controller: { from: 'app/io/controller', to: 'app/socket' },
  middleware: { from: 'app/io/middleware', to: 'app/socket/middleware' },
} as const;

/** The path of a file in one of egg-socket.io's folders, without the folder and the extension. */
export function nameIn(folder: { from: string }, file: string): string {
  return file.slice(folder.from.length + 1).replace(/\.[cm]?[jt]s$/, '');
}

/** Egg's name for a file or a folder: `foo_bar` and `foo-bar` are `fooBar`. */
export function camel(name: string): string {
  return name.replace(/[_-][a-z]/gi, part => part[1].toUpperCase());
}

/** Egg's names for a controller: in `app.io.controller`, they begin in lower case. */
export function controllerChain(name: string): string[] {
  return name.split('/').map(part => camel(part)).map(part => part[0].toLowerCase() + part.slice(1));
}

/** Where a file of egg-socket.io moves; nothing for another one. */
export function movedTo(file: string): string | undefined {
  const folder = Object.values(FOLDERS).find(({ from }) => file.startsWith(`${from}/`));
  return folder && path.posix.join(folder.to, file.slice(folder.from.length + 1));
}

/** `'chat'` and `'/chat'` are the same. */
export function namespaceOf(name: string): string {
  return name.startsWith('/') ? name : `/${name}`;
}

/** A name for a file or a variable of a namespace: `chatRooms` for `/chat/rooms`. */
export function wordOf(namespace: string): string {
  return camel(namespace.replace(/[^\w]+/g, '_').replace(/^_+|_+$/g, '')) || 'root';
}

/** A JavaScript string, in the quotes of Egg's code style. */
export function quote(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'")}'`;
}

/** A key of an object literal. */
export function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name);
}

/** An array of strings. */
export function arrayOf(names: readonly string[]): string {
  return names.length > 0 ? `[ ${names.map(quote).join(', ')} ]` : '[]';
}
