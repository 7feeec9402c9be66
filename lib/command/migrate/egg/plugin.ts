import { bare, propertyOf, stringOf } from '../source/nodes';
import type { Source } from '../source/source';
import { type Entry, entriesOf } from './config';

const PACKAGES = [ 'egg-socket.io', 'egg-socketio/egg-socket.io' ];

/** The package of an entry of config/plugin; nothing if it has none. */
function packageOf({ ts }: Source, { value }: Entry): string | undefined {
  if (!ts.isObjectLiteralExpression(value)) return undefined;
  const property = propertyOf(ts, value, 'package');
  return property && ts.isPropertyAssignment(property) ? stringOf(ts, bare(ts, property.initializer)) : undefined;
}

/** Whether a config/plugin file enables egg-socket.io, or its compatible form. */
export function hasEggSocketIO(source: Source): boolean {
  return entriesOf(source, 'io').some(entry => PACKAGES.includes(packageOf(source, entry) ?? ''));
}

/** Turns `io` of a config/plugin file into `socketio`. */
export function translatePlugin(source: Source): void {
  const { ts } = source;
  const isThere = entriesOf(source, 'socketio').length > 0;
  for (const entry of entriesOf(source, 'io')) {
    const { holder, nameNode, value } = entry;
    const name = packageOf(source, entry);
    if (name !== undefined && !PACKAGES.includes(name)) continue;
    if (isThere) {
      const end = source.text[holder.end] === ',' ? holder.end + 1 : holder.end;
      source.remove(holder, source.commentStart(holder), end);
      continue;
    }
    source.replace(nameNode, 'socketio');
    const property = name !== undefined && ts.isObjectLiteralExpression(value) ? propertyOf(ts, value, 'package') : undefined;
    if (property && ts.isPropertyAssignment(property)) {
      const [ quote ] = property.initializer.getText(source.tree);
      source.replace(property.initializer, `${quote}egg-socketio${quote}`);
    }
  }
}
