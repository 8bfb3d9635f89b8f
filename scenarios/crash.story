# A service dies in the middle of the night. It is back within seconds, measured, and people are told twice: once that
# it began, once that it is over. Nobody is paged.

service redis
service api needs redis traffic 20
service worker needs redis
wait 2min
crash api
wait 2min

----
00:00:00  run 1 begins after a clean end
00:00:00  gate:site sereno.started: after a clean stop, or for the first time
00:00:00  gate:site suspicion.began: the watchman's own canary fails since 22:00:00: not looked at yet; its eyes cannot be trusted
00:00:00  gate:site suspicion.ended: the watchman's own canary fails since 22:00:00: not looked at yet; its eyes cannot be trusted
00:00:00  watch:redis workload.absent: Sereno looked for it at its start
00:00:00  watch:worker workload.absent: Sereno looked for it at its start
00:00:00  watch:api workload.absent: Sereno looked for it at its start
00:00:00  gate:site gate.allowed: sereno: start redis (start-up) | start | the action touches 0 % of traffic, within the limit of 25 %
00:00:00  watch:redis action.started: start-up | start
00:00:00  begins: start redis (epoch 1)
00:00:00  ends: start redis (epoch 1): applied
00:00:00  watch:redis action.applied: start | started
00:00:00  watch:redis health.changed: check redis/http fails since 22:00:00: connection refused | unknown → unhealthy
00:00:00  watch:api health.changed: check workload fails since 22:00:00: it was not started yet | unknown → unhealthy
00:00:00  watch:worker health.changed: check workload fails since 22:00:00: it was not started yet | unknown → unhealthy
00:00:02  watch:redis health.changed: all checks pass | unhealthy → unknown
00:00:02  watch:redis health.changed: all checks pass | unknown → healthy
00:00:02  gate:site gate.allowed: sereno: start api (start-up) | start | the action touches 0 % of traffic, within the limit of 25 %
00:00:02  gate:site gate.allowed: sereno: start worker (start-up) | start | the action touches 0 % of traffic, within the limit of 25 %
00:00:02  watch:api action.started: start-up | start
00:00:02  watch:worker action.started: start-up | start
00:00:02  begins: start api (epoch 2)
00:00:02  begins: start worker (epoch 3)
00:00:02  ends: start worker (epoch 3): applied
00:00:02  watch:worker action.applied: start | started
00:00:02  ends: start api (epoch 2): applied
00:00:02  watch:api action.applied: start | started
00:00:02  watch:api health.changed: all checks pass | unhealthy → unknown
00:00:02  watch:api health.changed: all checks pass | unknown → healthy
00:00:03  watch:worker health.changed: all checks pass | unhealthy → unknown
00:00:03  watch:worker health.changed: all checks pass | unknown → healthy
00:00:03  startup:site startup.completed: good | everything that was declared answers
00:00:32  watch:redis action.outcome: start-up | start | effective: well after 2.1 s, and for 30 s since
00:00:32  watch:api action.outcome: start-up | start | effective: well after 689 ms, and for 30 s since
00:00:33  watch:worker action.outcome: start-up | start | effective: well after 1.4 s, and for 30 s since
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
00:02:30  watch:api action.outcome: check workload fails since 22:02:00: it exited with code 1 | restart | effective: well after 689 ms, and for 30 s since
00:02:30  told (recovered): api: well again after 30.8 s
