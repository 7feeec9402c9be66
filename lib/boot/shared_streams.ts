import { KeptStreams } from '../events/streams/kept_streams';
import { SharedStreams } from '../events/streams/shared_streams';
import type { Limits } from '../limits/limits';
import type { Clustered } from './clustered';

/** Creates the streams that go on without their clients, for the namespaces of one worker. */
export function createSharedStreams(limits: Limits, clustered: Clustered | undefined): SharedStreams {
  const kept = new KeptStreams(clustered?.place.tag ?? '', { ...limits, patience: limits.handlerTimeout });
  return new SharedStreams(kept, clustered?.channel('streams'));
}
