import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Questions } from '../../cluster/questions';
import type { Answer, Message } from '../messages/messages';
import { type HandoverPart, Inheritance, type Union } from '../recovery/handover';
import { type Row, RowReader, SLOWEST_LINK } from '../recovery/rows';
import type { RecoveryStore } from '../recovery/store';
import type { SocketDataCopier } from '../recovery/socket_data';
import { isStateFile, takeState } from './state_file';
import type { RestartOptions } from './state_folder';
import { unionOf } from './log_union';

/** Milliseconds that a worker which is stopping may take to answer. */
const ANSWER_LIMIT = 2000;

/** The content of the file of one worker. */
interface Left {
  readonly file: string;
  readonly tag: string;
  readonly peers: readonly string[];
  readonly at: number;
  readonly parts: readonly { readonly nsp: string; readonly part: HandoverPart }[];
  readonly isCut: boolean;
}

/** The logs of a worker, by namespace. */
type Logs = readonly (readonly [nsp: string, rows: readonly Row[]])[];

/** The parts of the worker's adapters that are needed here; the hub has all of them. */
export interface RestoringHub {
  readonly tag: string;
  readonly peers: readonly string[];
  readonly questions: Questions<Answer>;
  readonly recoveries: RecoveryStore;
  readonly carrier: SocketDataCopier;
  /** Set if the app wants to know of sessions that no client can come back to any more. */
  readonly onExpired: object | undefined;
  tell(to: string, message: Message): void;
}

/** Reads all files in a folder, and removes them. */
export function readStates(taken: string, { folder, maxBytes, logger }: RestartOptions, maxAge: number): Left[] {
  return readdirSync(taken).filter(isStateFile).flatMap(name => {
    const file = path.join(folder, name);
    try {
      const [ first, ...rest ] = takeState(path.join(taken, name), { maxBytes, maxAge });
      if (!('tag' in first)) throw new Error('it does not begin with the name of its worker');
      const parts = rest.flatMap(saved => ('nsp' in saved ? [ saved ] : []));
      return [{ ...first, file, parts, isCut: rest.some(saved => 'isCut' in saved) }];
    } catch (error) {
      logger.warn(`start: the recoverable sessions in ${file} are not restored, and it is removed: ${(error as Error).message}.`);
      return [];
    }
  });
}

/** Restores the sessions of workers that have stopped together. */
export async function restoreSessions(hub: RestoringHub, all: readonly Left[], { logger }: RestartOptions): Promise<void> {
  if (all.length === 0) return;
  const { recoveries } = hub;
  const logs = await askThoseThatStop(hub, all);
  const known = new Set([ hub.tag, ...logs.keys(), ...all.filter(({ isCut }) => !isCut).map(({ tag }) => tag) ]);
  const before = recoveries.figures.sessions;
  for (const nsp of new Set(all.flatMap(({ parts }) => parts.map(part => part.nsp)))) {
    const recovery = recoveries.of(nsp);
    if (!recovery) continue;
    const inheritances = all.map(({ parts, ...left }) => {
      const inheritance = new Inheritance(recovery);
      const own = parts.filter(part => part.nsp === nsp).map(({ part }) => part);
      for (const part of own) inheritance.take({ ...part, sessions: [] });
      return { ...left, inheritance, sessions: own.flatMap(({ sessions }) => sessions) };
    });
    const reader = new RowReader(recovery);
    const rowsOf = (log: Logs) => log.flatMap(([ name, rows ]) => (name === nsp ? rows : []));
    const asked = [ ...logs.values() ].map(log => rowsOf(log).map(row => reader.read(row)));
    const union: Union = unionOf([ ...inheritances.map(({ inheritance }) => inheritance.log), ...asked ]);
    for (const { file, tag, peers, inheritance, sessions } of inheritances) {
      const missing = peers.filter(peer => peer !== tag && !known.has(peer));
      if (missing.length === 0) inheritance.take({ rows: [], stretches: [], sessions }, union);
      else if (sessions.length > 0) {
        logger.warn(`start: ${sessions.length} recoverable session(s) in ${file} are not restored: worker(s) ${missing.join(', ')} left no complete file, so messages might be missing.`);
      }
    }
  }
  logger.info(`start: restored ${recoveries.figures.sessions - before} recoverable session(s) from ${all.length} file(s) of the last stop.`);
}

/** The logs of workers that are still stopping, by their tags. */
async function askThoseThatStop(hub: RestoringHub, all: readonly Left[]): Promise<ReadonlyMap<string, Logs>> {
  const logs = new Map<string, Logs>();
  const named = new Set(all.flatMap(({ peers }) => peers));
  const asked = hub.peers.filter(tag => named.has(tag));
  if (asked.length === 0) return logs;
  const requestId = hub.questions.nextId();
  const since = Math.min(...all.map(({ at }) => at)) - SLOWEST_LINK;
  for (const tag of asked) hub.tell(tag, { uid: hub.tag, nsp: '/', type: 'log', data: { requestId, since } });
  await new Promise<void>(resolve => {
    hub.questions.wait(requestId, asked, {
      timeout: ANSWER_LIMIT,
      onAnswer: answer => {
        if (answer.type === 'logged') logs.set(answer.uid, answer.data.logs);
        return true;
      },
      onEnd: () => resolve(),
    });
  });
  return logs;
}
