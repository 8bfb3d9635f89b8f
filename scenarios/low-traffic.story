# One look a minute and a promise of 99.9 %: 43 bad looks may be in a month. Forty come, evenly spread, and each would be
# a page by the plain rules (one of sixty is more than 1.44 %). The target is met, and nobody is called in a month. In the
# first days it is missed over what was seen so far, and says so. Then it fails for good, and people hear of it within
# a minute.

running
service api every 1min
target api 99.9% over 30d
only told target
stumble api 40 in 30d
wait 30d
show
stubborn api 20min
wait 30min
show

----
00:00:00  target api.availability: no-data: nothing judged yet
00:01:00  target api.availability: no-data → meeting: 100 % of the budget left, for 43 min of outage; nothing went wrong
30d 00:00:00  target api.availability is meeting: 9.6 % of the budget left, for 4 min of outage; went wrong: own 40
30d 00:00:06  target api.availability burns its error budget: grouped, people know about api
30d 00:00:06  told (trouble): api: check api/http fails since 22:00:06: no answer
30d 00:00:47  told (page): INC-2026-001 SEV2 api: check api/http fails since 22:00:06: no answer
30d 00:01:00  target api.availability: meeting → burning: 4.8 % of the budget left, for 2 min of outage; went wrong: own 42
30d 00:03:07  target api.availability has no error budget left: grouped, people know about api
30d 00:04:00  target api.availability: burning → exhausted: -4.2 % of the budget left, for 0 ms of outage; went wrong: own 46
30d 00:20:30  told (recovered): INC-2026-001 resolved: api is well again (after 19 min)
30d 00:29:00  target api.availability has no error budget left: notified
30d 00:29:00  told (trouble): api.availability has no error budget left (99.9% over 30d)
30d 00:30:00  target api.availability is exhausted: -51.7 % of the budget left, for 0 ms of outage; went wrong: own 67
