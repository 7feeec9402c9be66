import { type Session, SessionAwareAdapter } from 'socket.io-adapter';
import type { Settings } from './settings';
import type { AppSpec, Call, Step, Story } from './story';

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

/** The events that a client has sent together in a step. */
function sentTogether(step: Step | undefined): readonly Call[] {
  if (step?.kind === 'emit') return step.calls;
  return step?.kind === 'vanish' ? step.meanwhile : [];
}

/** Has clients that are recovered first be connected, and then get what they missed. The view is sorted by namespaces. */
function connectedFirst(view: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const line of view) {
    let place = lines.length;
    if (/ connected, recovered/.test(line)) {
      while (place > 0 && pathOf(lines[place - 1]) === pathOf(line) && !lines[place - 1].endsWith('has lost its connection')) place -= 1;
    }
    lines.splice(place, 0, line);
  }
  return lines;
}

/**
 * Plain Socket.IO keeps the session of a client that it has recovered, and recovers from it once more a client that has left by itself
 * since, or was disconnected. The plugin does not: docs/options.md says who is not recovered.
 */
export class RecoversOnce extends SessionAwareAdapter {
  override async restoreSession(pid: string, offset: string): Promise<Session> {
    const session = await super.restoreSession(pid, offset);
    (this as unknown as { sessions: Map<string, unknown> }).sessions.delete(pid);
    return session;
  }
}

export const RULES: readonly Rule[] = [
  {
    name: 'the namespaces of a connection are connected, disconnected and told things independently of each other',
    documented: 'docs/middleware.md: connection middleware runs for each namespace by itself',
    applies: () => true,
    mend: view => [ ...view ].sort((a, b) => pathOf(a).localeCompare(pathOf(b))),
  },
  {
    name: 'a client that is recovered is connected first, and then gets what it missed',
    documented: 'docs/options.md: connectionStateRecovery',
    applies: ({ settings }) => settings.recovery,
    mend: connectedFirst,
  },
  {
    name: 'acks of events that were sent together come in the order in which their handlers finish',
    documented: 'docs/answers.md: each handler answers by itself',
    applies: ({ step }) => sentTogether(step).length > 1,
    mend: view => [ ...view.filter(line => !isAck(line)), ...view.filter(isAck).sort() ],
  },
  {
    name: 'handlers that await something go on in the order in which that settles',
    documented: 'docs/security.md: events of one client run side by side',
    applies: ({ step, app }) => sentTogether(step).length > 1
      && app.namespaces.some(({ forms }) => sentTogether(step).some(({ event }) => forms[event] === 'async')),
    mend: view => [ ...view ].sort(),
  },
  {
    name: 'a worker that stops refuses an upgrade to a session of another worker, and its client goes on polling',
    documented: 'docs/many-workers.md: stopping a worker',
    applies: ({ settings }) => settings.ending === 'stop',
    mend: view => view.filter(line => !/^is not upgraded: Error: (probe error|transport closed)/.test(line)),
  },
];
