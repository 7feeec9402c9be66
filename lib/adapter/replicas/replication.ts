import type { WriteOrder } from '../../internals/write_order';
import type { Answer, Message } from '../messages/messages';
import type { BehindMarks } from './behind_marks';
import { KeptReplicas, type Promoted } from './replicas';
import { Replicator } from './replicator';

type Find = Message & { type: 'find-session' };
type Hub = ConstructorParameters<typeof Replicator>[0] & {
  refuse(to: string, nsp: string, requestId: string, reason: string): void;
  answer(to: string, answer: Answer): boolean;
  /** Handles a request that had to wait. */
  find(find: Find): void;
};

/** The way in which the workers of an app copy sessions to each other. */
export interface ReplicationOptions {
  /** Whether writes to clients wait until a change is on its way to the sibling: {@link Replication.order}. */
  readonly isOrdered: boolean;
  readonly marks: BehindMarks;
  /** Is called when a worker with replicas here is gone. */
  readonly onPromoted: (promoted: Promoted) => void;
}

/** Both sides of replicas: those of this worker's sessions, which a sibling keeps, and those that this worker keeps for others. */
export class Replication {
  readonly replicator: Replicator;
  private readonly kept: KeptReplicas;

  /** @param warn - gets a line for the log */
  constructor(private readonly hub: Hub, private readonly options: ReplicationOptions, warn: (line: string) => void) {
    this.replicator = new Replicator(hub, options.marks, options.isOrdered, (tag, reason) => warn(`worker ${tag} keeps no replicas of the sessions of this worker: ${reason}.`));
    this.kept = new KeptReplicas(hub.tag, hub.recoveries, options.marks, warn);
  }

  /** Whether writes to clients wait for {@link order}. */
  get isOrdered(): boolean { return this.options.isOrdered; }

  /** Of the writes to clients and to other workers. */
  get order(): WriteOrder { return this.replicator.order; }

  /** See {@link KeptReplicas.size}. */
  get size(): KeptReplicas['size'] { return this.kept.size; }

  receive(message: Message & { type: 'replica-begin' | 'replica' | 'replica-end' | 'forget-session' }): void {
    const { hub, kept } = this;
    switch (message.type) {
      case 'replica-begin': {
        const { uid, nsp, data: { requestId } } = message;
        const held = kept.begin(message);
        if (typeof held === 'string') hub.refuse(uid, nsp, requestId, held);
        else hub.answer(uid, { uid: hub.tag, nsp, type: 'replica-accepted', data: { requestId, held } });
        return;
      }
      case 'replica':
        for (const find of kept.apply(message)) hub.find(find);
        return;
      case 'replica-end':
        return kept.end(message.uid);
      case 'forget-session':
        hub.recoveries.byNamespace.get(message.nsp)?.sessions.forget(message.data.pid);
        kept.forgetSession(message.nsp, message.data.pid);
    }
  }

  /** Whether a request for a session waits here until it is known whether the owner lives. */
  wait(find: Find): boolean {
    const { uid, nsp, data: { requestId } } = find;
    return this.kept.wait(find, () => {
      this.hub.answer(uid, { uid: this.hub.tag, nsp, type: 'session', data: { requestId, again: true } });
    });
  }

  /** A worker is gone for good. */
  left(tag: string): void {
    const { asked, result } = this.kept.promote(tag);
    if (result) this.options.onPromoted(result);
    for (const find of asked) this.hub.find(find);
  }

  sweep(): void {
    this.replicator.sweep();
    this.kept.sweep();
  }

  close(): void {
    this.replicator.close();
  }
}
