import { closeSync, openSync } from 'node:fs';
import { StickyMember } from './sticky_member';
import type { WorkerMessage } from './sticky_process';

// A member in a process of its own; says its port to the process that began it, and ends with that.
const [ tag, folder ] = process.argv.slice(2);
const used: number[] = [];

function say(message: WorkerMessage): void {
  process.send!(message);
}

function useUp(): void {
  try {
    for (;;) used.push(openSync('/dev/null', 'r'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
  }
}

const member = new StickyMember(tag, folder);
for (const event of [ 'request', 'upgrade' ]) member.publicServer.on(event, () => say('asked'));
void member.open().then(({ port }) => say({ port }));
process.on('message', (some: boolean) => {
  if (some) for (const descriptor of used.splice(0)) closeSync(descriptor);
  else useUp();
  say(some ? 'has descriptors' : 'short of descriptors');
});
process.once('disconnect', () => process.exit());
