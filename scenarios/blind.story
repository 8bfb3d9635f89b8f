# The path of the probes is silent: everything seems to hang at once, and the watchman's own canary with it. He doubts
# his eyes first: nothing is touched, one page tells people about the watchman, and it closes when he sees again.

service redis
service api needs redis traffic 20
service worker needs redis
service mailer
settle 2min
blind 2min
wait 4min

----
00:02:03  gate:site suspicion.began: the watchman's own canary fails since 22:02:03: no answer; its eyes cannot be trusted
00:02:06  watch:redis health.changed: check redis/http fails since 22:02:06: no answer | healthy → unhealthy
00:02:06  watch:redis finding.opened: check redis/http fails since 22:02:06: no answer
00:02:06  watch:redis decision: check redis/http fails since 22:02:06: no answer | restart
00:02:06  gate:site gate.denied: sereno: restart redis (check redis/http fails since 22:02:06: no answer) | the watchman's own canary fails since 22:02:03: no answer; its eyes cannot be trusted
00:02:06  alerts:site alert.inhibited: redis/http: no answer | the watchman doubts its own eyes, and people are told of that
00:02:06  incidents:site incident.opened: nothing is touched: the watchman's own canary fails since 22:02:03: no answer; its eyes cannot be trusted
00:02:06  incidents:site incident.paged: nothing is touched: the watchman's own canary fails since 22:02:03: no answer; its eyes cannot be trusted | page bo
00:02:06  told (page): INC-2026-001 SEV2 nothing is touched: the watchman's own canary fails since 22:02:03: no answer; its eyes cannot be trusted
00:02:06  watch:api health.changed: check api/http fails since 22:02:06: no answer | healthy → unhealthy
00:02:06  watch:api finding.opened: check api/http fails since 22:02:06: no answer
00:02:06  watch:api decision: check api/http fails since 22:02:06: no answer | wait
00:02:06  alerts:site alert.inhibited: api/http: no answer | it needs redis, which is down
00:02:07  watch:mailer health.changed: check mailer/http fails since 22:02:07: no answer | healthy → unhealthy
00:02:07  watch:mailer finding.opened: check mailer/http fails since 22:02:07: no answer
00:02:07  watch:mailer decision: check mailer/http fails since 22:02:07: no answer | restart
00:02:07  gate:site gate.denied: sereno: restart mailer (check mailer/http fails since 22:02:07: no answer) | the watchman's own canary fails since 22:02:03: no answer; its eyes cannot be trusted
00:02:07  alerts:site alert.inhibited: mailer/http: no answer | the watchman doubts its own eyes, and people are told of that
00:02:07  watch:worker health.changed: check worker/http fails since 22:02:07: no answer | healthy → unhealthy
00:02:07  watch:worker finding.opened: check worker/http fails since 22:02:07: no answer
00:02:07  watch:worker decision: check worker/http fails since 22:02:07: no answer | wait
00:02:07  alerts:site alert.inhibited: worker/http: no answer | it needs redis, which is down
00:03:06  watch:redis decision: check redis/http fails since 22:02:06: no answer | restart
00:03:06  gate:site gate.denied: sereno: restart redis (check redis/http fails since 22:02:06: no answer) | the watchman's own canary fails since 22:02:03: no answer; its eyes cannot be trusted
00:03:07  watch:mailer decision: check mailer/http fails since 22:02:07: no answer | restart
00:03:07  gate:site gate.denied: sereno: restart mailer (check mailer/http fails since 22:02:07: no answer) | the watchman's own canary fails since 22:02:03: no answer; its eyes cannot be trusted
00:04:00  watch:redis health.changed: all checks pass | unhealthy → healthy
00:04:00  watch:worker health.changed: all checks pass | unhealthy → healthy
00:04:00  watch:api health.changed: all checks pass | unhealthy → healthy
00:04:00  watch:mailer health.changed: all checks pass | unhealthy → healthy
00:04:01  gate:site suspicion.ended: the watchman's own canary fails since 22:02:03: no answer; its eyes cannot be trusted
00:04:01  incidents:site incident.resolved: nothing is touched: the watchman's own canary fails since 22:02:03: no answer; its eyes cannot be trusted | its eyes can be trusted again
00:04:01  told (recovered): INC-2026-001 resolved: watchman is well again (after 1 min)
