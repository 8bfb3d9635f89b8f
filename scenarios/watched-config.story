# Policy does not allow putting a configuration back: nothing is written, and a person is paged.
codex watched
service api
settle 2min
edit describe
wait 10min

----
00:03:00  drift:site drift.drifted: look 2 at /out/describe.yaml | is not what was blessed: found sha256 e000000000000000000000000000000000000000000000000000000000000000, 2000 bytes, mode 0644
00:03:00  alerts:site finding.opened: /out/describe.yaml (describe@1) is not what was blessed
00:03:00  gate:site gate.denied: sereno: apply-config codex:describe@1 (/out/describe.yaml is not what was blessed) | policy does not list apply-config under allow
00:03:00  incidents:site incident.opened: /out/describe.yaml (describe@1) is not what was blessed
00:03:00  incidents:site incident.paged: /out/describe.yaml (describe@1) is not what was blessed | page bo
00:03:00  told (page): INC-2026-001 SEV2 /out/describe.yaml (describe@1) is not what was blessed
00:03:00  told (information): /out/describe.yaml (describe@1) is not what was blessed
