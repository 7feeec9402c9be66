/*
 * Connection state recovery among several workers: how the session of a client moves to the worker that its client reaches, and to an
 * heir when its worker closes. Messages, states and functions have the names that they have in lib/adapter/session_exchange.ts,
 * lib/adapter/recovery/recovery.ts and lib/adapter/messages/messages.ts.
 *
 * A turn of a worker's event loop is one step. The packets of a session, its expiry, further
 * namespaces and replicas are left out: a killed worker takes its sessions along.
 */

#define WORKERS 3
#define CLIENTS 2

/* How often each of these may happen in a run, at any time. */
#ifndef RECONNECTS
#define RECONNECTS 2
#endif
/* A worker is told to stop. */
#ifndef STOPS
#define STOPS 0
#endif
/* A worker is killed. */
#ifndef KILLS
#define KILLS 0
#endif
/* A link breaks: the last messages in it are lost. */
#ifndef BREAKS
#define BREAKS 0
#endif
/* A time-out expires although the answer is on its way, because a process was stopped for a while. */
#ifndef PAUSES
#define PAUSES 0
#endif

/* Message and Answer. `down` is none of them: it is the end of the link from a worker that is gone. */
mtype:message = { find_session, session, heir, held, nothing, bequeath, inherited, leave, down };
/* A KeptSession of a worker; `absent`: it has none. */
mtype:kept_session = { absent, kept, claimed, left };
/* A connection of a client, at its worker: Recovery.isClaimed(), isConnected() and gone(). */
mtype:connection = { unused, asking, isClaimed, isConnected, gone };
/* A worker. `isClosing`: its connections are closed. `isLeaving`: SessionExchange.leave() runs. `closed`: it has left its siblings, and
 * reads no more messages. */
mtype:worker = { staying, isClosing, isLeaving, closed, killed };
/* What a client knows. `recovered` and `fresh` are the answers to its CONNECT. */
mtype:client = { away, connecting, recovered, fresh };
/* Where SessionExchange.leave() is: it waits for what is on its way to the worker (`onComplete`), chooses an heir (`candidates`), has
 * asked it (`leaveTo`), takes a part (`splitHandover`), has sent the part. */
mtype:hand_over = { onComplete, candidates, leaveTo, splitHandover, part };

/* Connections of one client; the first one exists from the start. */
#define CONNECTIONS 3
#define ALL_CONNECTIONS (CLIENTS * CONNECTIONS)
#define NOBODY WORKERS

typedef Worker {
  mtype:worker state;
  /* The workers that it knows to be gone, and those that did not take its sessions. */
  byte departed;
  byte refused;
  /* The workers that hand their sessions over to it: SessionExchange.inheritances. */
  byte inheritances;
  /* SessionExchange.heir, and the progress with it. */
  byte successor;
  mtype:hand_over progress;
  byte all
};
typedef Connection {
  mtype:connection state;
  byte at;
  /* The workers whose answers it waits for, and all that were asked. */
  byte waitsFor;
  byte asked
};

Worker worker[WORKERS];
Connection connection[ALL_CONNECTIONS];
mtype:kept_session sessions[WORKERS * CLIENTS];
mtype:client client[CLIENTS];
byte current[CLIENTS];
byte used[CLIENTS];
byte reconnects = RECONNECTS;
byte stops = STOPS;
byte kills = KILLS;
byte breaks = BREAKS;
byte pauses = PAUSES;
/* The client may lose its session: a worker was killed, a link broke, or the client gave a connection up that was being recovered. */
bool excused[CLIENTS];

#define LINK(from, to) link[(from) * WORKERS + (to)]
/* The type, the client whose session it is, the connection for which it is asked (the requestId), and whether a session was found. */
chan link[WORKERS * WORKERS] = [5] of { mtype:message, byte, byte, bool };

#define SESSION(w, c) sessions[(w) * CLIENTS + (c)]
#define BIT(n) (1 << (n))
#define PEERS(w) (BIT(0) + BIT(1) + BIT(2) - BIT(w) & ~worker[w].departed)
#define NEXT(w) ((w + 1) % WORKERS)
#define LAST(w) ((w + 2) % WORKERS)
#define LISTENS(w) (worker[w].state == staying || worker[w].state == isClosing || worker[w].state == isLeaving)
#define CLIENT_OF(s) ((s) / CONNECTIONS)
#define IS_THERE(s) (current[CLIENT_OF(s)] == (s) && (client[CLIENT_OF(s)] == connecting || client[CLIENT_OF(s)] == recovered))
#define ASKS(s, w) (connection[s].state == asking && connection[s].at == (w))

/* Never two owners: a session is connected on one worker, or can be recovered from one worker, and from no other. */
#define OWNED(w, c) (LISTENS(w) && (SESSION(w, c) == kept || SESSION(w, c) == claimed))
#define LIVES(s) (connection[s].state == isConnected && LISTENS(connection[s].at))
#define OWNERS(c) (OWNED(0, c) + OWNED(1, c) + OWNED(2, c) + LIVES(CONNECTIONS * c) + LIVES(CONNECTIONS * c + 1) + LIVES(CONNECTIONS * c + 2))
/* A client that was told that it is recovered has its session. */
#define IS_HONEST(c) (client[c] != recovered || LIVES(current[c]))

inline check() {
  assert(OWNERS(0) <= 1 && OWNERS(1) <= 1);
  assert(IS_HONEST(0) && IS_HONEST(1))
}

inline send(source, target, aType, aClient, aConnection, isFound) {
  if
  :: LISTENS(target) -> LINK(source, target)!aType, aClient, aConnection, isFound
  :: else
  fi
}

inline broadcast(w, bType, bClient, bConnection) {
  send(w, NEXT(w), bType, bClient, bConnection, false);
  send(w, LAST(w), bType, bClient, bConnection, false)
}

inline forget(s) {
  connection[s].state = gone;
  connection[s].at = 0;
  connection[s].waitsFor = 0;
  connection[s].asked = 0
}

/* A worker closes a connection. */
inline disconnect(s) {
  if
  :: IS_THERE(s) -> client[CLIENT_OF(s)] = away
  :: else
  fi
}

/* Recovery.keep() */
inline keep(s, w) {
  printf("worker %d keeps the session of client %d\n", w, CLIENT_OF(s));
  disconnect(s);
  forget(s);
  SESSION(w, CLIENT_OF(s)) = kept
}

/* EmbeddedAdapter.letGo(): the connection of a client that has come back by another one. */
inline letGo(w, c) {
#ifdef KEEPS_OLD_CONNECTIONS
  skip
#else
  for (i : CONNECTIONS * (c) .. CONNECTIONS * (c) + CONNECTIONS - 1) {
    if
    :: connection[i].state == isConnected && connection[i].at == w -> keep(i, w)
    :: else
    fi
  }
  i = 0
#endif
}

/* Recovery.claim(); without a session, the client gets a new one, and is told so. */
inline claim(s, w, c) {
  connection[s].waitsFor = 0;
  connection[s].asked = 0;
  if
  :: worker[w].state != staying -> forget(s)
  :: worker[w].state == staying && SESSION(w, c) == kept ->
#ifndef CLAIMS_WITHOUT_FLAG
    SESSION(w, c) = claimed;
#endif
    connection[s].state = isClaimed
  :: else ->
    if
    :: IS_THERE(s) ->
      printf("worker %d gives a new session to client %d\n", w, c);
      client[c] = fresh;
      assert(excused[c])
    :: else
    fi;
    forget(s)
  fi
}

/* SessionExchange.find() */
inline find(s, w, c) {
  connection[s].state = asking;
  broadcast(w, find_session, c, s);
  connection[s].waitsFor = PEERS(w);
  connection[s].asked = PEERS(w)
}

/* All have answered. A session may have been handed over to a worker that had answered already: it is asked again. */
inline endQuestion(s, w, c) {
#ifdef ASKS_ONCE
  claim(s, w, c)
#else
  if
  :: SESSION(w, c) != kept && worker[w].state == staying && PEERS(w) != 0 && (connection[s].asked & ~PEERS(w)) != 0 -> find(s, w, c)
  :: else -> claim(s, w, c)
  fi
#endif
}

/* Questions.peerEnd() */
inline peerEnd(s, w, x) {
  connection[s].waitsFor = connection[s].waitsFor & ~BIT(x);
  if
  :: connection[s].waitsFor == 0 -> endQuestion(s, w, CLIENT_OF(s))
  :: else
  fi
}

/* EmbeddedAdapter.restoreSession() */
inline restoreSession(s, w, c) {
  printf("client %d connects to worker %d\n", c, w);
  connection[s].at = w;
  letGo(w, c);
  if
  :: SESSION(w, c) != kept && PEERS(w) != 0 -> find(s, w, c)
  :: else -> claim(s, w, c)
  fi
}

/* SessionExchange.give() */
inline give(w, x) {
  letGo(w, c);
  if
  :: SESSION(w, c) == kept ->
    send(w, x, session, c, s, true);
    if
    :: LISTENS(x)
    :: else -> excused[c] = true
    fi;
#ifndef GIVES_WITHOUT_DROPPING
    SESSION(w, c) = absent
#endif
#ifndef ANSWERS_FOR_HEIR
  :: SESSION(w, c) == left
    /* No answer: the other worker asks again when this one has left. */
#endif
  :: else -> send(w, x, session, c, s, false)
  fi
}

/* A session that is given to a worker which does not wait for it any more is lost. That takes a question that was read long after it was
 * answered by somebody else. */
inline mayBeLost() {
  excused[c] = excused[c] || (type == session && isFound)
}

/* An answer for SessionExchange.find(), and SessionExchange.adopt() */
inline takeAnswer(w, x) {
#ifdef IGNORES_REQUEST_ID
  for (i : 0 .. ALL_CONNECTIONS - 1) {
    if
    :: ASKS(i, w) -> s = i
    :: else
    fi
  }
  i = 0;
#endif
  if
  :: ASKS(s, w) && (connection[s].waitsFor & BIT(x)) ->
    /* Never an answer to somebody else's request. */
    assert(CLIENT_OF(s) == c);
    if
    :: isFound ->
      SESSION(w, c) = kept;
#ifdef ADOPTS_WITHOUT_CLAIM
      connection[s].waitsFor = 0;
      connection[s].asked = 0;
      connection[s].state = isClaimed
#else
      claim(s, w, c)
#endif
    :: else -> peerEnd(s, w, x)
    fi
  :: else -> mayBeLost()
  fi
}

/* The heir of a closing worker is gone: what it has not confirmed is here again. SessionExchange.down() */
inline takeBack(w) {
  worker[w].refused = worker[w].refused | BIT(worker[w].successor);
  worker[w].successor = NOBODY;
  for (c : 0 .. CLIENTS - 1) {
    if
    :: SESSION(w, c) == left && (worker[w].all & BIT(c)) -> SESSION(w, c) = kept
    :: else
    fi
  }
  c = 0;
  worker[w].all = 0;
  worker[w].progress = candidates
}

/* The worker x answers no more. */
inline goneFor(w, x) {
  worker[w].departed = worker[w].departed | BIT(x);
  worker[w].inheritances = worker[w].inheritances & ~BIT(x);
  if
  :: worker[w].successor == x -> takeBack(w)
  :: else
  fi;
#ifndef WAITS_FOR_THE_DEAD
  for (s : 0 .. ALL_CONNECTIONS - 1) {
    if
    :: ASKS(s, w) && (connection[s].waitsFor & BIT(x)) -> peerEnd(s, w, x)
    :: else
    fi
  }
#endif
}

inline receive(w, x) {
  LINK(x, w)?type, c, s, isFound;
  printf("worker %d receives %e from worker %d (client %d, connection %d, found: %d)\n", w, type, x, c, s, isFound);
  if
  :: type == find_session -> give(w, x)
  :: type == session -> takeAnswer(w, x)
  :: type == heir ->
    if
#ifndef INHERITS_WHILE_LEAVING
    :: worker[w].state == isLeaving -> send(w, x, nothing, 0, 0, false)
#endif
    :: else ->
      worker[w].inheritances = worker[w].inheritances | BIT(x);
      send(w, x, held, 0, 0, false)
    fi
  :: type == nothing ->
    if
    :: worker[w].successor == x && worker[w].progress == leaveTo ->
      takeBack(w)
    :: else
    fi
  :: type == held ->
    if
    :: worker[w].successor == x && worker[w].progress == leaveTo ->
      worker[w].all = (SESSION(w, 0) == kept -> BIT(0) : 0) + (SESSION(w, 1) == kept -> BIT(1) : 0);
      worker[w].progress = splitHandover
    :: else
    fi
  :: type == bequeath ->
    if
    :: isFound && (worker[w].inheritances & BIT(x)) -> SESSION(w, c) = kept
    :: !isFound -> worker[w].inheritances = worker[w].inheritances & ~BIT(x)
    :: else
    fi;
    send(w, x, inherited, c, 0, isFound)
  :: type == inherited ->
    if
    :: worker[w].successor == x && worker[w].progress == part ->
      if
      :: isFound ->
#ifndef TAKES_ALL_BACK
        worker[w].all = worker[w].all & ~BIT(c);
#endif
        worker[w].progress = splitHandover
      :: else -> close(w)
      fi
    :: else
    fi
  :: type == leave || type == down -> goneFor(w, x)
  fi;
  type = 0; c = 0; s = 0; isFound = 0;
  check()
}

/* Nothing of a worker is left. */
inline vanish(w) {
  for (s : 0 .. ALL_CONNECTIONS - 1) {
    if
    :: connection[s].at == w && connection[s].state != unused && connection[s].state != gone ->
      disconnect(s);
      forget(s)
    :: else
    fi
  }
  SESSION(w, 0) = absent;
  SESSION(w, 1) = absent;
  worker[w].departed = 0;
  worker[w].refused = 0;
  worker[w].inheritances = 0;
  worker[w].successor = NOBODY;
  worker[w].progress = 0;
  worker[w].all = 0;
  do
  :: len(LINK(NEXT(w), w)) > 0 -> LINK(NEXT(w), w)?type, c, s, isFound; mayBeLost()
  :: else -> break
  od;
  do
  :: len(LINK(LAST(w), w)) > 0 -> LINK(LAST(w), w)?type, c, s, isFound; mayBeLost()
  :: else -> break
  od;
  type = 0; c = 0; s = 0; isFound = false;
  check()
}

/* AdapterHub.retire(). The connections are closed, before SessionExchange.leave(). */
inline retire(w) {
  printf("worker %d stops\n", w);
  stops--;
  worker[w].state = isClosing;
  for (s : 0 .. ALL_CONNECTIONS - 1) {
    if
    :: connection[s].at == w && connection[s].state == isConnected -> keep(s, w)
    :: connection[s].at == w && (connection[s].state == asking || connection[s].state == isClaimed) ->
      excused[CLIENT_OF(s)] = true;
      disconnect(s)
    :: else
    fi
  }
  s = 0;
  check()
}

inline beginToLeave(w) {
  worker[w].state = isLeaving;
#ifdef FORGETS_INHERITANCES
  worker[w].progress = candidates
#else
  worker[w].progress = (worker[w].inheritances == 0 -> candidates : onComplete)
#endif
}

#define CANDIDATES(w) (PEERS(w) & ~worker[w].refused)

/* The next heir; or the end, if there is nothing to leave, or nobody to take it. The code prefers those of which it knows that they stay;
 * here it is any. */
inline choose(w) {
  if
  :: (SESSION(w, 0) == kept || SESSION(w, 1) == kept) && CANDIDATES(w) != 0 ->
    if
    :: CANDIDATES(w) & BIT(NEXT(w)) -> worker[w].successor = NEXT(w)
    :: CANDIDATES(w) & BIT(LAST(w)) -> worker[w].successor = LAST(w)
    fi;
    printf("worker %d: worker %d is the heir\n", w, worker[w].successor);
    worker[w].progress = leaveTo;
    send(w, worker[w].successor, heir, 0, 0, false)
  :: else -> close(w)
  fi
}

/* The next part of splitHandover(), here a session; after the last one, a message that says so. Those in `all` are not confirmed. */
inline handOver(w) {
  worker[w].progress = part;
  if
  :: (worker[w].all & BIT(0)) && SESSION(w, 0) == kept -> bequeathTo(w, 0)
  :: !((worker[w].all & BIT(0)) && SESSION(w, 0) == kept) && (worker[w].all & BIT(1)) && SESSION(w, 1) == kept -> bequeathTo(w, 1)
  :: else -> send(w, worker[w].successor, bequeath, 0, 0, false)
  fi
}

inline bequeathTo(w, n) {
#ifndef HANDS_OVER_WITHOUT_FLAG
  SESSION(w, n) = left;
#endif
  send(w, worker[w].successor, bequeath, n, 0, true)
}

inline close(w) {
  printf("worker %d leaves\n", w);
  worker[w].state = closed;
  broadcast(w, leave, 0, 0);
  vanish(w)
}

inline connected(s, w) {
  printf("worker %d recovers client %d\n", w, CLIENT_OF(s));
  connection[s].state = isConnected;
  SESSION(w, CLIENT_OF(s)) = absent;
  if
  :: IS_THERE(s) ->
    /* Never told twice. */
    assert(client[CLIENT_OF(s)] == connecting);
    client[CLIENT_OF(s)] = recovered
  :: else
  fi;
  check()
}

/* Recovery.gone(): the client has left before it was connected. */
inline notConnected(s, w) {
  if
  :: SESSION(w, CLIENT_OF(s)) == claimed -> SESSION(w, CLIENT_OF(s)) = kept
  :: else
  fi;
  forget(s);
  check()
}

inline expire(s, w) {
  claim(s, w, CLIENT_OF(s));
  check()
}

/* What may happen to a connection at a worker: it is connected after the app's middleware, the client has left, or nobody answers. */
#define OF_CONNECTION(n) \
  :: d_step { connection[n].state == isClaimed && connection[n].at == w && worker[w].state == staying -> connected(n, w) } \
  :: d_step { connection[n].state == isClaimed && connection[n].at == w && !IS_THERE(n) -> notConnected(n, w) } \
  :: d_step { connection[n].state == isConnected && connection[n].at == w && !IS_THERE(n) -> keep(n, w); check() } \
  :: d_step { pauses > 0 && ASKS(n, w) -> pauses--; excused[CLIENT_OF(n)] = true; expire(n, w) } \
  EXPIRY(n)
#ifdef WAITS_FOR_EVER
#define EXPIRY(n)
#else
#define EXPIRY(n) :: atomic { timeout && ASKS(n, w) -> expire(n, w) }
#endif
#define AWAITS_OTHERS(w) (worker[w].progress == onComplete || worker[w].progress == leaveTo || worker[w].progress == part)

inline stopWaiting(w) {
  if
  :: worker[w].progress == onComplete -> worker[w].progress = candidates
  :: else -> close(w)
  fi
}

proctype WorkerProcess(byte w) {
  mtype:message type;
  byte c, s, i;
  bool isFound;
end:
  do
  :: d_step { LISTENS(w) && len(LINK(NEXT(w), w)) > 0 -> receive(w, NEXT(w)) }
  :: d_step { LISTENS(w) && len(LINK(LAST(w), w)) > 0 -> receive(w, LAST(w)) }
  OF_CONNECTION(0)
  OF_CONNECTION(1)
  OF_CONNECTION(2)
  OF_CONNECTION(3)
  OF_CONNECTION(4)
  OF_CONNECTION(5)
  :: d_step { stops > 0 && worker[w].state == staying -> retire(w) }
  :: d_step { worker[w].state == isClosing -> beginToLeave(w) }
  :: d_step { worker[w].progress == onComplete && worker[w].inheritances == 0 -> worker[w].progress = candidates }
  :: atomic { worker[w].progress == candidates -> choose(w); check() }
  :: d_step { worker[w].progress == splitHandover -> handOver(w); check() }
  :: d_step { pauses > 0 && AWAITS_OTHERS(w) -> pauses--; excused[0] = true; excused[1] = true; stopWaiting(w); check() }
  :: atomic { timeout && AWAITS_OTHERS(w) -> stopWaiting(w); check() }
  od
}

proctype ClientProcess(byte c) {
  byte s, i;
end:
  do
  :: d_step { client[c] == recovered && reconnects > 0 && used[c] < CONNECTIONS -> client[c] = away }
  :: atomic { client[c] == away && reconnects > 0 && used[c] < CONNECTIONS ->
      reconnects--;
      s = c * CONNECTIONS + used[c];
      used[c]++;
      current[c] = s;
      client[c] = connecting;
      if
      :: worker[0].state == staying -> restoreSession(s, 0, c)
      :: worker[1].state == staying -> restoreSession(s, 1, c)
      :: worker[2].state == staying -> restoreSession(s, 2, c)
      fi;
      s = 0;
      check()
    }
answered:
    /* Nobody waits for ever: this is no end. */
    if
    :: client[c] != connecting
    :: atomic { client[c] == connecting && reconnects > 0 && used[c] < CONNECTIONS -> client[c] = away; excused[c] = true }
    fi
  od
}

/* The messages of a killed worker are with the system by then, and arrive. */
inline kill(w) {
  printf("worker %d is killed\n", w);
  kills--;
  excused[0] = true;
  excused[1] = true;
  worker[w].state = killed;
  broadcast(w, down, 0, 0);
  vanish(w)
}

/* The last messages in a link are lost; the end of a worker is noticed nevertheless. */
inline breakLink(from, to) {
  i = len(LINK(from, to));
  do
  :: i > 0 ->
    LINK(from, to)?type, c, s, isFound;
    i--;
    if
    :: !isLost -> LINK(from, to)!type, c, s, isFound
    :: breaks > 0 || isLost ->
      if
      :: breaks > 0 -> breaks--
      :: else
      fi;
      isLost = true;
      if
      :: type == leave || type == down -> LINK(from, to)!down, 0, 0, false
      :: else
      fi
    fi
  :: i == 0 -> break
  od;
  if
  :: isLost -> printf("the link from worker %d to worker %d breaks\n", from, to); excused[0] = true; excused[1] = true
  :: else
  fi;
  type = 0; c = 0; s = 0; isFound = 0; isLost = 0
}

#define OF_LINK(from, to) :: atomic { breaks > 0 && len(LINK(from, to)) > 0 -> breakLink(from, to) }

proctype Villain() {
  mtype:message type;
  byte c, s, i;
  bool isFound, isLost;
end:
  do
  :: d_step { kills > 0 && LISTENS(0) -> kill(0) }
  :: d_step { kills > 0 && LISTENS(1) -> kill(1) }
  :: d_step { kills > 0 && LISTENS(2) -> kill(2) }
  OF_LINK(0, 1)
  OF_LINK(0, 2)
  OF_LINK(1, 0)
  OF_LINK(1, 2)
  OF_LINK(2, 0)
  OF_LINK(2, 1)
  od
}

init {
  byte i;
  atomic {
    for (i : 0 .. WORKERS - 1) {
      worker[i].state = staying;
      worker[i].successor = NOBODY
    }
    for (i : 0 .. WORKERS * CLIENTS - 1) { sessions[i] = absent }
    for (i : 0 .. ALL_CONNECTIONS - 1) { connection[i].state = unused }
    for (i : 0 .. CLIENTS - 1) {
      current[i] = i * CONNECTIONS;
      used[i] = 1;
      client[i] = recovered;
      connection[i * CONNECTIONS].state = isConnected
    }
    i = 0;
    if
    :: connection[CONNECTIONS].at = 0
    :: connection[CONNECTIONS].at = 1
    fi;
    run WorkerProcess(0);
    run WorkerProcess(1);
    run WorkerProcess(2);
    run ClientProcess(0);
    run ClientProcess(1);
    run Villain()
  }
}
