import type { Settings } from './settings';
import type { AppSpec, Step, Story } from './story';

/** The place in a history that a rule is asked about. */
export interface Place {
  readonly settings: Settings;
  readonly app: AppSpec;
  readonly story: Story;
  /** `undefined` while all clients connect. */
  readonly step: Step | undefined;
}

/** A difference from plain Socket.IO that is documented; whatever no rule takes away is a failure. */
export interface Rule {
  readonly name: string;
  readonly documented: string;
  applies(place: Place): boolean;
  /** Makes of a client's view of a step what both sides have in common. */
  mend(view: readonly string[]): readonly string[];
}

const isAck = (line: string) => / (no )?ack of /.test(line);

/** The namespace that a line is about. */
const pathOf = (line: string) => line.split(' ')[0];

export const RULES: readonly Rule[] = [
  {
    name: 'the namespaces of a connection are connected, disconnected and told things independently of each other',
    documented: 'docs/middleware.md: connection middleware runs for each namespace by itself',
    applies: () => true,
    mend: view => [ ...view ].sort((a, b) => pathOf(a).localeCompare(pathOf(b))),
  },
  {
    name: 'acks of events that were sent together come in the order in which their handlers finish',
    documented: 'docs/answers.md: each handler answers by itself',
    applies: ({ step }) => step?.kind === 'emit' && step.calls.length > 1,
    mend: view => [ ...view.filter(line => !isAck(line)), ...view.filter(isAck).sort() ],
  },
  {
    name: 'handlers that await something go on in the order in which that settles',
    documented: 'docs/security.md: events of one client run side by side',
    applies: ({ step, app }) => step?.kind === 'emit' && step.calls.length > 1
      && app.namespaces.some(({ forms }) => step.calls.some(({ event }) => forms[event] === 'async')),
    mend: view => [ ...view ].sort(),
  },
];
