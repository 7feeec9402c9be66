import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ServerOptions } from 'socket.io';
import { type MemberOptions, StickyMember } from './sticky_member';

/** Members of a cluster in one process; `a` owns the sessions in most tests, and `b` gets the requests. */
export interface StickyCluster {
  readonly a: StickyMember;
  readonly b: StickyMember;
  readonly c: StickyMember;
  readonly all: StickyMember[];
  /** The folder of the private endpoints. */
  readonly folder: string;
  /** One more member, which is stopped with the others. */
  add(tag: string, more: MemberOptions): Promise<StickyMember>;
}

const LETTERS = [ 'a', 'b', 'c' ] as const;

/** Gives each test of a suite a cluster of three. */
export function useStickyCluster(options: Partial<ServerOptions> = {}, more: MemberOptions = {}): StickyCluster {
  let members: StickyMember[] = [];
  let folder: string;
  beforeEach(async () => {
    // As `mkdtemp` makes it: 0700.
    folder = mkdtempSync(path.join(tmpdir(), 'sticky-'));
    members = await Promise.all(LETTERS.map(letter => new StickyMember(letter.repeat(8), folder, { ...options }, more).open()));
  });
  afterEach(async () => {
    await Promise.all(members.map(member => member.kill()));
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get a() { return members[0]; },
    get b() { return members[1]; },
    get c() { return members[2]; },
    get all() { return members; },
    get folder() { return folder; },
    async add(tag, own) {
      const member = await new StickyMember(tag, folder, { ...options }, own).open();
      members.push(member);
      return member;
    },
  };
}
