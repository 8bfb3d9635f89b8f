# The machine sleeps for a night while a restart of the api is being measured. In the morning nobody is paged, nothing is
# restarted: what was not watched is unknown until it was looked at, and the measurement gets its whole time again. The
# budget's hour has passed, once.

service redis
service api needs redis traffic 20
service worker needs redis
settle 2min
crash api
wait 10s
sleep 8h
wait 3min
crash api
wait 2min

----
00:02:00  api ended (code 1)
00:02:00  watch:api workload.exited: code 1
00:02:00  watch:api health.changed: check workload fails since 22:02:00: it exited with code 1 | healthy → unhealthy
00:02:00  watch:api finding.opened: check workload fails since 22:02:00: it exited with code 1
00:02:00  watch:api decision: check workload fails since 22:02:00: it exited with code 1 | restart
00:02:00  gate:site gate.allowed: sereno: restart api (check workload fails since 22:02:00: it exited with code 1) | restart | 0 of 3 restarts used in the last 1 h; the action touches 0 % of traffic, within the limit of 25 %
00:02:00  watch:api action.started: check workload fails since 22:02:00: it exited with code 1 | restart
00:02:00  begins: restart api (epoch 4)
00:02:00  told (trouble): api: check workload fails since 22:02:00: it exited with code 1
00:02:00  ends: restart api (epoch 4): applied
00:02:00  watch:api action.applied: restart | started
00:02:00  watch:api health.changed: all checks pass | unhealthy → unknown
00:02:00  watch:api health.changed: all checks pass | unknown → healthy
00:02:10  the machine sleeps for 28800000 ms
08:02:10  gate:site sereno.resumed: Sereno did not run for 8 h, since 22:02:09: nothing was watched
08:02:10  watch:redis health.changed: not watched for 8 h: Sereno itself did not run since 22:02:09 | healthy → unknown
08:02:10  gate:site suspicion.began: the watchman's own canary fails since 06:02:10: not looked at yet; its eyes cannot be trusted
08:02:10  watch:api health.changed: not watched for 8 h: Sereno itself did not run since 22:02:09 | healthy → unknown
08:02:10  watch:worker health.changed: not watched for 8 h: Sereno itself did not run since 22:02:09 | healthy → unknown
08:02:10  gate:site suspicion.ended: the watchman's own canary fails since 06:02:10: not looked at yet; its eyes cannot be trusted
08:02:10  told (information): Sereno did not run for 8 h, since 22:02:09: nothing was watched
08:02:10  watch:redis health.changed: all checks pass | unknown → healthy
08:02:10  watch:api health.changed: all checks pass | unknown → healthy
08:02:10  watch:worker health.changed: all checks pass | unknown → healthy
08:02:40  watch:api action.outcome: check workload fails since 22:02:00: it exited with code 1 | restart | effective: well after 8 h, and for 30 s since
08:02:40  told (recovered): api: well again after 8 h
08:05:10  api ended (code 1)
08:05:10  watch:api workload.exited: code 1
08:05:10  watch:api health.changed: check workload fails since 06:05:10: it exited with code 1 | healthy → unhealthy
08:05:10  watch:api finding.opened: check workload fails since 06:05:10: it exited with code 1
08:05:10  watch:api decision: check workload fails since 06:05:10: it exited with code 1 | restart
08:05:10  gate:site gate.allowed: sereno: restart api (check workload fails since 06:05:10: it exited with code 1) | restart | 0 of 3 restarts used in the last 1 h; the action touches 0 % of traffic, within the limit of 25 %
08:05:10  watch:api action.started: check workload fails since 06:05:10: it exited with code 1 | restart
08:05:10  begins: restart api (epoch 5)
08:05:10  ends: restart api (epoch 5): applied
08:05:10  watch:api action.applied: restart | started
08:05:10  told (trouble): api: check workload fails since 06:05:10: it exited with code 1
08:05:10  watch:api health.changed: all checks pass | unhealthy → unknown
08:05:10  watch:api health.changed: all checks pass | unknown → healthy
08:05:40  watch:api action.outcome: check workload fails since 06:05:10: it exited with code 1 | restart | effective: well after 689 ms, and for 30 s since
08:05:40  alerts:site notice.damped: api: well again after 30.8 s | it comes and goes: 1 changes are held back; people are next told at 07:02:40
