# The watchman is killed while a restart is on its way. The new one adopts what runs, takes up the lease and its
# measurement, stays in safe mode for ten minutes, and starts nothing twice.

service redis
service api needs redis traffic 20
service worker needs redis
settle 2min
crash api
wait 20ms
kill watchman
wait 12min

----
00:02:00  api ended (code 1)
00:02:00  watch:api workload.exited: code 1
00:02:00  watch:api health.changed: check workload fails since 22:02:00: it exited with code 1 | healthy → unhealthy
00:02:00  watch:api finding.opened: check workload fails since 22:02:00: it exited with code 1
00:02:00  watch:api decision: check workload fails since 22:02:00: it exited with code 1 | restart
00:02:00  gate:site gate.allowed: sereno: restart api (check workload fails since 22:02:00: it exited with code 1) | restart | 0 of 3 restarts used in the last 1 h; the action touches 0 % of traffic, within the limit of 25 %
00:02:00  watch:api action.started: check workload fails since 22:02:00: it exited with code 1 | restart
00:02:00  begins: restart api (epoch 4)
00:02:00  run 1 dies: kill -9
00:02:00  run 2 begins after an unclean stop
00:02:00  gate:site safe-mode.entered: Sereno starts after an unclean stop (1 in the last hour): safe mode
00:02:00  gate:site suspicion.began: the watchman's own canary fails since 22:02:00: not looked at yet; its eyes cannot be trusted
00:02:00  gate:site suspicion.ended: the watchman's own canary fails since 22:02:00: not looked at yet; its eyes cannot be trusted
00:02:00  watch:redis health.changed: all checks pass | unknown → healthy
00:02:00  watch:worker health.changed: all checks pass | unknown → healthy
00:02:00  told (trouble): api: check workload fails since 22:02:00: it exited with code 1
00:02:00  ends: restart api (epoch 4): applied
00:02:00  watch:api action.applied: restart | started
00:02:00  watch:api health.changed: check api/http fails since 22:02:00: connection refused | unknown → unhealthy
00:02:00  told (information): Sereno starts after an unclean stop (1 in the last hour): safe mode
00:02:00  watch:api workload.adopted: Sereno looked for it at its start
00:02:00  watch:worker workload.adopted: Sereno looked for it at its start
00:02:00  watch:redis workload.adopted: Sereno looked for it at its start
00:02:00  watch:api health.changed: all checks pass | unhealthy → unknown
00:02:00  watch:api health.changed: all checks pass | unknown → healthy
00:02:00  startup:site startup.completed: good | everything that was declared answers
00:02:30  watch:api action.outcome: check workload fails since 22:02:00: it exited with code 1 | restart | effective: well after 689 ms, and for 30 s since
00:02:31  told (recovered): api: well again after 30.8 s
00:12:00  gate:site safe-mode.left: ten minutes without another unclean stop
