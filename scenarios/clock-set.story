# Somebody sets the wall clock an hour ahead, then two hours back, while a service is being restarted and another is in
# quarantine. Sereno's time goes on evenly: nothing rings twice, no window shrinks, the careful retry comes when it was due.

service redis
service api needs redis traffic 20
settle 2min
bad-version api 20min
wait 5min
clock 1h
wait 5min
clock back 2h
wait 30min

----
00:02:01  api ended (code 1)
00:02:01  watch:api workload.exited: code 1
00:02:01  watch:api health.changed: check workload fails since 22:02:01: it exited with code 1 | healthy → unhealthy
00:02:01  watch:api finding.opened: check workload fails since 22:02:01: it exited with code 1
00:02:01  watch:api decision: check workload fails since 22:02:01: it exited with code 1 | restart
00:02:01  gate:site gate.allowed: sereno: restart api (check workload fails since 22:02:01: it exited with code 1) | restart | 0 of 3 restarts used in the last 1 h; the action touches 0 % of traffic, within the limit of 25 %
00:02:01  watch:api action.started: check workload fails since 22:02:01: it exited with code 1 | restart
00:02:01  begins: restart api (epoch 3)
00:02:01  ends: restart api (epoch 3): applied
00:02:01  watch:api action.applied: restart | started
00:02:01  told (trouble): api: check workload fails since 22:02:01: it exited with code 1
00:02:01  watch:api health.changed: all checks pass | unhealthy → unknown
00:02:01  watch:api health.changed: all checks pass | unknown → healthy
00:02:02  api ended (code 1)
00:02:02  watch:api workload.exited: code 1
00:02:02  watch:api health.changed: check workload fails since 22:02:02: it exited with code 1 | healthy → unhealthy
00:02:02  watch:api action.outcome: check workload fails since 22:02:01: it exited with code 1 | restart | ineffective: it exited with code 1 again
00:02:02  watch:api decision: check workload fails since 22:02:01: it exited with code 1 | wait
00:02:03  watch:api decision: check workload fails since 22:02:01: it exited with code 1 | restart
00:02:03  gate:site gate.allowed: sereno: restart api (check workload fails since 22:02:01: it exited with code 1) | restart | 1 of 3 restarts used in the last 1 h; the action touches 0 % of traffic, within the limit of 25 %
00:02:03  watch:api action.started: check workload fails since 22:02:01: it exited with code 1 | restart
00:02:03  begins: restart api (epoch 4)
00:02:03  ends: restart api (epoch 4): applied
00:02:03  watch:api action.applied: restart | started
00:02:04  api ended (code 1)
00:02:04  watch:api workload.exited: code 1
00:02:04  watch:api action.outcome: check workload fails since 22:02:01: it exited with code 1 | restart | ineffective: it exited with code 1 again
00:02:04  watch:api decision: check workload fails since 22:02:01: it exited with code 1 | ask
00:02:04  watch:api quarantined: check workload fails since 22:02:01: it exited with code 1 | careful retry at 22:03:04
00:02:04  watch:api escalated: check workload fails since 22:02:01: it exited with code 1 | a person is asked (SEV2)
00:02:04  incidents:site incident.opened: api: check workload fails since 22:02:01: it exited with code 1
00:02:04  incidents:site incident.paged: api: check workload fails since 22:02:01: it exited with code 1 | page bo
00:02:04  told (page): INC-2026-001 SEV2 api: check workload fails since 22:02:01: it exited with code 1
00:03:04  watch:api decision: check workload fails since 22:02:01: it exited with code 1 | restart
00:03:04  gate:site gate.allowed: sereno: restart api (check workload fails since 22:02:01: it exited with code 1) | restart | 2 of 3 restarts used in the last 1 h; the action touches 0 % of traffic, within the limit of 25 %
00:03:04  watch:api action.started: check workload fails since 22:02:01: it exited with code 1 | restart
00:03:04  begins: restart api (epoch 5)
00:03:04  ends: restart api (epoch 5): applied
00:03:04  watch:api action.applied: restart | started
00:03:05  watch:api health.changed: all checks pass | unhealthy → unknown
00:03:05  watch:api health.changed: all checks pass | unknown → healthy
00:03:07  api ended (code 1)
00:03:07  watch:api workload.exited: code 1
00:03:07  watch:api health.changed: check workload fails since 22:03:07: it exited with code 1 | healthy → unhealthy
00:03:07  watch:api action.outcome: check workload fails since 22:02:01: it exited with code 1 | restart | ineffective: it exited with code 1 again
00:03:07  watch:api decision: check workload fails since 22:02:01: it exited with code 1 | ask
00:03:07  watch:api quarantined: check workload fails since 22:02:01: it exited with code 1 | careful retry at 22:08:07
00:08:07  watch:api decision: check workload fails since 22:02:01: it exited with code 1 | restart
00:08:07  gate:site gate.denied: sereno: restart api (check workload fails since 22:02:01: it exited with code 1) | restart budget spent: 3 of 3 in the last 1 h; the next is free at 23:02:01
