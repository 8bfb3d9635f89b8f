# The database does not answer for eight minutes, and twenty programs need it. People are told of the database: once that
# it is down, once that a person is needed, once that it is over. Each symptom ends as inhibited, with the reason. Some of
# the programs have ended meanwhile and are started anew; nobody is told of that either. The budgets of the programs are
# not touched by what was upstream, nor by looks that failed before the database was seen to fail: those are held until it
# was looked at.

running
service db
services app 20 needs db
target app7 99.9% over 30d
target db 99.9% over 30d
settle 10min
only told target incidents:site alerts:site
stubborn db 8min
wait 30min
show

----
00:10:02  alerts:site alert.inhibited: app7/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:02  alerts:site alert.inhibited: app9/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:02  alerts:site alert.inhibited: app8/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:02  alerts:site alert.inhibited: app1/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:02  alerts:site alert.inhibited: app4/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:02  alerts:site alert.inhibited: app13/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:02  alerts:site alert.inhibited: app10/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:02  alerts:site alert.inhibited: app6/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:02  target db.availability burns its error budget: grouped, people know about db
00:10:02  told (trouble): db: check db/http fails since 22:10:02: no answer
00:10:02  alerts:site alert.inhibited: app12/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:02  alerts:site alert.inhibited: app11/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:02  alerts:site alert.inhibited: app5/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:02  alerts:site alert.inhibited: app18/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:02  alerts:site alert.inhibited: app15/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:03  alerts:site alert.inhibited: app2/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:03  alerts:site alert.inhibited: app20/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:03  alerts:site alert.inhibited: app14/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:04  alerts:site alert.inhibited: app12 ended (code 1) | it needs db, which is down
00:10:04  alerts:site alert.inhibited: app4 ended (code 1) | it needs db, which is down
00:10:04  alerts:site alert.inhibited: app9 ended (code 1) | it needs db, which is down
00:10:04  alerts:site alert.inhibited: app14 ended (code 1) | it needs db, which is down
00:10:04  alerts:site alert.inhibited: app5 ended (code 1) | it needs db, which is down
00:10:04  alerts:site alert.inhibited: app7 ended (code 1) | it needs db, which is down
00:10:04  alerts:site alert.inhibited: app11 ended (code 1) | it needs db, which is down
00:10:04  alerts:site alert.inhibited: app15 ended (code 1) | it needs db, which is down
00:10:04  alerts:site alert.inhibited: app13 ended (code 1) | it needs db, which is down
00:10:04  alerts:site alert.inhibited: app3 ended (code 1) | it needs db, which is down
00:10:09  alerts:site alert.inhibited: app16/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:09  alerts:site alert.inhibited: app17/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:09  alerts:site alert.inhibited: app3/http: connection refused | it needs db, which is down
00:10:10  alerts:site alert.inhibited: app19/http: HTTP 503: something it needs does not answer | it needs db, which is down
00:10:53  incidents:site incident.opened: db: check db/http fails since 22:10:02: no answer
00:10:53  incidents:site incident.paged: db: check db/http fails since 22:10:02: no answer | page bo
00:10:53  told (page): INC-2026-001 SEV2 db: check db/http fails since 22:10:02: no answer
00:11:00  target db.availability: meeting → breached: 97 % of the budget left, for 41 min of outage; went wrong: own 8
00:18:01  alerts:site alert.waiting: app7/http: HTTP 503: something it needs does not answer (and 1 more) | what it needs is back, and it is not well
00:18:01  alerts:site notice.skipped: app7: check app7/http fails since 22:10:00: HTTP 503: something it needs does not answer | it failed with db, which people know; it has a while
00:18:01  alerts:site alert.waiting: app11/http: HTTP 503: something it needs does not answer (and 1 more) | what it needs is back, and it is not well
00:18:01  alerts:site notice.skipped: app11: check app11/http fails since 22:10:02: HTTP 503: something it needs does not answer | it failed with db, which people know; it has a while
00:18:01  alerts:site alert.waiting: app12/http: HTTP 503: something it needs does not answer (and 1 more) | what it needs is back, and it is not well
00:18:01  alerts:site notice.skipped: app12: check app12/http fails since 22:10:02: HTTP 503: something it needs does not answer | it failed with db, which people know; it has a while
00:18:01  alerts:site alert.waiting: app4/http: HTTP 503: something it needs does not answer (and 1 more) | what it needs is back, and it is not well
00:18:01  alerts:site notice.skipped: app4: check app4/http fails since 22:10:00: HTTP 503: something it needs does not answer | it failed with db, which people know; it has a while
00:18:01  alerts:site alert.waiting: app14/http: HTTP 503: something it needs does not answer (and 1 more) | what it needs is back, and it is not well
00:18:01  alerts:site notice.skipped: app14: check app14/http fails since 22:10:03: HTTP 503: something it needs does not answer | it failed with db, which people know; it has a while
00:18:01  alerts:site alert.waiting: app3 ended (code 1) (and 1 more) | what it needs is back, and it is not well
00:18:01  alerts:site notice.skipped: app3: check workload fails since 22:10:04: it exited with code 1 | it failed with db, which people know; it has a while
00:18:01  alerts:site alert.waiting: app13/http: HTTP 503: something it needs does not answer (and 1 more) | what it needs is back, and it is not well
00:18:01  alerts:site notice.skipped: app13: check app13/http fails since 22:10:01: HTTP 503: something it needs does not answer | it failed with db, which people know; it has a while
00:18:01  alerts:site alert.waiting: app5/http: HTTP 503: something it needs does not answer (and 1 more) | what it needs is back, and it is not well
00:18:01  alerts:site notice.skipped: app5: check app5/http fails since 22:10:02: HTTP 503: something it needs does not answer | it failed with db, which people know; it has a while
00:18:01  alerts:site alert.waiting: app9/http: HTTP 503: something it needs does not answer (and 1 more) | what it needs is back, and it is not well
00:18:01  alerts:site notice.skipped: app9: check app9/http fails since 22:10:00: HTTP 503: something it needs does not answer | it failed with db, which people know; it has a while
00:18:01  alerts:site alert.waiting: app15/http: HTTP 503: something it needs does not answer (and 1 more) | what it needs is back, and it is not well
00:18:01  alerts:site notice.skipped: app15: check app15/http fails since 22:10:02: HTTP 503: something it needs does not answer | it failed with db, which people know; it has a while
00:18:31  incidents:site incident.resolved: db: check db/http fails since 22:10:02: no answer | well after 0 ms, and for 30 s since
00:18:31  told (recovered): INC-2026-001 resolved: db is well again (after 7 min)
00:18:32  alerts:site notice.skipped: app4: well again after 8 min | nobody was told that it began
00:18:32  alerts:site notice.skipped: app7: well again after 8 min | nobody was told that it began
00:18:32  alerts:site notice.skipped: app11: well again after 8 min | nobody was told that it began
00:18:33  alerts:site notice.skipped: app12: well again after 8 min | nobody was told that it began
00:18:33  alerts:site notice.skipped: app5: well again after 8 min | nobody was told that it began
00:18:33  alerts:site notice.skipped: app13: well again after 8 min | nobody was told that it began
00:18:34  alerts:site notice.skipped: app14: well again after 8 min | nobody was told that it began
00:18:35  alerts:site notice.skipped: app15: well again after 8 min | nobody was told that it began
00:18:35  alerts:site notice.skipped: app3: well again after 8 min | nobody was told that it began
00:18:36  alerts:site notice.skipped: app9: well again after 8 min | nobody was told that it began
00:40:00  target db.availability is breached: 77.9 % of the budget left, for 33 min of outage; went wrong: own 61
00:40:00  target app7.availability is meeting: 100 % of the budget left, for 43 min of outage; went wrong: upstream 62
