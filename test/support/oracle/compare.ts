import { type Place, RULES } from './differences';
import type { History } from './playing';

function mended(view: readonly string[], place: Place): readonly string[] {
  return RULES.filter(rule => rule.applies(place)).reduce((seen, rule) => rule.mend(seen), view);
}

/** The first thing that a client has seen on one side only, in words; `undefined` if there is none. */
export function firstDifference(plain: History, plugin: History, place: Omit<Place, 'step'>): string | undefined {
  for (const [ i, views ] of plain.entries()) {
    const here = { ...place, step: place.story.steps[i - 1] };
    const what = i === 0 ? 'all connect' : `step ${i}, ${JSON.stringify(here.step)}`;
    for (const name of new Set([ ...views.keys(), ...plugin[i].keys() ])) {
      const [ one, other ] = [ views, plugin[i] ].map(side => mended(side.get(name) ?? [], here).join('\n    '));
      if (one !== other) return `${what}: ${name} sees with plain Socket.IO\n    ${one}\n  and with the plugin\n    ${other}`;
    }
  }
  return undefined;
}
