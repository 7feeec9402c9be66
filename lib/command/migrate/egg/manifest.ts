/** The new text of the app's package.json, and notes for the user. */
export interface ManifestChange { text: string; notes: string[] }

/**
 * Replaces the dependency, and removes `--sticky` from the scripts.
 *
 * @param text - of package.json
 * @param version - of this package
 */
export function translateManifest(text: string, version: string): ManifestChange {
  const notes: string[] = [];
  const has = (name: string) => new RegExp(`"${name.replace('.', '\\.')}"\\s*:\\s*"[^"]*"`).test(text);
  let changed = text;
  if (has('egg-socket.io')) {
    changed = has('egg-socketio')
      ? changed.replace(/^[ \t]*"egg-socket\.io"\s*:\s*"[^"]*",\r?\n/m, '')
      : changed.replace(/"egg-socket\.io"(\s*:\s*)"[^"]*"/, `"egg-socketio"$1"^${version}"`);
    notes.push('run npm install, as package.json has another dependency.');
  }
  changed = changed.replace(/ --sticky\b(=true)?/g, '');
  if (/"sticky"\s*:\s*true/.test(changed)) notes.push('package.json: sticky is not needed, and better left out.');
  if (/"socket\.io-client"\s*:\s*"[\^~]?2\./.test(text)) {
    notes.push('package.json: rename socket.io-client to "socket.io-client-v2": "npm:socket.io-client@^2.5.0", or update it; npm installs egg-socketio only beside version 4.');
  }
  if (has('@types/socket.io')) notes.push('package.json: @types/socket.io is for Socket.IO 2; remove it.');
  return { text: changed, notes };
}
