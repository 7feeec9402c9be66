/*
 * Take-over: a session that began with polling moves to the worker that its client's WebSocket has reached. Messages, states and
 * functions have the names that they have in lib/routing/session_messages.ts, lib/routing/pending_sessions.ts,
 * lib/routing/session_owner.ts and lib/routing/session_taker.ts.
 *
 * A turn of a worker's event loop is one step. A session is one message that its client has sent by polling; `release polls`, which only
 * makes an upgrade faster, is left out. A WebSocket that is relayed to the owner is, for the session, one that has reached the owner.
 */

#define WORKERS 3
#define CLIENTS 2

/* How often each of these may happen in a run, at any time. */
/* A client opens a WebSocket for its session. */
#ifndef UPGRADES
#define UPGRADES 2
#endif
/* A client closes its connections. */
#ifndef LEAVES
#define LEAVES 0
#endif
/* A worker stops. */
#ifndef STOPS
#define STOPS 0
#endif
/* A worker is killed. */
#ifndef KILLS
#define KILLS 0
#endif
/* A worker hangs. */
#ifndef HANGS
#define HANGS 0
#endif
/* A link breaks: the last messages in it are lost, in both directions. */
#ifndef BREAKS
#define BREAKS 0
#endif
/* A time-out expires although the answer, or the client's upgrade, is on its way. */
#ifndef PAUSES
#define PAUSES 0
#endif

/* TakerMessage and OwnerMessage. `down` is none of them: it is the end of the link from a worker that is gone. */
mtype:message = { reserve, give_back, take, closed, reserved, denied, taken, lost, withdrawn, down };
/* A session at its owner. `handOver`: Socket.IO has it there. */
mtype:session = { isHeld, reservedBy, handOver, moved, ended };
/* An attempt to take a session. `reserving`: the owner has not answered `reserve`. `taking`: the client has upgraded, and the owner has not
 * answered `take`. `connection`: Socket.IO has the session here. */
mtype:attempt = { absent, reserving, readmit, createSession, taking, connection };
/* What a client knows. `away`: it has left, or was told that its session has ended. */
mtype:client = { polling, upgraded, away };
/* A worker. */
mtype:worker = { running, gone };

typedef Session {
  mtype:session state;
  byte owner;
  /* The worker that has reserved it, or taken it. */
  byte taker;
  /* A WebSocket of its client has reached the owner. */
  bool upgrading;
  /* The message that its client has sent, and that Socket.IO has not got. */
  bool received
};
typedef Attempt {
  mtype:attempt state;
  /* The WebSocket is open. */
  bool isOpen;
  bool isWithdrawn
};

mtype:worker worker[WORKERS];
Session session[CLIENTS];
Attempt attempts[WORKERS * CLIENTS];
mtype:client client[CLIENTS];
/* The worker whose WebSocket a client uses. */
byte at[CLIENTS];
bool sent[CLIENTS];
bool delivered[CLIENTS];
byte upgrades[CLIENTS];
byte leaves = LEAVES;
byte stops = STOPS;
byte kills = KILLS;
byte hangs = HANGS;
byte breaks = BREAKS;
byte pauses = PAUSES;
/* The client may lose its session: something of the above has happened. */
bool excused[CLIENTS];

#define LINK(from, to) link[(from) * WORKERS + (to)]
/* The type, the client whose session it is, and whether the message that the client has sent comes with it. */
chan link[WORKERS * WORKERS] = [6] of { mtype:message, byte, bool };

#define NOBODY WORKERS
#define ATTEMPT(w, c) attempts[(w) * CLIENTS + (c)]
#define NEXT(w) ((w + 1) % WORKERS)
#define LAST(w) ((w + 2) % WORKERS)
#define RUNS(w) (worker[w] == running)
#define IS_OWNED(c) (session[c].state == handOver && RUNS(session[c].owner))
#define IS_TAKEN(w, c) (ATTEMPT(w, c).state == connection && ATTEMPT(w, c).isOpen)
/* How many workers' Socket.IO have the session. */
#define OWNERS(c) (IS_OWNED(c) + IS_TAKEN(0, c) + IS_TAKEN(1, c) + IS_TAKEN(2, c))
#define HAS_SWITCHED(w, c) (client[c] == upgraded && at[c] == (w))

/* Never two owners of a session. */
inline check() {
  assert(OWNERS(0) <= 1 && OWNERS(1) <= 1)
}

inline send(source, target, aType, aClient, hasReceived) {
  if
  :: RUNS(target) -> LINK(source, target)!aType, aClient, hasReceived
  :: else
  fi
}

/* A client loses its connection, and knows it. */
inline tell(c) {
  printf("client %d is told that its session has ended\n", c);
  assert(excused[c]);
  client[c] = away
}

/* Socket.IO gets the message that a client has sent, once. */
inline deliver(c) {
  assert(!delivered[c]);
  delivered[c] = true
}

/* PendingSessions.release() */
inline release(c) {
  printf("worker %d passes the session of client %d to Socket.IO\n", session[c].owner, c);
  if
  :: session[c].state == reservedBy -> send(session[c].owner, session[c].taker, withdrawn, c, false)
  :: else
  fi;
  session[c].state = handOver;
  session[c].taker = NOBODY;
  if
  :: session[c].received -> deliver(c); session[c].received = false
  :: else
  fi
}

/* SessionOwner.giveBack() */
inline giveBack(c) {
  session[c].taker = NOBODY;
  session[c].state = isHeld;
  release(c)
}

/* A session is closed at its owner, before Socket.IO had it or after. */
inline closeSession(c) {
  if
  :: session[c].state == reservedBy -> send(session[c].owner, session[c].taker, withdrawn, c, false)
  :: else
  fi;
  if
  :: session[c].state != moved -> session[c].state = ended; session[c].taker = NOBODY
  :: else
  fi;
  session[c].received = false;
  session[c].upgrading = false
}

/* The worker's WebSocket of a client is relayed to the owner; without an owner, it is closed. */
inline relay(w, c) {
  if
  :: ATTEMPT(w, c).isOpen && client[c] == polling && RUNS(session[c].owner) && (session[c].state == isHeld || session[c].state == handOver) ->
    session[c].upgrading = true
  :: else
  fi;
  forget(w, c)
}

inline forget(w, c) {
  ATTEMPT(w, c).state = absent;
  ATTEMPT(w, c).isOpen = false;
  ATTEMPT(w, c).isWithdrawn = false
}

/* SessionTaker.upgrade() */
inline upgrade(w, c) {
  printf("a WebSocket of client %d reaches worker %d\n", c, w);
  if
  :: session[c].owner == w ->
    if
    :: session[c].state == isHeld || session[c].state == handOver || session[c].state == reservedBy -> session[c].upgrading = true
    :: else
    fi
  :: session[c].owner != w && ATTEMPT(w, c).state == absent && RUNS(session[c].owner) ->
    ATTEMPT(w, c).state = reserving;
    ATTEMPT(w, c).isOpen = true;
    send(w, session[c].owner, reserve, c, false)
  :: else
  fi
}

/* The session of an attempt is closed. A client that has not upgraded goes on with polling. */
inline closeAttempt(w, c) {
  if
  :: HAS_SWITCHED(w, c) -> tell(c)
  :: else
  fi;
  if
  :: ATTEMPT(w, c).state == taking && ATTEMPT(w, c).isOpen ->
    ATTEMPT(w, c).isOpen = false;
    send(w, session[c].owner, closed, c, false)
  :: ATTEMPT(w, c).state == connection ->
    send(w, session[c].owner, closed, c, false);
    forget(w, c)
  :: ATTEMPT(w, c).state == reserving -> ATTEMPT(w, c).isOpen = false
  :: ATTEMPT(w, c).state == readmit || ATTEMPT(w, c).state == createSession ->
    send(w, session[c].owner, give_back, c, false);
    forget(w, c)
  :: else
  fi
}

/* The answer to `reserve` or `take`, whatever was asked; SessionTaker.take() */
inline answered(w, c, answer) {
  if
  :: ATTEMPT(w, c).state == reserving && answer == reserved ->
    if
    :: ATTEMPT(w, c).isOpen -> ATTEMPT(w, c).state = readmit
    :: else -> send(w, session[c].owner, give_back, c, false); forget(w, c)
    fi
  :: ATTEMPT(w, c).state == reserving && answer != reserved -> relay(w, c)
  :: ATTEMPT(w, c).state == taking && answer == taken ->
    if
    :: ATTEMPT(w, c).isOpen -> connect(w, c, hasReceived)
    :: else -> forget(w, c)
    fi
#ifndef TAKES_WHAT_IS_LOST
  :: ATTEMPT(w, c).state == taking && answer != taken -> closeAttempt(w, c); forget(w, c)
#else
  :: ATTEMPT(w, c).state == taking && answer != taken && ATTEMPT(w, c).isOpen -> connect(w, c, false)
#endif
  :: else
  fi
}

inline connect(w, c, withMessage) {
  printf("worker %d has taken the session of client %d\n", w, c);
  ATTEMPT(w, c).state = connection;
  if
  :: withMessage -> deliver(c)
  :: else
  fi
}

/* SessionOwner.receive() and SessionTaker.receive() */
inline receive(w, x) {
  LINK(x, w)?type, c, hasReceived;
  printf("worker %d receives %e from worker %d (client %d)\n", w, type, x, c);
  if
  :: type == reserve ->
    if
#ifndef RESERVES_TWICE
    :: session[c].state == isHeld && !session[c].upgrading ->
#else
    :: (session[c].state == isHeld || session[c].state == reservedBy) && !session[c].upgrading ->
#endif
      session[c].state = reservedBy;
      session[c].taker = x;
      send(w, x, reserved, c, false)
    :: else -> send(w, x, denied, c, false)
    fi
  :: type == take ->
    if
    :: session[c].state == reservedBy && session[c].taker == x ->
#ifndef FORGETS_THE_DATA
      send(w, x, taken, c, session[c].received);
#else
      send(w, x, taken, c, false);
#endif
#ifndef GIVES_WITHOUT_DROPPING
      session[c].state = moved;
      session[c].taker = x;
      session[c].received = false;
      session[c].upgrading = false
#endif
    :: else -> send(w, x, lost, c, false)
    fi
  :: type == give_back ->
    if
    :: session[c].state == reservedBy && session[c].taker == x -> giveBack(c)
    :: else
    fi
  :: type == closed ->
    if
    :: session[c].state == moved && session[c].taker == x -> session[c].state = ended; session[c].taker = NOBODY
    :: else
    fi
  :: type == withdrawn ->
    if
    :: ATTEMPT(w, c).state == readmit -> ATTEMPT(w, c).isWithdrawn = true
    :: ATTEMPT(w, c).state == createSession || ATTEMPT(w, c).state == taking -> closeAttempt(w, c)
    :: else
    fi
#ifndef KEEPS_LATE_RESERVATIONS
  :: type == reserved && ATTEMPT(w, c).state == absent -> send(w, x, give_back, c, false)
#else
  :: type == reserved && ATTEMPT(w, c).state == absent -> skip
#endif
  :: type == denied || type == taken || type == lost || (type == reserved && ATTEMPT(w, c).state != absent) -> answered(w, c, type)
  :: type == down -> onDown(w, x)
  fi;
  type = 0; c = 0; hasReceived = false;
  check()
}

/* SessionOwner.onDown() and SessionTaker.onDown() */
inline onDown(w, x) {
  for (c : 0 .. CLIENTS - 1) {
#ifndef KEEPS_RESERVATIONS_OF_THE_DEAD
    if
    :: session[c].owner == w && session[c].state == reservedBy && session[c].taker == x -> giveBack(c)
    :: session[c].owner == w && session[c].state == moved && session[c].taker == x -> session[c].state = ended; session[c].taker = NOBODY
    :: else
    fi;
#endif
#ifndef WAITS_FOR_THE_DEAD
    if
    :: session[c].owner == x && (ATTEMPT(w, c).state == reserving || ATTEMPT(w, c).state == taking) -> answered(w, c, down)
    :: else
    fi
#endif
  }
  c = 0
}

/* The app accepts the handshake again, or refuses it: then the WebSocket is relayed. */
inline readmitted(w, c) {
  if
  :: ATTEMPT(w, c).isWithdrawn -> send(w, session[c].owner, give_back, c, false); forget(w, c)
  :: !ATTEMPT(w, c).isWithdrawn -> ATTEMPT(w, c).state = createSession
  :: !ATTEMPT(w, c).isWithdrawn ->
    printf("worker %d refuses client %d\n", w, c);
    send(w, session[c].owner, give_back, c, false);
    relay(w, c)
  fi
}

/* The client has sent its upgrade packet. */
inline switched(w, c) {
  printf("client %d upgrades on worker %d\n", c, w);
  client[c] = upgraded;
  at[c] = w;
  ATTEMPT(w, c).state = taking;
#ifndef CONNECTS_BEFORE_TAKEN
  skip;
#else
  connect(w, c, false);
#endif
  if
  :: RUNS(session[c].owner) -> send(w, session[c].owner, take, c, false)
  :: else -> answered(w, c, down)
  fi
}

/* Nothing of a worker is left. */
inline vanish(w) {
  for (c : 0 .. CLIENTS - 1) {
    if
    :: session[c].owner == w && session[c].state != moved && session[c].state != ended ->
      if
      :: client[c] == polling || HAS_SWITCHED(w, c) -> tell(c)
      :: else
      fi;
      session[c].state = ended;
      session[c].taker = NOBODY;
      session[c].received = false;
      session[c].upgrading = false
    :: else
    fi;
    if
    :: HAS_SWITCHED(w, c) -> tell(c)
    :: else
    fi;
    forget(w, c)
  }
  c = 0;
  do
  :: len(LINK(NEXT(w), w)) > 0 -> LINK(NEXT(w), w)?type, c, hasReceived
  :: len(LINK(LAST(w), w)) > 0 -> LINK(LAST(w), w)?type, c, hasReceived
  :: else -> break
  od;
  type = 0; c = 0; hasReceived = false;
  worker[w] = gone
}

inline endLinks(w) {
  send(w, NEXT(w), down, 0, false);
  send(w, LAST(w), down, 0, false);
  check()
}

inline excuseAll() {
  excused[0] = true;
  excused[1] = true
}

inline stop(w) {
  printf("worker %d stops\n", w);
  stops--;
  excuseAll();
  for (c : 0 .. CLIENTS - 1) {
    if
    :: session[c].owner == w -> closeSession(c)
    :: else
    fi;
    if
    :: ATTEMPT(w, c).state != absent -> closeAttempt(w, c)
    :: else
    fi;
    if
    :: session[c].owner == w && client[c] == polling && session[c].state != moved -> tell(c)
    :: else
    fi
  }
  c = 0;
  vanish(w);
  endLinks(w)
}

inline kill(w) {
  printf("worker %d is killed\n", w);
  kills--;
  excuseAll();
  vanish(w);
  endLinks(w)
}

/* Its siblings do not notice; its clients do. */
inline hang(w) {
  printf("worker %d hangs\n", w);
  hangs--;
  excuseAll();
  vanish(w);
  check()
}

/* The last messages in a link are lost; its end is noticed nevertheless. */
inline loseFrom(from, to) {
  i = len(LINK(from, to));
  do
  :: i > 0 ->
    LINK(from, to)?type, c, hasReceived;
    i--;
    if
    :: !isLost -> LINK(from, to)!type, c, hasReceived
    :: type == down -> LINK(from, to)!type, c, hasReceived
    :: type != down -> isLost = true
    fi
  :: i == 0 -> break
  od;
  LINK(from, to)!down, 0, false;
  type = 0; c = 0; hasReceived = false; isLost = false
}

inline breakLink(a, b) {
  printf("the link between worker %d and worker %d breaks\n", a, b);
  breaks--;
  excuseAll();
  loseFrom(a, b);
  loseFrom(b, a)
}

#define HAS_QUESTION(w, c) (ATTEMPT(w, c).state == reserving || ATTEMPT(w, c).state == taking)

/* What may happen to a session at its owner, and to an attempt. */
#define OF_SESSION(w, n) \
  :: d_step { RUNS(w) && session[n].owner == w && session[n].state == isHeld -> release(n); check() } \
  :: d_step { RUNS(w) && session[n].owner == w && session[n].upgrading && client[n] == polling && session[n].state != moved && session[n].state != ended -> upgradedHere(n); check() } \
  :: d_step { RUNS(w) && ATTEMPT(w, n).state == createSession && client[n] == polling -> switched(w, n); check() } \
  :: d_step { RUNS(w) && ATTEMPT(w, n).isOpen && ATTEMPT(w, n).state != absent && client[n] != polling && !HAS_SWITCHED(w, n) -> closeAttempt(w, n); check() } \
  :: atomic { RUNS(w) && ATTEMPT(w, n).state == readmit -> readmitted(w, n); check() } \
  :: d_step { RUNS(w) && ATTEMPT(w, n).isOpen && !HAS_SWITCHED(w, n) && ATTEMPT(w, n).state != taking && ATTEMPT(w, n).state != connection -> closeAttempt(w, n); check() } \
  :: d_step { pauses > 0 && RUNS(w) && session[n].owner == w && session[n].state == reservedBy -> pauses--; excused[n] = true; release(n); check() } \
  :: d_step { pauses > 0 && RUNS(w) && HAS_QUESTION(w, n) -> pauses--; excused[n] = true; answered(w, n, down); check() } \
  EXPIRY(n)
#ifdef WAITS_FOR_EVER
#define EXPIRY(n)
#else
#define EXPIRY(n) \
  :: atomic { timeout && RUNS(w) && session[n].owner == w && session[n].state == reservedBy -> release(n); check() } \
  :: atomic { timeout && RUNS(w) && HAS_QUESTION(w, n) -> answered(w, n, down); check() }
#endif

/* The client's WebSocket at the owner is used. */
inline upgradedHere(n) {
  printf("client %d upgrades at the owner\n", n);
  client[n] = upgraded;
  at[n] = session[n].owner;
  if
  :: session[n].state != handOver -> release(n)
  :: else
  fi
}

proctype WorkerProcess(byte w) {
  mtype:message type;
  byte c;
  bool hasReceived;
end:
  do
  :: d_step { RUNS(w) && len(LINK(NEXT(w), w)) > 0 -> receive(w, NEXT(w)) }
  :: d_step { RUNS(w) && len(LINK(LAST(w), w)) > 0 -> receive(w, LAST(w)) }
  OF_SESSION(w, 0)
  OF_SESSION(w, 1)
  :: d_step { stops > 0 && RUNS(w) -> stop(w) }
  :: d_step { kills > 0 && RUNS(w) -> kill(w) }
  :: d_step { hangs > 0 && RUNS(w) -> hang(w) }
  od
}

inline leave(c) {
  printf("client %d leaves\n", c);
  leaves--;
  excused[c] = true;
  client[c] = away;
  if
  :: RUNS(session[c].owner) -> closeSession(c)
  :: else
  fi;
  for (i : 0 .. WORKERS - 1) {
    if
    :: RUNS(i) && ATTEMPT(i, c).state != absent -> closeAttempt(i, c)
    :: else
    fi
  }
  i = 0
}

proctype ClientProcess(byte c) {
  byte i;
  do
  :: d_step { client[c] == polling && !sent[c] && session[c].state != moved && session[c].state != ended ->
      sent[c] = true;
      if
      :: session[c].state == handOver -> deliver(c)
      :: else -> session[c].received = true
      fi
    }
  :: atomic { client[c] == polling && upgrades[c] > 0 ->
      upgrades[c]--;
      if
      :: RUNS(0) -> upgrade(0, c)
      :: RUNS(1) -> upgrade(1, c)
      :: RUNS(2) -> upgrade(2, c)
      fi
    }
  :: d_step { leaves > 0 && client[c] != away -> leave(c); check() }
  /* Nobody waits for ever, and nothing is lost silently: when nothing more happens, this is the only end. */
  :: timeout && OWNERS(c) == 1 && (!sent[c] || delivered[c]) -> break
  :: client[c] == away -> break
  od
}

proctype Villain() {
  mtype:message type;
  byte c, i;
  bool hasReceived, isLost;
end:
  do
  :: atomic { breaks > 0 && RUNS(0) && RUNS(1) -> breakLink(0, 1) }
  :: atomic { breaks > 0 && RUNS(0) && RUNS(2) -> breakLink(0, 2) }
  :: atomic { breaks > 0 && RUNS(1) && RUNS(2) -> breakLink(1, 2) }
  od
}

init {
  byte i;
  atomic {
    for (i : 0 .. WORKERS - 1) { worker[i] = running }
    for (i : 0 .. WORKERS * CLIENTS - 1) { attempts[i].state = absent }
    for (i : 0 .. CLIENTS - 1) {
      session[i].state = isHeld;
      session[i].taker = NOBODY;
      client[i] = polling;
      at[i] = NOBODY;
      upgrades[i] = UPGRADES
    }
    i = 0;
    session[0].owner = 0;
    if
    :: session[1].owner = 0
    :: session[1].owner = 1
    fi;
    run WorkerProcess(0);
    run WorkerProcess(1);
    run WorkerProcess(2);
    run ClientProcess(0);
    run ClientProcess(1);
    run Villain()
  }
}
