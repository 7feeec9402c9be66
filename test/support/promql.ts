import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { Exposition } from './exposition';

/** Labels that Prometheus itself adds to each sample of a scrape. */
const OF_SCRAPE = [ 'job', 'instance' ];

/** A metric in a query, with the labels that the query selects it by, groups it by, or joins it on. */
export interface Use {
  readonly metric: string;
  readonly labels: readonly string[];
}

function nodesIn(node: SyntaxNode, name: string): SyntaxNode[] {
  const own = node.name === name ? [ node ] : [];
  for (let child = node.firstChild; child; child = child.nextSibling) own.push(...nodesIn(child, name));
  return own;
}

/**
 * What a query uses.
 *
 * @throws {Error} if it is not valid
 */
export function usesOf(query: string): Use[] {
  // Grafana replaces its own variables before Prometheus gets a query.
  const expr = query.replaceAll('$__rate_interval', '5m');
  const textOf = ({ from, to }: SyntaxNode) => expr.slice(from, to);
  const tree = parser.parse(expr);
  tree.iterate({
    enter({ type, from }) {
      if (type.isError) throw new Error(`not valid at ${from}: ${query}`);
    },
  });
  return nodesIn(tree.topNode, 'VectorSelector').map(selector => {
    const labels = nodesIn(selector, 'UnquotedLabelMatcher').map(matcher => textOf(matcher.getChild('LabelName')!));
    for (let node: SyntaxNode | null = selector.parent; node; node = node.parent) {
      const grouping = node.getChild('AggregateModifier') ?? node.getChild('MatchingModifierClause');
      if (grouping) labels.push(...nodesIn(grouping, 'LabelName').map(textOf));
    }
    return { metric: textOf(selector.getChild('Identifier')!), labels: [ ...new Set(labels) ] };
  });
}

/** What a query uses that an app does not export. */
export function problemsOf(query: string, exposition: Exposition): string[] {
  return usesOf(query).flatMap(({ metric, labels }) => {
    const samples = exposition.of(metric);
    if (samples.length === 0) return [ `${metric} does not exist: ${query}` ];
    const missing = labels.filter(label => !OF_SCRAPE.includes(label) && !(label in samples[0].labels));
    return missing.map(label => `${metric} has no label ${label}: ${query}`);
  });
}
