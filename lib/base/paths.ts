import path from 'node:path';

/** Formats a path relative to the app: the same on every system. */
export function relativePath(baseDir: string, file: string, system: path.PlatformPath = path): string {
  return system.relative(baseDir, file).split(system.sep).join('/');
}

/** Formats a file for messages: relative to the app if it belongs to it. */
export function shownFile(baseDir: string, file: string): string {
  const relative = relativePath(baseDir, file);
  return relative.startsWith('../') || path.isAbsolute(relative) ? file : relative;
}
