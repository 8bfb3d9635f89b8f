# The budget of a target while clocks are wrong. The wall clock is set forward by an hour while the watchman runs: nothing
# changes, his own clock counts what really passes. A new run begins by the wall clock: an hour that nobody has seen. Then
# it is set back by an hour: the next run begins where the last one ended, and no budget comes back.

running
service api every 1min
target api 99% over 1d
only told target run
wait 2h
stubborn api 2min
wait 10min
show
clock 1h
wait 10min
show
kill watchman
wait 10min
show
clock back 1h
wait 10min
kill watchman
wait 10min
show
smear 1s in 24h
wait 12h
kill watchman
wait 12h
show

----
00:00:00  run 1 begins after a clean end
00:00:00  target api.availability: no-data: nothing judged yet
00:01:00  target api.availability: no-data → meeting: 100 % of the budget left, for 14 min of outage; nothing went wrong
02:00:41  told (trouble): api: check api/http fails since 00:00:41: no answer
02:00:41  target api.availability burns its error budget: grouped, people know about api
02:01:00  target api.availability: meeting → burning: 93.2 % of the budget left, for 13 min of outage; went wrong: own 1
02:01:22  told (page): INC-2026-001 SEV2 api: check api/http fails since 00:00:41: no answer
02:02:30  told (recovered): INC-2026-001 resolved: api is well again (after 1 min)
02:10:00  target api.availability is burning: 86.4 % of the budget left, for 12 min of outage; went wrong: own 2
02:17:00  target api.availability: burning → meeting: 86.4 % of the budget left, for 12 min of outage; went wrong: own 2
02:20:00  target api.availability is meeting: 86.4 % of the budget left, for 12 min of outage; went wrong: own 2
02:20:00  run 1 dies: kill -9
02:20:00  run 2 begins after an unclean stop
02:20:00  told (information): Sereno starts after an unclean stop (1 in the last hour): safe mode
02:30:00  target api.availability is meeting: 80.9 % of the budget left, for 11 min of outage; went wrong: own 2; without data 1 h
02:40:00  run 2 dies: kill -9
02:40:00  run 3 begins after an unclean stop
02:40:00  told (information): Sereno starts after an unclean stop (2 in the last hour): safe mode
02:50:00  target api.availability is meeting: 81.8 % of the budget left, for 11 min of outage; went wrong: own 2; without data 1 h
14:50:00  run 3 dies: kill -9
14:50:00  run 4 begins after an unclean stop
14:50:00  told (information): Sereno starts after an unclean stop (1 in the last hour): safe mode
1d 02:50:00  target api.availability is meeting: 100 % of the budget left, for 14 min of outage; nothing went wrong; without data 25 min
