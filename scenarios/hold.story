# A person holds all acting to look at something. What breaks meanwhile is seen and told, and not touched. Who placed
# the hold cannot release it; a second person can, and then the watchman acts.

service redis
service api needs redis traffic 20
settle 2min
hold ana
wait 10s
kill api
wait 30s
release ana
wait 10s
release bo
wait 2min

----
00:02:00  ana asks gate:site: {"kind":"hold","why":"looking at it"}
00:02:00  gate:site request.completed: ana asked: hold (looking at it) | all acting is held; watching and paging go on
00:02:10  api ended (SIGKILL)
00:02:10  watch:api workload.exited: SIGKILL
00:02:10  watch:api health.changed: check workload fails since 22:02:10: it was killed by SIGKILL | healthy → unhealthy
00:02:10  watch:api finding.opened: check workload fails since 22:02:10: it was killed by SIGKILL
00:02:10  watch:api decision: check workload fails since 22:02:10: it was killed by SIGKILL | restart
00:02:10  gate:site gate.denied: sereno: restart api (check workload fails since 22:02:10: it was killed by SIGKILL) | all acting is held by ana since 22:02:00: looking at it
00:02:10  told (trouble): api: check workload fails since 22:02:10: it was killed by SIGKILL
00:02:40  ana asks gate:site: {"kind":"release","why":"done"}
00:02:40  gate:site request.denied: ana asked: release (done) | ana placed the hold; a second person releases it (sereno token issue NAME --role operator gives one a token)
00:02:50  bo asks gate:site: {"kind":"release","why":"done"}
00:02:50  gate:site request.completed: bo asked: release (done) | the hold of ana is released
00:02:50  watch:api decision: check workload fails since 22:02:10: it was killed by SIGKILL | restart
00:02:50  gate:site gate.allowed: sereno: restart api (check workload fails since 22:02:10: it was killed by SIGKILL) | restart | 0 of 3 restarts used in the last 1 h; the action touches 0 % of traffic, within the limit of 25 %
00:02:50  watch:api action.started: check workload fails since 22:02:10: it was killed by SIGKILL | restart
00:02:50  begins: restart api (epoch 4)
00:02:50  ends: restart api (epoch 4): applied
00:02:50  watch:api action.applied: restart | started
00:02:50  watch:api health.changed: all checks pass | unhealthy → unknown
00:02:50  watch:api health.changed: all checks pass | unknown → healthy
00:03:20  watch:api action.outcome: check workload fails since 22:02:10: it was killed by SIGKILL | restart | effective: well after 689 ms, and for 30 s since
00:03:20  told (recovered): api: well again after 1 min
