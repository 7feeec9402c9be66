import { StickyMember } from './sticky_member';

// A member in a process of its own; says its port to the process that forked it, and ends with that.
const [ tag, folder ] = process.argv.slice(2);
void new StickyMember(tag, folder).open().then(({ port }) => process.send!({ port }));
process.once('disconnect', () => process.exit());
