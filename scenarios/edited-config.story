# A blessed file is edited while the watchman is alive: found, put back by policy, proven. A second program that edits it again
# at once is not fought with for ever, and what was taken away during a restart is put back after it.
codex
service api
settle 2min
edit describe
wait 3min
kill watchman
remove extract
wait 3min
hold ana
edit describe
wait 2min
release bo
wait 2min
bless describe 2
wait 2min

----
00:03:00  drift:site drift.drifted: look 2 at /out/describe.yaml | is not what was blessed: found sha256 e000000000000000000000000000000000000000000000000000000000000000, 2000 bytes, mode 0644
00:03:00  alerts:site finding.opened: /out/describe.yaml (describe@1) is not what was blessed
00:03:00  gate:site gate.allowed: sereno: apply-config codex:describe@1 (/out/describe.yaml is not what was blessed) | apply-config | the action touches 4 % of traffic, within the limit of 25 %
00:03:00  drift:site action.started: /out/describe.yaml is not what was blessed: found sha256 e000000000000000000000000000000000000000000000000000000000000000, 2000 bytes, mode 0644 | apply-config describe@1
00:03:00  writes: codex:describe@1 (epoch 2)
00:03:00  drift:site action.written: epoch 2 | apply-config describe@1 | sha256 6465736372696265310000000000000000000000000000000000000000000000
00:03:00  told (information): /out/describe.yaml (describe@1) is not what was blessed
00:03:00  drift:site action.outcome: look 3 at /out/describe.yaml | apply-config describe@1 | effective: found sha256 6465736372696265310000000000000000000000000000000000000000000000, 2000 bytes, mode 0444
00:03:00  alerts:site finding.closed: /out/describe.yaml is as it was blessed (sha256 6465736372696265310000000000000000000000000000000000000000000000, 2000 bytes, mode 0444)
00:05:00  run 1 dies: kill -9
00:05:00  run 2 begins after an unclean stop
00:05:00  gate:site safe-mode.entered: Sereno starts after an unclean stop (1 in the last hour): safe mode
00:05:00  gate:site suspicion.began: the watchman's own canary fails since 22:05:00: not looked at yet; its eyes cannot be trusted
00:05:00  gate:site suspicion.ended: the watchman's own canary fails since 22:05:00: not looked at yet; its eyes cannot be trusted
00:05:00  drift:site drift.missing: look 3 at /out/extract.yaml | is missing: found nothing
00:05:00  alerts:site finding.opened: /out/extract.yaml (extract@1) is missing
00:05:00  gate:site gate.allowed: sereno: apply-config codex:extract@1 (/out/extract.yaml is missing) | apply-config | the action touches 5 % of traffic, within the limit of 25 %
00:05:00  drift:site action.started: /out/extract.yaml is missing: found nothing | apply-config extract@1
00:05:00  writes: codex:extract@1 (epoch 3)
00:05:00  drift:site action.written: epoch 3 | apply-config extract@1 | sha256 6578747261637431000000000000000000000000000000000000000000000000
00:05:00  watch:api health.changed: all checks pass | unknown → healthy
00:05:00  drift:site action.outcome: look 4 at /out/extract.yaml | apply-config extract@1 | effective: found sha256 6578747261637431000000000000000000000000000000000000000000000000, 2000 bytes, mode 0444
00:05:00  alerts:site finding.closed: /out/extract.yaml is as it was blessed (sha256 6578747261637431000000000000000000000000000000000000000000000000, 2000 bytes, mode 0444)
00:05:00  told (information): Sereno starts after an unclean stop (1 in the last hour): safe mode
00:05:00  told (information): /out/extract.yaml (extract@1) is missing
00:05:00  watch:api workload.adopted: Sereno looked for it at its start
00:05:30  startup:site startup.completed: degraded | degraded: 1 of 4 points are not good
00:08:00  ana asks gate:site: {"kind":"hold","why":"looking at it"}
00:08:00  gate:site request.completed: ana asked: hold (looking at it) | all acting is held; watching and paging go on
00:08:00  drift:site drift.drifted: look 6 at /out/describe.yaml | is not what was blessed: found sha256 e000000000000000000000000000000000000000000000000000000000000000, 2000 bytes, mode 0644
00:08:00  alerts:site finding.opened: /out/describe.yaml (describe@1) is not what was blessed
00:08:00  gate:site gate.denied: sereno: apply-config codex:describe@1 (/out/describe.yaml is not what was blessed) | all acting is held by ana since 22:08:00: looking at it
00:08:00  told (information): /out/describe.yaml (describe@1) is not what was blessed
00:10:00  bo asks gate:site: {"kind":"release","why":"done"}
00:10:00  gate:site request.completed: bo asked: release (done) | the hold of ana is released
00:10:00  gate:site gate.allowed: sereno: apply-config codex:describe@1 (/out/describe.yaml is not what was blessed) | apply-config | the action touches 4 % of traffic, within the limit of 25 %
00:10:00  drift:site action.started: /out/describe.yaml is not what was blessed: found sha256 e000000000000000000000000000000000000000000000000000000000000000, 2000 bytes, mode 0644 | apply-config describe@1
00:10:00  writes: codex:describe@1 (epoch 5)
00:10:00  drift:site action.written: epoch 5 | apply-config describe@1 | sha256 6465736372696265310000000000000000000000000000000000000000000000
00:10:00  drift:site action.outcome: look 8 at /out/describe.yaml | apply-config describe@1 | effective: found sha256 6465736372696265310000000000000000000000000000000000000000000000, 2000 bytes, mode 0444
00:10:00  alerts:site finding.closed: /out/describe.yaml is as it was blessed (sha256 6465736372696265310000000000000000000000000000000000000000000000, 2000 bytes, mode 0444)
00:12:00  drift:site drift.drifted: look 9 at /out/describe.yaml | is the revision before the active one: found sha256 6465736372696265310000000000000000000000000000000000000000000000, 2000 bytes, mode 0444
00:12:00  gate:site gate.allowed: sereno: apply-config codex:describe@2 (/out/describe.yaml is the revision before the active one) | apply-config | the action touches 4 % of traffic, within the limit of 25 %
00:12:00  drift:site action.started: /out/describe.yaml is the revision before the active one: found sha256 6465736372696265310000000000000000000000000000000000000000000000, 2000 bytes, mode 0444 | apply-config describe@2
00:12:00  writes: codex:describe@2 (epoch 6)
00:12:00  drift:site action.written: epoch 6 | apply-config describe@2 | sha256 6465736372696265320000000000000000000000000000000000000000000000
00:12:00  drift:site action.outcome: look 10 at /out/describe.yaml | apply-config describe@2 | effective: found sha256 6465736372696265320000000000000000000000000000000000000000000000, 2000 bytes, mode 0444
