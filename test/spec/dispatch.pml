/*
 * The dispatcher as a small model: assign, heartbeat, complete, requeue, give back, cancel, sweep, over a queue that
 * doubles, delays and gives back messages. Each guard of the code can be left out (-DNO_…): then spin must find a
 * counterexample. lib/domain/README.md says which line of the model stands for which code.
 *
 * An `atomic` block is one conditional write of the table; everything between two blocks may be interleaved or crash.
 */
#ifndef BUILDS
#define BUILDS 1
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef MAX_SPENT
#define MAX_SPENT 2
#endif

#ifndef SWEEPS
#define SWEEPS 1
#endif
#ifndef COPIES
#define COPIES 1
#endif
#ifndef STALLS
#define STALLS 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

#define NOBODY 15
#define PENDING 0
#define ASSIGNED 1
#define BUILDING 2
#define COMPLETED 3
#define FAILED 4
#define CANCELLED 5
#define isTerminal(s) (s >= COMPLETED)
#define isHeld(s) (s == ASSIGNED || s == BUILDING)

typedef Build {
  byte state = PENDING;
  byte attempt;
  byte spent;
  byte holder = NOBODY;
  byte lease;      /* the lease's end: a later value after each renewal that matters */
  bool overdue;    /* the lease's end has passed */
  byte finishes;   /* ghost: accepted completions */
  bool live        /* ghost: a grant whose attempt has not been ended */
};
Build b[BUILDS];

typedef Worker {
  byte current = NOBODY;
  byte attempt
};
Worker w[WORKERS];

/* Messages in the queue: [build * 8 + attempt]. A full queue only means fewer copies. */
#define QUEUE 2
chan queue = [QUEUE] of { byte, byte };
byte copies = COPIES;   /* how often the queue may still deliver a message twice */
byte stalls = STALLS;   /* how often a worker may still go silent for longer than its lease */
byte crashes = CRASHES;  /* how often a poll may still die between two steps */

/* ---- the guards, each of which can be left out ---- */
#ifdef NO_ASSIGN_STATE
#define assignState(i) true
#else
#define assignState(i) (b[i].state == PENDING)
#endif
#ifdef NO_ASSIGN_ATTEMPT
#define assignAttempt(i, n) true
#else
#define assignAttempt(i, n) (b[i].attempt == n)
#endif
#ifdef NO_WORKER_FREE
#define workerFree(me) true
#else
#define workerFree(me) (w[me].current == NOBODY)
#endif
#ifdef NO_HOLDER
#define isHolder(i, me, n) true
#else
#define isHolder(i, me, n) (b[i].holder == me && b[i].attempt == n)
#endif
#ifdef NO_FINISH_STATE
#define finishState(i) true
#else
#define finishState(i) isHeld(b[i].state)
#endif
#ifdef NO_LEASE_SEEN
#define leaseSeen(i, l) true
#else
#define leaseSeen(i, l) (b[i].lease == l)
#endif
#ifdef NO_REQUEUE_ATTEMPT
#define requeueAttempt(i, n) true
#else
#define requeueAttempt(i, n) (b[i].attempt == n)
#endif
#ifdef NO_CANCEL_SEEN
#define cancelSeen(i, s, n) true
#else
#define cancelSeen(i, s, n) (b[i].state == s && b[i].attempt == n)
#endif
#define releaseOwn(me, i, n) (w[me].current == i && w[me].attempt == n)
#ifdef NO_RESEND
#define isUnsent(i) false
#else
#define isUnsent(i) (b[i].state == PENDING && len(queue) == 0)
#endif

/* Frees the worker of this build at this attempt; a worker that holds something else keeps it. */
inline release(me, i, n) {
  if
  :: me != NOBODY && releaseOwn(me, i, n) -> w[me].current = NOBODY
  :: else
  fi
}

inline send(i, n) {
  if
  :: nfull(queue) -> queue!i, n
  :: full(queue) -> skip
  fi
}

/* I1: while one grant lives there is no second. I8: attempts are bounded. */
inline grant(i, me, n) {
  assert(!b[i].live);
  assert(!isTerminal(b[i].state));
  assert(w[me].current == NOBODY);
  b[i].state = ASSIGNED; b[i].attempt = n + 1; b[i].holder = me; b[i].live = true;
  b[i].lease = 0; b[i].overdue = false;
  w[me].current = i; w[me].attempt = n + 1;
  assert(b[i].spent < MAX_SPENT)
}

/* One worker: polls, is given a build or not, works, and may fall silent at any point. */
proctype worker(byte me) {
  byte i; byte n; byte mine = NOBODY; byte attempt;
  do
  :: mine == NOBODY ->
    if
    /* the answer of an earlier poll got lost: the same assignment again */
    :: atomic { w[me].current != NOBODY && b[w[me].current].state == ASSIGNED && b[w[me].current].holder == me ->
         mine = w[me].current; attempt = w[me].attempt }
    /* named as holder of what went to others: forgotten */
    :: atomic { w[me].current != NOBODY && !(isHeld(b[w[me].current].state) && b[w[me].current].holder == me
         && b[w[me].current].attempt == w[me].attempt) -> w[me].current = NOBODY }
    :: atomic { w[me].current == NOBODY && nempty(queue) -> queue?i, n;
         if
         :: copies > 0 -> copies--; queue!i, n
         :: true
         fi }
      if
      :: crashes > 0 -> atomic { crashes--; send(i, n); i = 0; n = 0 }; goto end_crashed /* visibility runs out: it is back */
      :: true
      fi;
      atomic {
        if
        :: assignState(i) && assignAttempt(i, n) && workerFree(me) && b[i].spent < MAX_SPENT -> grant(i, me, n)
        :: !(assignState(i) && assignAttempt(i, n)) -> skip           /* stale: deleted */
        :: assignState(i) && assignAttempt(i, n) && !workerFree(me) -> send(i, n)  /* busy: given back */
        fi
      }
      /* after the commit the message is deleted; a delete that gets lost is the copy made at the receive */
      atomic { i = 0; n = 0 }
    :: true -> break
    fi
  :: mine != NOBODY ->
    if
    /* heartbeat */
    :: atomic { skip;
         if
         :: finishState(mine) && isHolder(mine, me, attempt) ->
            assert(!isTerminal(b[mine].state)); /* I3 */
            b[mine].state = BUILDING;
            if
            :: b[mine].overdue -> b[mine].overdue = false; b[mine].lease++
            :: else
            fi
         :: else -> mine = NOBODY; attempt = 0  /* 409 or 410: it stops */
         fi }
    /* complete */
    :: atomic { skip;
         if
         :: finishState(mine) && isHolder(mine, me, attempt) ->
            assert(!isTerminal(b[mine].state)); /* I3: an end never changes */
            assert(b[mine].holder == me && b[mine].attempt == attempt); /* I3: no stale attempt */
            b[mine].state = COMPLETED; b[mine].finishes++; b[mine].live = false;
            assert(b[mine].finishes == 1);
            release(me, mine, attempt)
         :: else -> skip
         fi;
         mine = NOBODY; attempt = 0 }
    /* give back */
    :: atomic { skip;
         if
         :: finishState(mine) && isHolder(mine, me, attempt) ->
            assert(!isTerminal(b[mine].state));
            b[mine].live = false; b[mine].spent++; release(me, mine, attempt);
            if
            :: b[mine].spent >= MAX_SPENT -> b[mine].state = FAILED
            :: else -> b[mine].state = PENDING; b[mine].holder = NOBODY; send(mine, attempt)
            fi
         :: else -> skip
         fi;
         mine = NOBODY; attempt = 0 }
    fi
  od;
end_crashed:
  skip
}

#define needsRepair(k) ((isHeld(b[k].state) && (b[k].overdue || stalls > 0)) || isUnsent(k))

/* Time passes here: a lease may run out while its worker is silent. */
inline look(k) {
  if
  :: isHeld(b[k].state) && !b[k].overdue -> stalls--; b[k].overdue = true
  :: else
  fi;
  n = b[k].attempt; l = b[k].lease; state = b[k].state
}

/* The sweep: reads an index, decides, then writes under its condition; with SWEEPS=2 two of them run at once. */
proctype sweep() {
  byte i; byte n; byte l; byte state;
end_idle:
  if
  :: atomic { needsRepair(0) -> i = 0; look(i) }
  :: atomic { BUILDS > 1 && needsRepair(BUILDS - 1) -> i = BUILDS - 1; look(i) }
  fi;
  if
  :: isHeld(state) ->
     atomic {
       if
       :: isHeld(b[i].state) && requeueAttempt(i, n) && leaseSeen(i, l) ->
          assert(b[i].overdue);                 /* no lease is taken that was renewed meanwhile */
          assert(b[i].attempt == n);
          b[i].live = false; b[i].spent++;
          release(b[i].holder, i, b[i].attempt);
          if
          :: b[i].spent >= MAX_SPENT -> b[i].state = FAILED
          :: else -> b[i].state = PENDING; b[i].holder = NOBODY
          fi
       :: else
       fi }
  :: else ->
     /* pending and unsent, or sent long ago and not taken: a message. Nothing of the build is changed by it. */
     atomic { send(i, n) }
  fi;
  atomic { n = 0; l = 0; state = 0; goto end_idle }
}

/* Somebody cancels one build, once. */
active proctype cancel() {
  byte i; byte s; byte n; byte holder;
  if
  :: i = 0
  :: BUILDS > 1 -> i = BUILDS - 1
  :: goto done
  fi;
again:
  atomic { s = b[i].state; n = b[i].attempt; holder = b[i].holder };
  if
  :: isTerminal(s) -> goto done
  :: else
  fi;
  atomic {
    if
    :: cancelSeen(i, s, n) ->
       assert(!isTerminal(b[i].state));         /* I3 */
       release(holder, i, n);
       b[i].state = CANCELLED;b[i].live = false;
       goto done
    :: else
    fi };
  goto again;
done:
  skip
}

/*
 * At rest, with nobody crashed for good: I2 nothing waits without a message, I4 build and
 * worker agree about who holds what.
 */
active proctype watch() {
  byte i;
  timeout ->
    i = 0;
    do
    :: i < BUILDS ->
       assert(b[i].state != PENDING || nempty(queue));
       assert(!isHeld(b[i].state) || w[b[i].holder].current == i);
       i++
    :: else -> break
    od
}

init {
  byte k;
  atomic {
    do
    :: k < WORKERS -> run worker(k); k++
    :: else -> break
    od;
#ifdef TWINS
    run worker(0);   /* a worker that polls twice at once */
#endif
    k = 0;
    do
    :: k < SWEEPS -> run sweep(); k++
    :: else -> break
    od
  }
}
