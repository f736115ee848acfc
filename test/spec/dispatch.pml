/*
 * The dispatcher as a small model: register, poll, assign, heartbeat, complete, requeue, give back, cancel, expire, reject,
 * leave, sweep, over a queue that doubles, delays and gives back messages. Each guard of the code can be left out (-DNO_…):
 * then spin must find a counterexample. lib/domain/README.md says which line of the model stands for which code.
 *
 * An `atomic` block is one read or one conditional write of the table; everything between two blocks may be interleaved or
 * crash. What is read is kept in variables and may be old when the write that follows from it is made.
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
#ifndef CANCELS
#define CANCELS 1
#endif

/* How often what seldom happens may still happen. */
#ifndef COPIES
#define COPIES 1
#endif
#ifndef STALLS
#define STALLS 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef REGISTRATIONS
#define REGISTRATIONS 0
#endif
#ifndef STRAYS
#define STRAYS 0
#endif
#ifndef LEAVES
#define LEAVES 0
#endif
#ifndef LOSSES
#define LOSSES 0
#endif
#ifndef TIMEOUTS
#define TIMEOUTS 0
#endif
#ifndef BURIALS
#define BURIALS 0
#endif
#ifndef LOWERINGS
#define LOWERINGS 0
#endif

#define NOBODY 15
#define NOTHING 15
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
  byte lease;      /* the lease's end: a later value after each renewal that matters; each attempt begins anew */
  bool overdue;    /* the lease's end has passed */
  byte finishes;   /* ghost: accepted completions */
  bool live        /* ghost: a grant whose attempt has not been ended */
};
Build b[BUILDS];

/* What a worker registered as: able to build what there is, for the other platform, or without a label that is asked for. */
#define ABLE 0
#define OTHER_PLATFORM 1
#define UNLABELLED 2

typedef Worker {
  bool gone;       /* it has no record: it left, or the record got lost */
  bool lost;       /* ghost: the latter */
  byte epoch;      /* raised by each registration */
  byte able;
  byte current = NOTHING;
  byte attempt
};
Worker w[WORKERS];

/* Messages in the queue: build, attempt. A full queue only means fewer copies. */
#define QUEUE 2
chan queue = [QUEUE] of { byte, byte };
byte copies = COPIES;   /* the queue delivers a message twice */
byte stalls = STALLS;   /* a worker goes silent for longer than its lease */
byte crashes = CRASHES;  /* a poll dies between two steps */
byte registrations = REGISTRATIONS;   /* a worker that is at work registers again */
byte strays = STRAYS;   /* a hint comes to a worker that may not build it */
byte leaves = LEAVES;   /* a worker leaves */
byte losses = LOSSES;   /* a worker's record gets lost */
byte timeouts = TIMEOUTS;   /* a build has taken, or waited, too long */
byte burials = BURIALS;   /* a message is put aside as a dead letter */
byte lowerings = LOWERINGS;   /* a deployment allows fewer attempts */
byte limit = MAX_SPENT;

/* ---- the guards, each of which can be left out ---- */

/* assign */
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
#ifdef NO_PLATFORM
#define platform(as) true
#else
#define platform(as) (as != OTHER_PLATFORM)
#endif
#ifdef NO_LABELS
#define labels(as) true
#else
#define labels(as) (as != UNLABELLED)
#endif
#ifdef NO_ATTEMPTS_LEFT
#define attemptsLeft(i) true
#else
#define attemptsLeft(i) (b[i].spent < limit)
#endif
#ifdef NO_EPOCH
#define epochSeen(me, e) true
#else
#define epochSeen(me, e) (!w[me].gone && w[me].epoch == e)
#endif
#ifdef NO_WORKER_FREE
#define workerFree(me) true
#else
#define workerFree(me) (w[me].current == NOTHING)
#endif

/* the same assignment again */
#ifdef NO_REPEAT_OWN
#define repeatOwn(i, me, n) true
#else
#define repeatOwn(i, me, n) (b[i].holder == me && b[i].attempt == n)
#endif
#ifdef NO_REPEAT_STATE
#define repeatState(i) true
#else
#define repeatState(i) (b[i].state == ASSIGNED)
#endif
#ifdef NO_REPEAT_ATTEMPT
#define repeatAttempt(i, n) true
#else
#define repeatAttempt(i, n) (b[i].attempt == n)
#endif
#ifdef NO_FORGET_OWN
#define forgetOwn(me, i, n) true
#else
#define forgetOwn(me, i, n) (w[me].current == i && w[me].attempt == n)
#endif

/* heartbeat, complete, fail */
#ifdef NO_HOLDER
#define isHolder(i, me, n) true
#else
#ifdef NO_HOLDER_ATTEMPT
#define isHolder(i, me, n) (b[i].holder == me)
#else
#define isHolder(i, me, n) (b[i].holder == me && b[i].attempt == n)
#endif
#endif
#ifdef NO_BEAT_STATE
#define beatState(i) true
#else
#define beatState(i) isHeld(b[i].state)
#endif
#ifdef NO_FINISH_STATE
#define finishState(i) true
#else
#define finishState(i) isHeld(b[i].state)
#endif

/* give back */
#ifdef NO_GIVE_BACK_OWN
#define giveBackOwn(i, me, n) isHeld(b[i].state)
#else
#define giveBackOwn(i, me, n) (isHeld(b[i].state) && b[i].holder == me && b[i].attempt == n)
#endif
#ifdef NO_GIVE_BACK_STATE
#define giveBackState(i) true
#else
#define giveBackState(i) isHeld(b[i].state)
#endif
#ifdef NO_GIVE_BACK_ATTEMPT
#define giveBackAttempt(i, n) true
#else
#define giveBackAttempt(i, n) (b[i].attempt == n)
#endif
#ifdef NO_LAST_ATTEMPT
#define isLastAttempt(i) false
#else
#define isLastAttempt(i) (b[i].spent >= limit)
#endif
#ifdef NO_RELEASE_OWN
#define releaseOwn(me, i, n) true
#else
#define releaseOwn(me, i, n) (w[me].current == i && w[me].attempt == n)
#endif

/* sweep, cancel, reject */
#ifdef NO_LEASE_LOST
#define leaseLost(isLate) true
#else
#define leaseLost(isLate) isLate
#endif
#ifdef NO_LEASE_SEEN
#define leaseSeen(i, l) true
#else
#define leaseSeen(i, l) (b[i].lease == l)
#endif
#ifdef NO_REQUEUE_STATE
#define requeueState(i) true
#else
#define requeueState(i) isHeld(b[i].state)
#endif
#ifdef NO_REQUEUE_ATTEMPT
#define requeueAttempt(i, n) true
#else
#define requeueAttempt(i, n) (b[i].attempt == n)
#endif
#ifdef NO_EXPIRE_STATE
#define expireState(i) true
#else
#define expireState(i) isHeld(b[i].state)
#endif
#ifdef NO_EXPIRE_ATTEMPT
#define expireAttempt(i, n) true
#else
#define expireAttempt(i, n) (b[i].attempt == n)
#endif
#ifdef NO_REJECT_STATE
#define rejectState(i) true
#else
#define rejectState(i) (b[i].state == PENDING)
#endif
#ifdef NO_REJECT_ATTEMPT
#define rejectAttempt(i, n) true
#else
#define rejectAttempt(i, n) (b[i].attempt == n)
#endif
#ifdef NO_CANCEL_STATE
#define cancelState(i) true
#else
#define cancelState(i) (!isTerminal(b[i].state))
#endif
#ifdef NO_CANCEL_ATTEMPT
#define cancelAttempt(i, n) true
#else
#define cancelAttempt(i, n) (b[i].attempt == n)
#endif
#ifdef NO_RESEND
#define isUnsent(i) false
#else
#define isUnsent(i) (b[i].state == PENDING && len(queue) == 0)
#endif

/* register, leave */
#ifdef NO_ACTIVE_BUILDS
#define saysNone(mine) true
#else
#define saysNone(mine) (mine == NOTHING)
#endif
#ifdef NO_RENEW_EPOCH
#define renewEpoch(me, e) true
#else
#define renewEpoch(me, e) (w[me].epoch == e)
#endif
#ifdef NO_REMOVE_EPOCH
#define removeEpoch(me, e) true
#else
#define removeEpoch(me, e) (w[me].epoch == e)
#endif
#ifdef NO_REMOVE_FREE
#define removeFree(me) true
#else
#define removeFree(me) (w[me].current == NOTHING)
#endif

/* Frees the worker of this build at this attempt; a worker that holds something else, or has no record, is left alone. */
inline release(me, i, n) {
  if
  :: me != NOBODY && releaseOwn(me, i, n) ->
     assert(w[me].current == i && w[me].attempt == n);   /* I4: nothing else, and no record is made of nothing */
     w[me].current = NOTHING; w[me].attempt = 0
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
  assert(w[me].current == NOTHING);
  assert(!w[me].gone && w[me].able == ABLE);   /* to who it is registered as now */
  b[i].state = ASSIGNED; b[i].attempt = n + 1; b[i].holder = me; b[i].live = true;
  b[i].lease = 0; b[i].overdue = false;
  w[me].current = i; w[me].attempt = n + 1;
  assert(b[i].spent < limit)
}

/* An attempt ended without result: the build waits again, or has failed. */
inline backToQueue(i) {
  b[i].live = false; b[i].overdue = false; b[i].lease = 0;
  if
  :: isLastAttempt(i) -> b[i].state = FAILED
  :: else ->
     assert(b[i].spent < limit);   /* I2, I8: what waits may be granted */
     b[i].state = PENDING; b[i].holder = NOBODY
  fi
}

/* What the holder had waits again, and an attempt is spent. */
inline giveBack(i, me, n) {
  if
  :: giveBackState(i) && giveBackAttempt(i, n) ->
     assert(!isTerminal(b[i].state)); /* I3 */
     assert(b[i].holder == me && b[i].attempt == n);   /* I3: from nobody but the holder */
     b[i].spent++; release(me, i, n); backToQueue(i);
     if
     :: b[i].state == PENDING -> send(i, n)
     :: else
     fi
  :: else
  fi
}

inline fail(i) {
  assert(!isTerminal(b[i].state));   /* I3: an end never changes */
  b[i].live = false; b[i].overdue = false; b[i].lease = 0;
  b[i].state = FAILED
}

/* A build that nobody will take: its attempts are used up, its message is a dead letter, or it has waited too long. */
inline reject(i, n) {
  if
  :: rejectState(i) && rejectAttempt(i, n) ->
     assert(!b[i].live);   /* I1: it is nobody's */
     assert(b[i].attempt == n);   /* I2: not for a message of an earlier attempt */
     fail(i)
  :: else
  fi
}

/* One process of a worker: polls, is given a build or not, works, and may fall silent at any point. Another may have its id. */
proctype worker(byte me; bool isRestart) {
  byte i; byte n; byte epoch; byte as; byte mine = NOTHING; byte attempt;

#define seeWorker i = w[me].current; n = w[me].attempt; epoch = w[me].epoch; as = w[me].able
#define forgetSeen i = 0; n = 0; epoch = 0; as = 0
#define stop mine = NOTHING; attempt = 0

  if
  :: isRestart -> goto register
  :: else
  fi;
work:
  if
  /* ---- a poll: first its worker is read ---- */
  :: atomic { mine == NOTHING && !w[me].gone && (w[me].current != NOTHING || nempty(queue)) -> seeWorker };
     if
     :: i != NOTHING ->
        /* it holds one, so the build is read: the answer of an earlier poll may have got lost */
        atomic {
          if
          :: repeatOwn(i, me, n) && b[i].state == ASSIGNED -> n = b[i].attempt
          :: repeatOwn(i, me, n) && b[i].state == BUILDING -> forgetSeen; goto work   /* it is at work */
          :: else -> goto forget
          fi };
        atomic {
          if
          :: repeatState(i) && repeatAttempt(i, n) ->
             assert(b[i].state == ASSIGNED);   /* I5: what has begun is not begun again */
             assert(b[i].holder == me && b[i].attempt == n);   /* I1: nobody is given what another holds */
             mine = i; attempt = n
          :: else
          fi;
          forgetSeen }
     :: else ->
        if
        :: atomic { as == ABLE && nempty(queue) -> queue?i, n;
             if
             :: copies > 0 -> copies--; queue!i, n
             :: true
             fi }
        :: atomic { as != ABLE && strays > 0 && nempty(queue) -> strays--; queue?<i, n> }
        :: else -> forgetSeen; goto work
        fi;
        if
        :: atomic { crashes > 0 -> crashes--; send(i, n); goto stopped }   /* visibility runs out: it is back */
        :: true
        fi;
        atomic {
          if
          :: !(assignState(i) && assignAttempt(i, n) && platform(as) && labels(as)) -> skip   /* stale: deleted */
          :: else ->
             if
             :: !attemptsLeft(i) -> goto exhausted
             :: else ->
                if
                :: epochSeen(me, epoch) && workerFree(me) -> grant(i, me, n)
                :: else -> send(i, n)   /* busy, or another by now: given back */
                fi
             fi
          fi;
          /* after the commit the message is deleted; a delete that gets lost is the copy made at the receive */
          forgetSeen }
     fi;
     goto work

  /* ---- at work ---- */
  /* heartbeat */
  :: atomic { mine != NOTHING ->
       if
       :: beatState(mine) && isHolder(mine, me, attempt) ->
          assert(!isTerminal(b[mine].state)); /* I3 */
          assert(b[mine].holder == me && b[mine].attempt == attempt); /* I3: no stale attempt */
          b[mine].state = BUILDING;
          if
          :: b[mine].overdue -> b[mine].overdue = false; b[mine].lease++
          :: else
          fi
       :: else -> stop  /* 409 or 410: it stops */
       fi };
     goto work
  /* complete, fail */
  :: atomic { mine != NOTHING ->
       if
       :: finishState(mine) && isHolder(mine, me, attempt) ->
          assert(!isTerminal(b[mine].state)); /* I3: an end never changes */
          assert(b[mine].holder == me && b[mine].attempt == attempt); /* I3: no stale attempt */
          b[mine].state = COMPLETED; b[mine].finishes++; b[mine].live = false;
          b[mine].overdue = false; b[mine].lease = 0;
          assert(b[mine].finishes == 1);
          release(me, mine, attempt)
       :: else
       fi;
       stop };
     goto work
  /* give back: the build is read first */
  :: atomic { mine != NOTHING ->
       if
       :: isHeld(b[mine].state) && b[mine].holder == me && b[mine].attempt == attempt -> i = mine; n = attempt; stop
       :: else -> stop; goto work
       fi };
     atomic { giveBack(i, me, n); forgetSeen };
     goto work

  /* ---- it registers again, and goes on with what it has ---- */
  :: atomic { registrations > 0 -> registrations--; goto register }
  /* ---- it leaves ---- */
  :: atomic { leaves > 0 && !w[me].gone -> leaves--; stop; goto leave }
  :: goto stopped
  fi;

forget:
  /* named as holder of what went to others */
  atomic {
    if
    :: forgetOwn(me, i, n) -> w[me].current = NOTHING; w[me].attempt = 0
    :: else
    fi;
    forgetSeen; goto work };

exhausted:
  atomic { reject(i, n); forgetSeen; goto work };

register:
  atomic {
    if
    :: w[me].gone -> stop; goto stopped   /* its id is unknown: it is a new worker */
    :: else -> seeWorker
    fi };
  if
  :: saysNone(mine) && i != NOTHING ->
     /* restarted, so what it holds is lost: the build is read */
     atomic {
       if
       :: giveBackOwn(i, me, n) -> n = b[i].attempt
       :: else -> goto renew
       fi };
     atomic {
       assert(mine == NOTHING);   /* requeued or re-attached, never both */
       giveBack(i, me, n) }
  :: else
  fi;
renew:
  atomic {
    if
    :: !w[me].gone && renewEpoch(me, epoch) ->
       w[me].epoch = epoch + 1;
       if
       :: w[me].able = ABLE
       :: w[me].able = OTHER_PLATFORM
       :: w[me].able = UNLABELLED
       fi;
       forgetSeen; goto work
    :: else -> forgetSeen; goto register
    fi };

leave:
  atomic {
    if
    :: w[me].gone -> goto stopped
    :: else -> seeWorker
    fi };
  if
  :: i != NOTHING ->
     atomic {
       if
       :: giveBackOwn(i, me, n) -> n = b[i].attempt; goto leaveWith
       :: else
       fi };
     atomic {
       if
       :: forgetOwn(me, i, n) -> w[me].current = NOTHING; w[me].attempt = 0
       :: else
       fi;
       forgetSeen; goto leave }
  :: else
  fi;
  atomic {
    if
    :: !w[me].gone && removeFree(me) && removeEpoch(me, epoch) ->
       assert(w[me].current == NOTHING);   /* I4: nobody leaves with a build */
       assert(w[me].epoch == epoch);   /* who has registered since stays */
       w[me].gone = true
    :: else
    fi;
    goto stopped };

leaveWith:
  atomic {
    if
    :: giveBackState(i) && giveBackAttempt(i, n) ->
       assert(!isTerminal(b[i].state)); /* I3 */
       assert(b[i].holder == me && b[i].attempt == n);   /* I3: from nobody but the holder */
       if
       :: w[me].current == i && w[me].attempt == n -> w[me].gone = true; w[me].current = NOTHING; w[me].attempt = 0
       :: else
       fi;
       backToQueue(i);
       if
       :: b[i].state == PENDING -> send(i, n)
       :: else
       fi;
       goto stopped
    :: else -> forgetSeen; goto leave
    fi };

stopped:
  atomic { forgetSeen; stop }
}

#define isDue(k) (isHeld(b[k].state) && (b[k].overdue || stalls > 0 || timeouts > 0) || isUnsent(k) || b[k].state == PENDING && timeouts > 0)

/* Time passes here: a lease may run out while its worker is silent. */
inline look(k) {
  if
  :: isHeld(b[k].state) && !b[k].overdue ->
     if
     :: stalls > 0 -> stalls--; b[k].overdue = true
     :: timeouts > 0
     fi
  :: else
  fi;
  n = b[k].attempt; l = b[k].lease; isLate = b[k].overdue; state = b[k].state; holder = b[k].holder
}

/* The sweep: reads an index, decides, then writes under its condition; with SWEEPS=2 two of them run at once. */
proctype sweep() {
  byte i; byte n; byte l; byte state; byte holder; bool isLate;
end_idle:
  if
  :: atomic { isDue(0) -> i = 0; look(i) }
  :: atomic { BUILDS > 1 && isDue(BUILDS - 1) -> i = BUILDS - 1; look(i) }
  fi;
  if
  :: isHeld(state) && leaseLost(isLate) ->
     atomic {
       if
       :: requeueState(i) && requeueAttempt(i, n) && leaseSeen(i, l) ->
          assert(!isTerminal(b[i].state));      /* I3 */
          assert(b[i].overdue);                 /* no lease is taken that was renewed meanwhile */
          assert(b[i].attempt == n);
          b[i].spent++;
          release(holder, i, n);
          backToQueue(i)
       :: else
       fi }
  :: atomic { isHeld(state) && timeouts > 0 -> timeouts-- };
     atomic {
       if
       :: expireState(i) && expireAttempt(i, n) ->
          assert(b[i].live && b[i].attempt == n);   /* I3: it was this attempt that took too long */
          release(holder, i, n);
          fail(i)
       :: else
       fi }
  :: state == PENDING ->
     /* unsent, or sent long ago and not taken: a message. Nothing of the build is changed by it. */
     atomic { send(i, n) }
  :: atomic { state == PENDING && timeouts > 0 -> timeouts-- };
     atomic { reject(i, n) }
  :: else
  fi;
  atomic { i = 0; n = 0; l = 0; state = 0; holder = 0; isLate = false; goto end_idle }
}

/* Somebody cancels one build, once. */
proctype cancel() {
  byte i; byte n; byte holder;
  if
  :: i = 0
  :: BUILDS > 1 -> i = BUILDS - 1
  :: goto done
  fi;
again:
  atomic {
    n = b[i].attempt; holder = b[i].holder;
    if
    :: isTerminal(b[i].state) -> goto done
    :: else
    fi };
  atomic {
    if
    :: cancelState(i) && cancelAttempt(i, n) ->
       assert(!isTerminal(b[i].state));         /* I3 */
       release(holder, i, n);
       b[i].state = CANCELLED; b[i].live = false; b[i].overdue = false; b[i].lease = 0;
       goto done
    :: else
    fi };
  goto again;
done:
  atomic { i = 0; n = 0; holder = 0 }
}

/* What happens around them: dead letters, a deployment that allows fewer attempts, a record that gets lost. */
proctype others() {
  byte i; byte n; byte k;
end_idle:
  if
  :: atomic { burials > 0 && nempty(queue) -> burials--; queue?i, n };
     atomic { reject(i, n); i = 0; n = 0 }
  :: atomic { lowerings > 0 -> lowerings--; limit-- }
  :: atomic { losses > 0 && !w[0].gone -> losses--;
       w[0].gone = true; w[0].lost = true; w[0].current = NOTHING; w[0].attempt = 0 }
  fi;
  goto end_idle
}

/*
 * At rest, with nobody crashed for good: I2 nothing waits without a message, I4 build and
 * worker agree about who holds what.
 */
#define holdsAsNamed(k) (isHeld(b[w[k].current].state) && b[w[k].current].holder == k && b[w[k].current].attempt == w[k].attempt)
active proctype watch() {
  byte i;
  timeout ->
    i = 0;
    do
    :: i < BUILDS ->
       assert(b[i].state != PENDING || nempty(queue));
       assert(!isHeld(b[i].state) || w[b[i].holder].lost || w[b[i].holder].current == i);
       i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < WORKERS ->
       if
       :: w[i].current != NOTHING -> assert(holdsAsNamed(i))
       :: else
       fi;
       i++
    :: else -> break
    od
}

init {
  byte k;
  atomic {
    do
    :: k < WORKERS -> run worker(k, false); k++
    :: else -> break
    od;
#ifdef TWINS
    run worker(0, false);   /* a worker that polls twice at once */
#endif
#ifdef RESTARTS
    run worker(0, true);   /* a worker that was restarted, or was thought dead: both may go on */
#endif
    k = 0;
    do
    :: k < SWEEPS -> run sweep(); k++
    :: else -> break
    od;
#if CANCELS > 0
    run cancel();
#endif
#if BURIALS + LOWERINGS + LOSSES > 0
    run others()
#endif
  }
}
