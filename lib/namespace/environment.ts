import type { AsyncLocalStorage } from 'node:async_hooks';
import type { ContextFactory } from '../handshake/context';
import type { SessionLoader } from '../handshake/session';
import type { Failure } from '../reply/failure';
import type { FilterLevels } from '../plan/types';
import type { Activity } from './activity';

/** What the namespaces of one app share. */
export interface Environment {
  readonly Context: ContextFactory;
  /** Egg's `app.ctxStorage`. */
  readonly storage: AsyncLocalStorage<object>;
  readonly session: SessionLoader;
  readonly fail: Failure;
  /** The app's own filters. */
  readonly filters: FilterLevels;
  readonly activity: Activity;
  /** Whether an unknown event with an ack is answered. */
  readonly answerUnknown: boolean;
  /** Whether clients see the message of an internal error. */
  readonly showInternal: boolean;
}
