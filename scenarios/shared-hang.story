# Four programs that have nothing declared in common hang at the same moment, under health targets. Something that they
# share is down: one page says so. Neither the programs nor their budgets, which burn, are a page of their own.

running
services app 4
services mail 4
target app1 99.9% over 30d
target app2 99.9% over 30d
target app3 99.9% over 30d
target app4 99.9% over 30d
settle 2min
hang app1
hang app2
hang app3
hang app4
only told target incidents:site
wait 30min
show

----
00:02:05  target app3.availability burns its error budget: inhibited, it fails together with others, and people are told of that
00:02:05  target app1.availability burns its error budget: inhibited, it fails together with others, and people are told of that
00:02:06  target app2.availability burns its error budget: inhibited, it fails together with others, and people are told of that
00:02:06  target app4.availability burns its error budget: inhibited, it fails together with others, and people are told of that
00:02:08  incidents:site incident.opened: not restarted: something shared is down: app1, app2, app3, app4 stopped answering at once; restarting them would not mend it
00:02:08  incidents:site incident.paged: not restarted: something shared is down: app1, app2, app3, app4 stopped answering at once; restarting them would not mend it | page bo
00:02:08  told (page): INC-2026-001 SEV2 not restarted: something shared is down: app1, app2, app3, app4 stopped answering at once; restarting them would not mend it
00:03:00  target app1.availability: meeting → breached: 97.4 % of the budget left, for 42 min of outage; went wrong: own 7
00:03:00  target app2.availability: meeting → breached: 97.4 % of the budget left, for 42 min of outage; went wrong: own 7
00:03:00  target app3.availability: meeting → breached: 97.4 % of the budget left, for 42 min of outage; went wrong: own 7
00:03:00  target app4.availability: meeting → breached: 97.2 % of the budget left, for 42 min of outage; went wrong: own 8
00:12:05  told (trouble): app1: check app1/http fails since 22:02:05: no answer
00:12:37  told (recovered): app1: well again after 10 min
00:13:05  told (trouble): app3: check app3/http fails since 22:02:05: no answer
00:13:06  incidents:site incident.resolved: not restarted: something shared is down: app1, app2, app3, app4 stopped answering at once; restarting them would not mend it | its eyes can be trusted again
00:13:07  told (recovered): INC-2026-001 resolved: watchman is well again (after 10 min)
00:13:37  told (recovered): app3: well again after 11 min
00:32:00  target app1.availability is breached: 72.7 % of the budget left, for 31 min of outage; went wrong: own 77
00:32:00  target app2.availability is breached: 70 % of the budget left, for 30 min of outage; went wrong: own 86
00:32:00  target app3.availability is breached: 70.8 % of the budget left, for 30 min of outage; went wrong: own 84
00:32:00  target app4.availability is breached: 70 % of the budget left, for 30 min of outage; went wrong: own 86
