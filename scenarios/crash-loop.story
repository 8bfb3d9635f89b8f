# A service dies again and again. Two remedies that do not help are enough: it goes to quarantine, a person is paged
# with the ladder filled in, and careful retries go on, as far as the budget of three restarts an hour allows. When the
# cause is gone, a retry heals it without a person.

service redis
service api needs redis traffic 20
settle 2min
crash-loop api 12min
wait 65min

----
00:02:10  api ended (code 1)
00:02:10  watch:api workload.exited: code 1
00:02:10  watch:api health.changed: check workload fails since 22:02:10: it exited with code 1 | healthy → unhealthy
00:02:10  watch:api finding.opened: check workload fails since 22:02:10: it exited with code 1
00:02:10  watch:api decision: check workload fails since 22:02:10: it exited with code 1 | restart
00:02:10  gate:site gate.allowed: sereno: restart api (check workload fails since 22:02:10: it exited with code 1) | restart | 0 of 3 restarts used in the last 1 h; the action touches 0 % of traffic, within the limit of 25 %
00:02:10  watch:api action.started: check workload fails since 22:02:10: it exited with code 1 | restart
00:02:10  begins: restart api (epoch 3)
00:02:10  ends: restart api (epoch 3): applied
00:02:10  watch:api action.applied: restart | started
00:02:10  told (trouble): api: check workload fails since 22:02:10: it exited with code 1
00:02:10  watch:api health.changed: all checks pass | unhealthy → unknown
00:02:10  watch:api health.changed: all checks pass | unknown → healthy
00:02:20  api ended (code 1)
00:02:20  watch:api workload.exited: code 1
00:02:20  watch:api health.changed: check workload fails since 22:02:20: it exited with code 1 | healthy → unhealthy
00:02:20  watch:api action.outcome: check workload fails since 22:02:10: it exited with code 1 | restart | ineffective: it exited with code 1 again
00:02:20  watch:api decision: check workload fails since 22:02:10: it exited with code 1 | wait
00:02:21  watch:api decision: check workload fails since 22:02:10: it exited with code 1 | restart
00:02:21  gate:site gate.allowed: sereno: restart api (check workload fails since 22:02:10: it exited with code 1) | restart | 1 of 3 restarts used in the last 1 h; the action touches 0 % of traffic, within the limit of 25 %
00:02:21  watch:api action.started: check workload fails since 22:02:10: it exited with code 1 | restart
00:02:21  begins: restart api (epoch 4)
00:02:21  ends: restart api (epoch 4): applied
00:02:21  watch:api action.applied: restart | started
00:02:21  watch:api health.changed: all checks pass | unhealthy → unknown
00:02:21  watch:api health.changed: all checks pass | unknown → healthy
00:02:26  api ended (code 1)
00:02:26  watch:api workload.exited: code 1
00:02:26  watch:api health.changed: check workload fails since 22:02:26: it exited with code 1 | healthy → unhealthy
00:02:26  watch:api action.outcome: check workload fails since 22:02:10: it exited with code 1 | restart | ineffective: it exited with code 1 again
00:02:26  watch:api decision: check workload fails since 22:02:10: it exited with code 1 | ask
00:02:26  watch:api quarantined: check workload fails since 22:02:10: it exited with code 1 | careful retry at 22:03:26
00:02:26  watch:api escalated: check workload fails since 22:02:10: it exited with code 1 | a person is asked (SEV2)
00:02:26  incidents:site incident.opened: api: check workload fails since 22:02:10: it exited with code 1
00:02:26  incidents:site incident.paged: api: check workload fails since 22:02:10: it exited with code 1 | page bo
00:02:26  told (page): INC-2026-001 SEV2 api: check workload fails since 22:02:10: it exited with code 1
00:03:26  watch:api decision: check workload fails since 22:02:10: it exited with code 1 | restart
00:03:26  gate:site gate.allowed: sereno: restart api (check workload fails since 22:02:10: it exited with code 1) | restart | 2 of 3 restarts used in the last 1 h; the action touches 0 % of traffic, within the limit of 25 %
00:03:26  watch:api action.started: check workload fails since 22:02:10: it exited with code 1 | restart
00:03:26  begins: restart api (epoch 5)
00:03:26  ends: restart api (epoch 5): applied
00:03:26  watch:api action.applied: restart | started
00:03:27  watch:api health.changed: all checks pass | unhealthy → unknown
00:03:27  watch:api health.changed: all checks pass | unknown → healthy
00:03:48  api ended (code 1)
00:03:48  watch:api workload.exited: code 1
00:03:48  watch:api health.changed: check workload fails since 22:03:48: it exited with code 1 | healthy → unhealthy
00:03:48  watch:api action.outcome: check workload fails since 22:02:10: it exited with code 1 | restart | ineffective: it exited with code 1 again
00:03:48  watch:api decision: check workload fails since 22:02:10: it exited with code 1 | ask
00:03:48  watch:api quarantined: check workload fails since 22:02:10: it exited with code 1 | careful retry at 22:08:48
00:08:48  watch:api decision: check workload fails since 22:02:10: it exited with code 1 | restart
00:08:48  gate:site gate.denied: sereno: restart api (check workload fails since 22:02:10: it exited with code 1) | restart budget spent: 3 of 3 in the last 1 h; the next is free at 23:02:10
01:02:10  gate:site gate.allowed: sereno: restart api (check workload fails since 22:02:10: it exited with code 1) | restart | 2 of 3 restarts used in the last 1 h; the action touches 0 % of traffic, within the limit of 25 %
01:02:10  watch:api action.started: check workload fails since 22:02:10: it exited with code 1 | restart
01:02:10  begins: restart api (epoch 6)
01:02:10  ends: restart api (epoch 6): applied
01:02:10  watch:api action.applied: restart | started
01:02:11  watch:api health.changed: all checks pass | unhealthy → unknown
01:02:11  watch:api health.changed: all checks pass | unknown → healthy
01:02:26  incidents:site incident.paged: api: check workload fails since 22:02:10: it exited with code 1 | page ana
01:02:26  told (page): INC-2026-001 SEV2 api: check workload fails since 22:02:10: it exited with code 1 (page 2: nobody has dealt with it)
01:02:41  watch:api action.outcome: check workload fails since 22:02:10: it exited with code 1 | restart | effective: well after 693 ms, and for 30 s since
01:02:41  incidents:site incident.resolved: api: check workload fails since 22:02:10: it exited with code 1 | well after 693 ms, and for 30 s since
01:02:42  told (recovered): INC-2026-001 resolved: api is well again (after 1 h)
