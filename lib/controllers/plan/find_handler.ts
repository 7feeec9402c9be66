import type { HandlerPlan, NamespacePlan, PatternPlan } from './types';

/** The longer pattern first, as it was written: it says more. Those of one length stay in their order. */
export function inOrderOfPrecedence(patterns: Iterable<PatternPlan>): PatternPlan[] {
  return [ ...patterns ].sort((a, b) => b.pattern.source.length - a.pattern.source.length);
}

/**
 * Returns the handler of an event: that of its exact name, or of the first pattern that matches.
 *
 * @param isHeard - whether the app listens to the exact name itself, with `socket.on()`; then no pattern gets the event
 */
export function findHandler({ messages, patterns }: NamespacePlan, event: unknown, isHeard: boolean): HandlerPlan | undefined {
  // Socket.IO's parser accepts a number as the name of an event.
  if (typeof event !== 'string') return undefined;
  return messages.get(event) ?? (isHeard ? undefined : patterns.find(({ pattern }) => pattern.match(event)));
}

/** The names and patterns of a namespace, for messages. */
export function eventsOf({ messages, patterns }: Pick<NamespacePlan, 'messages' | 'patterns'>): string[] {
  return [ ...messages.keys(), ...patterns.map(({ pattern }) => pattern.source) ];
}
