# A person stops redis for forty minutes, over a kill of the watchman and a clock that is set back, and starts it again:
# its budget is whole, and what needs it lost nothing of its own. The same trouble without a person's wish is redis's own.
# Of the mailer nothing is promised: its stop keeps nothing out of any budget, and is not said as one.

running
service redis every 15s
service api needs redis every 15s
service mailer
target redis 99% over 7d
target api 99% over 7d
only told target alerts
wait 30min
ask ana stop redis
ask ana stop mailer
wait 20min
show
kill watchman
wait 10min
clock back 15min
wait 10min
ask ana start redis
wait 10min
show
stubborn redis 20min
wait 30min
show

----
00:00:00  target redis.availability: no-data: nothing judged yet
00:00:00  target api.availability: no-data: nothing judged yet
00:01:00  target redis.availability: no-data → meeting: 100 % of the budget left, for 1 h 40 min of outage; nothing went wrong
00:01:00  target api.availability: no-data → meeting: 100 % of the budget left, for 1 h 40 min of outage; nothing went wrong
00:30:00  alerts:site stop.began: redis stopped by ana | until it is up again what fails is not taken from a budget
00:30:10  alerts:site alert.inhibited: api/http: HTTP 503: something it needs does not answer | it needs redis, which is down
00:50:00  target redis.availability is meeting: 100 % of the budget left, for 1 h 40 min of outage; went wrong: stopped 102
00:50:00  target api.availability is meeting: 100 % of the budget left, for 1 h 40 min of outage; went wrong: upstream 102
00:50:00  told (information): Sereno starts after an unclean stop (1 in the last hour): safe mode
01:05:00  told (information): api/http: HTTP 503: something it needs does not answer
01:10:15  alerts:site stop.ended: redis stopped by ana | 205 bad events kept out of redis.availability
01:20:00  target redis.availability is meeting: 100 % of the budget left, for 1 h 40 min of outage; went wrong: stopped 205
01:20:00  target api.availability is meeting: 100 % of the budget left, for 1 h 40 min of outage; went wrong: upstream 205
01:20:13  alerts:site alert.inhibited: api/http: HTTP 503: something it needs does not answer | it needs redis, which is down
01:20:13  told (trouble): redis: check redis/http fails since 23:20:13: no answer
01:20:27  target redis.availability burns its error budget: grouped, people know about redis
01:20:54  told (page): INC-2026-001 SEV2 redis: check redis/http fails since 23:20:13: no answer
01:21:00  target redis.availability: meeting → burning: 98.1 % of the budget left, for 1 h 38 min of outage; went wrong: own 4, stopped 205
01:22:00  target redis.availability: burning → breached: 96.2 % of the budget left, for 1 h 36 min of outage; went wrong: own 8, stopped 205
01:40:31  told (recovered): INC-2026-001 resolved: redis is well again (after 19 min)
01:50:00  target redis.availability is breached: 64.5 % of the budget left, for 1 h 4 min of outage; went wrong: own 99, stopped 205
01:50:00  target api.availability is meeting: 100 % of the budget left, for 1 h 40 min of outage; went wrong: upstream 307
