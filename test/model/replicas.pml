/*
 * Replicas: a worker copies its session to a sibling, its standby, which promotes the copy once it knows that the worker is gone. The
 * agent may lose a worker that lives, and links may break, in either direction. Messages, states and functions have the names that they
 * have in lib/cluster/membership.ts, lib/cluster/peer_link.ts, lib/cluster/peer_links.ts, lib/adapter/replicas/replicator.ts and
 * lib/adapter/replicas/replicas.ts.
 *
 * A turn of a worker's event loop is one step. There is one session; its worker is the owner, and the siblings live. What its client is
 * told is a number, and a replica is the number that it has got. What the owner asks before it copies is left out.
 */

#define WORKERS 3
#define OWNER 0

/* How often the client is told something. */
#define CHANGES 2

/* How often each of these may happen in a run, at any time. */
/* The agent loses its connection to the owner, which lives. */
#ifndef LOSSES
#define LOSSES 0
#endif
/* A link breaks: the last messages in it are lost. */
#ifndef BREAKS
#define BREAKS 0
#endif
/* The owner cuts off a connection without being gone: it has no file descriptors left. */
#ifndef RESETS
#define RESETS 0
#endif
/* The owner is killed. */
#ifndef KILLS
#define KILLS 0
#endif
/* The owner stops, and hands its session over. */
#ifndef STOPS
#define STOPS 0
#endif

/* Message. `down` is none of them: it is the end of a link. */
mtype:message = { replica_begin, replica, replica_end, down };
/* The replicator of the owner. */
mtype:replicator = { none, live };
/* A link from the owner: `isOpen`; `broken`, which it has not noticed yet; `wasBroken`: it opens the link again. */
mtype:link = { isOpen, broken, wasBroken };
/* A replica at a sibling. */
mtype:kept_replica = { absent, begun, isLive };

/* The owner. */
bool runs = true;
bool hasSession = true;
bool isHandedOver;
byte told;
mtype:replicator state = none;
byte standby = WORKERS;
byte epoch;
bool isBroken;
mtype:link out[WORKERS];
/* The epochs of the replicas at a sibling that are marked as behind: BehindMarks. */
byte marks[WORKERS];
#define BIT(n) (1 << (n))

/* The siblings: Membership.others has the owner; the link to it is open; it was found to be gone, and its link is read to the end. */
bool others[WORKERS];
bool hasLink[WORKERS];
bool leaves[WORKERS];
/* The number of links from the owner whose end was not read yet. */
byte incoming[WORKERS];
mtype:kept_replica kept[WORKERS];
byte keptEpoch[WORKERS];
byte keptNumber[WORKERS];
bool promoted[WORKERS];

/* The agent lists the owner, and a sibling has not read the last list. */
bool isListed = true;
bool hasNews[WORKERS];

byte changes = CHANGES;
byte losses = LOSSES;
byte breaks = BREAKS;
byte resets = RESETS;
byte kills = KILLS;
byte stops = STOPS;
/* The link to the standby has broken, and the owner was gone before it noticed that: nothing could be done. */
bool excused;

/* The type, the epoch of the replica, and the number. */
chan link[WORKERS] = [14] of { mtype:message, byte, byte };

#define OWNS (runs && hasSession)

/* Never two owners of a session. */
inline check() {
  assert(excused || OWNS + isHandedOver + promoted[1] + promoted[2] <= 1)
}

/* Replicator.tellEnd() at a stop; `standby` stays for what can be known at the end. */
inline tellEnd() {
  if
  :: standby != WORKERS && out[standby] == isOpen -> link[standby]!replica_end, epoch, 0
  :: else
  fi
}

/* Replicator.leave(): if the link is open, the standby learns that its replica is no longer used. */
inline leave() {
  tellEnd();
  state = none;
  standby = WORKERS;
  isBroken = false
}

/* Replicator.choose(), and Replicator.copy() until the replica is live. */
inline choose(x) {
  printf("the owner chooses worker %d\n", x);
  leave();
  epoch++;
  standby = x;
  state = live;
  link[x]!replica_begin, epoch, 0;
  link[x]!replica, epoch, told
}

/* Replicator.flush(), before the client is written to. What is written to a link that is broken is lost. */
inline tellClient() {
  told++;
  changes--;
  printf("the client is told %d\n", told);
  if
  :: state == live && out[standby] == isOpen -> link[standby]!replica, epoch, told
  :: else
  fi
}

/* The owner sees that a link has ended: Replicator.broken() */
inline noticeBreak(x) {
  printf("the owner sees that its link to worker %d is broken\n", x);
  out[x] = wasBroken;
  if
  :: standby == x ->
    isBroken = true;
#ifndef FORGETS_THE_MARK
    marks[x] = marks[x] | BIT(epoch)
#endif
  :: else
  fi
}

/* PeerLink.up() and Replicator.up() */
inline reopen(x) {
  printf("the link from the owner to worker %d is open again\n", x);
  out[x] = isOpen;
  incoming[x]++;
  if
  :: standby != x -> link[x]!replica_end, epoch, 0
  :: else
  fi;
  if
  :: standby == x && isBroken ->
#ifndef KEEPS_BROKEN_REPLICAS
    choose(x)
#else
    marks[x] = marks[x] & ~BIT(epoch); isBroken = false
#endif
  :: else
  fi
}

/* Nothing of the owner is left; what it has written arrives. */
inline vanish() {
  runs = false;
  excused = standby != WORKERS && out[standby] == broken;
  for (i : 1 .. WORKERS - 1) {
    if
    :: out[i] == isOpen -> link[i]!down, 0, 0
    :: else
    fi;
    hasLink[i] = false
  }
  i = 0;
  isListed = false;
  hasNews[1] = true;
  hasNews[2] = true;
  check()
}

proctype Owner() {
  byte i;
end:
  do
  :: d_step { runs && state == none && out[1] == isOpen -> choose(1) }
  :: d_step { runs && state == none && out[2] == isOpen -> choose(2) }
  :: d_step { runs && changes > 0 -> tellClient() }
  :: d_step { runs && out[1] == broken -> noticeBreak(1) }
  :: d_step { runs && out[2] == broken -> noticeBreak(2) }
  :: d_step { runs && out[1] == wasBroken -> reopen(1) }
  :: d_step { runs && out[2] == wasBroken -> reopen(2) }
  /* The standby does not read for a while: Replicator.avoid() */
  :: d_step { runs && isBroken && standby == 1 && out[2] == isOpen -> choose(2) }
  :: d_step { runs && isBroken && standby == 2 && out[1] == isOpen -> choose(1) }
  /* Membership.connect() */
  :: d_step { runs && !isListed -> printf("the owner registers again\n"); isListed = true; hasNews[1] = true; hasNews[2] = true }
  :: d_step { runs && kills > 0 -> printf("the owner is killed\n"); kills--; vanish() }
  :: d_step { runs && stops > 0 -> printf("the owner stops\n"); stops--; hasSession = false; isHandedOver = true; tellEnd(); vanish() }
  od
}

/* Membership.forget() and PeerLinks.leave() */
inline forget(x) {
  printf("worker %d holds the owner to be gone\n", x);
  others[x] = false;
  hasLink[x] = false;
  leaves[x] = true
}

/* Replication.left() and KeptReplicas.promote() */
inline promote(x) {
  leaves[x] = false;
  if
  :: kept[x] == isLive && !(marks[x] & BIT(keptEpoch[x])) ->
    printf("worker %d promotes replica %d\n", x, keptNumber[x]);
    promoted[x] = true;
    /* Never silently wrong. */
    assert(excused || keptNumber[x] == told)
  :: else
  fi;
  kept[x] = absent;
  check()
}

/* Membership.receive(): the agent's list. */
inline readNews(x) {
  hasNews[x] = false;
  if
  :: isListed && !others[x] -> others[x] = true
#ifdef BELIEVES_THE_AGENT
  :: !isListed && others[x] -> forget(x)
#endif
  :: else
  fi
}

/* PeerLink.open(): only a connection that is refused shows that the owner is gone. PeerLink.failed(): it tries again. */
inline dial(x) {
  if
  :: runs -> hasLink[x] = true
  :: runs && resets > 0 ->
    resets--;
#ifdef BELIEVES_A_RESET
    forget(x)
#else
    printf("worker %d is cut off by the owner\n", x)
#endif
  :: !runs -> forget(x)
  fi
}

/* PeerLinks.accept(), and Replication.receive() */
inline read(x) {
  link[x]?type, anEpoch, number;
  printf("worker %d reads %e\n", x, type);
  if
  :: type == replica_begin -> kept[x] = begun; keptEpoch[x] = anEpoch; keptNumber[x] = 0
  :: type == replica && kept[x] != absent && keptEpoch[x] == anEpoch -> kept[x] = isLive; keptNumber[x] = number
  :: type == replica_end -> kept[x] = absent
  :: type == down -> incoming[x]--
  :: else
  fi;
  type = 0; anEpoch = 0; number = 0
}

#ifdef PROMOTES_TOO_EARLY
#define IS_READ_TO_THE_END(x) true
#else
#define IS_READ_TO_THE_END(x) (incoming[x] == 0)
#endif

proctype Sibling(byte x) {
  mtype:message type;
  byte anEpoch, number;
end:
  do
  :: d_step { len(link[x]) > 0 -> read(x) }
  :: d_step { hasNews[x] -> readNews(x) }
  :: atomic { others[x] && !hasLink[x] -> dial(x) }
  :: d_step { leaves[x] && IS_READ_TO_THE_END(x) -> promote(x) }
  od
}

/* The last messages in a link are lost; its end is seen at both sides, sooner or later. */
inline breakLink(x) {
  printf("the link from the owner to worker %d breaks\n", x);
  breaks--;
  i = len(link[x]);
  do
  :: i > 0 ->
    link[x]?type, anEpoch, number;
    i--;
    if
    :: !isLost || type == down -> link[x]!type, anEpoch, number
    :: type != down -> isLost = true
    fi
  :: i == 0 -> break
  od;
  link[x]!down, 0, 0;
  out[x] = broken;
  type = 0; anEpoch = 0; number = 0; isLost = false
}

proctype Villain() {
  mtype:message type;
  byte anEpoch, number, i;
  bool isLost;
end:
  do
  :: d_step { losses > 0 && runs && isListed ->
      printf("the agent loses the owner\n");
      losses--;
      isListed = false;
      hasNews[1] = true;
      hasNews[2] = true
    }
  :: atomic { breaks > 0 && runs && out[1] == isOpen -> breakLink(1) }
  :: atomic { breaks > 0 && runs && out[2] == isOpen -> breakLink(2) }
  :: d_step { breaks > 0 && runs && hasLink[1] -> printf("the link from worker 1 to the owner breaks\n"); breaks--; hasLink[1] = false }
  :: d_step { breaks > 0 && runs && hasLink[2] -> printf("the link from worker 2 to the owner breaks\n"); breaks--; hasLink[2] = false }
  od
}

/* When nothing more happens, a killed owner is replaced, unless its replica was not complete. */
proctype End() {
end:
  do
  :: timeout -> assert(runs || hasSession == false || promoted[1] || promoted[2] || standby == WORKERS || (marks[standby] & BIT(epoch)) || excused); break
  od
}

init {
  byte i;
  atomic {
    for (i : 1 .. WORKERS - 1) {
      out[i] = isOpen;
      others[i] = true;
      hasLink[i] = true;
      incoming[i] = 1;
      kept[i] = absent
    }
    i = 0;
    run Owner();
    run Sibling(1);
    run Sibling(2);
    run Villain();
    run End()
  }
}
