# The watchman himself is stopped for ten minutes (SIGSTOP), and the worker dies meanwhile. He says first that he did not
# watch; the end of his child he knows at first hand, and mends it.

service redis
service api needs redis traffic 20
service worker needs redis
settle 2min
stop watchman 10min
wait 5min
crash worker
wait 7min

----
00:02:00  run 1 is stopped for 600000 ms
00:07:00  worker ended (code 1)
00:12:00  gate:site sereno.resumed: Sereno did not run for 10 min, since 22:01:59: nothing was watched
00:12:00  watch:redis health.changed: not watched for 10 min: Sereno itself did not run since 22:01:59 | healthy → unknown
00:12:00  gate:site suspicion.began: the watchman's own canary fails since 22:12:00: not looked at yet; its eyes cannot be trusted
00:12:00  watch:api health.changed: not watched for 10 min: Sereno itself did not run since 22:01:59 | healthy → unknown
00:12:00  watch:worker health.changed: not watched for 10 min: Sereno itself did not run since 22:01:59 | healthy → unknown
00:12:00  gate:site suspicion.ended: the watchman's own canary fails since 22:12:00: not looked at yet; its eyes cannot be trusted
00:12:00  watch:worker workload.exited: code 1
00:12:00  watch:worker health.changed: check workload fails since 22:07:00: it exited with code 1 | unknown → unhealthy
00:12:00  watch:worker finding.opened: check workload fails since 22:07:00: it exited with code 1
00:12:00  watch:redis health.changed: all checks pass | unknown → healthy
00:12:00  watch:worker decision: check workload fails since 22:07:00: it exited with code 1 | restart
00:12:00  gate:site gate.allowed: sereno: restart worker (check workload fails since 22:07:00: it exited with code 1) | restart | 0 of 3 restarts used in the last 1 h; the action touches 0 % of traffic, within the limit of 25 %
00:12:00  watch:worker action.started: check workload fails since 22:07:00: it exited with code 1 | restart
00:12:00  begins: restart worker (epoch 4)
00:12:00  told (trouble): worker: check workload fails since 22:07:00: it exited with code 1
00:12:00  watch:api health.changed: all checks pass | unknown → healthy
00:12:00  told (information): Sereno did not run for 10 min, since 22:01:59: nothing was watched
00:12:00  ends: restart worker (epoch 4): applied
00:12:00  watch:worker action.applied: restart | started
00:12:00  watch:worker health.changed: its state is unknown since 22:12:00: worker/http was not looked at yet | unhealthy → unknown
00:12:00  watch:worker health.changed: check worker/http fails since 22:12:00: connection refused | unknown → unhealthy
00:12:01  watch:worker health.changed: all checks pass | unhealthy → unknown
00:12:01  watch:worker health.changed: all checks pass | unknown → healthy
00:12:31  watch:worker action.outcome: check workload fails since 22:07:00: it exited with code 1 | restart | effective: well after 1.4 s, and for 30 s since
00:12:31  told (recovered): worker: well again after 31.4 s
