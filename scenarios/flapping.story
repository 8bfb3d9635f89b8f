# A service that comes and goes: it ends every four minutes, is back at once, and ends again. People hear of the first
# time, and then of no other, until a person is needed: the restarts of an hour are used up, and there is one page. That it
# is well again is told when there is a place for it.

running
service api
settle 10min
only told alerts:site incidents:site
crash api
wait 4min
crash api
wait 4min
crash api
wait 4min
crash api
wait 4min
crash api
wait 2h

----
00:10:00  told (trouble): api: check workload fails since 22:10:00: it exited with code 1
00:10:32  told (recovered): api: well again after 32.1 s
00:14:00  alerts:site notice.damped: api: check workload fails since 22:14:00: it exited with code 1 | it comes and goes: 1 changes are held back; people are next told at 23:10:00
00:14:32  alerts:site notice.skipped: api: well again after 32.2 s | nobody was told that it began
00:18:00  alerts:site notice.damped: api: check workload fails since 22:18:00: it exited with code 1 | it comes and goes: 2 changes are held back; people are next told at 23:10:32
00:18:32  alerts:site notice.skipped: api: well again after 32.1 s | nobody was told that it began
00:22:00  incidents:site incident.opened: api: check workload fails since 22:22:00: it exited with code 1
00:22:00  incidents:site incident.paged: api: check workload fails since 22:22:00: it exited with code 1 | page bo
00:22:00  told (page): INC-2026-001 SEV2 api: check workload fails since 22:22:00: it exited with code 1
01:10:34  incidents:site incident.resolved: api: check workload fails since 22:22:00: it exited with code 1 | well after 2.1 s, and for 30 s since
01:10:34  alerts:site notice.damped: INC-2026-001 resolved: api is well again (after 48 min) | it comes and goes: 1 changes are held back; people are next told at 23:22:00
01:22:00  told (recovered): INC-2026-001 resolved: api is well again (after 48 min)
