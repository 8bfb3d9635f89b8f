# Redis hangs. Its dependants fail with it, and are left alone: they wait for their cause. One restart is spent, on the
# cause, and the dependants come back without being touched.

service redis
service api needs redis traffic 20
service worker needs redis
service mailer
settle 2min
hang redis
wait 3min

----
00:02:04  watch:api health.changed: check api/http fails since 22:02:04: HTTP 503: something it needs does not answer | healthy → unhealthy
00:02:04  watch:api finding.opened: check api/http fails since 22:02:04: HTTP 503: something it needs does not answer
00:02:05  watch:worker health.changed: check worker/http fails since 22:02:05: HTTP 503: something it needs does not answer | healthy → unhealthy
00:02:05  watch:worker finding.opened: check worker/http fails since 22:02:05: HTTP 503: something it needs does not answer
00:02:06  watch:redis health.changed: check redis/http fails since 22:02:06: no answer | healthy → unhealthy
00:02:06  watch:redis finding.opened: check redis/http fails since 22:02:06: no answer
00:02:06  watch:api decision: check api/http fails since 22:02:04: HTTP 503: something it needs does not answer | wait
00:02:06  watch:worker decision: check worker/http fails since 22:02:05: HTTP 503: something it needs does not answer | wait
00:02:06  alerts:site alert.inhibited: api/http: HTTP 503: something it needs does not answer | it needs redis, which is down
00:02:06  alerts:site alert.inhibited: worker/http: HTTP 503: something it needs does not answer | it needs redis, which is down
00:02:06  watch:redis decision: check redis/http fails since 22:02:06: no answer | restart
00:02:06  gate:site gate.allowed: sereno: restart redis (check redis/http fails since 22:02:06: no answer) | restart | 0 of 3 restarts used in the last 1 h; the action touches 0 % of traffic, within the limit of 25 %
00:02:06  watch:redis action.started: check redis/http fails since 22:02:06: no answer | restart
00:02:06  begins: restart redis (epoch 5)
00:02:06  told (trouble): redis: check redis/http fails since 22:02:06: no answer
00:02:06  ends: restart redis (epoch 5): applied
00:02:06  watch:redis action.applied: restart | started
00:02:08  watch:redis health.changed: all checks pass | unhealthy → unknown
00:02:08  watch:redis health.changed: all checks pass | unknown → healthy
00:02:08  watch:worker health.changed: all checks pass | unhealthy → healthy
00:02:08  watch:api health.changed: all checks pass | unhealthy → healthy
00:02:38  watch:redis action.outcome: check redis/http fails since 22:02:06: no answer | restart | effective: well after 2.1 s, and for 30 s since
00:02:38  told (recovered): redis: well again after 32.2 s
