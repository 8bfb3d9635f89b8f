# The day on which clocks are put back has 25 hours, and its budget is a 25th larger: 1 % of it are 15 minutes. Agreed
# work at 02:30 begins when the clock shows it for the first time, and lasts one real hour; what fails at the second 02:30
# and after its end is the service's own.

running
begins 2026-10-24T22:00:00Z
service api every 1min
target api 99% over day in Europe/Berlin
work api sun 02:30 1h Europe/Berlin
only told target
wait 10min
show
wait 140min
stubborn api 5min
wait 1h
show
stubborn api 5min
wait 1h
show
wait 1214min
show
wait 2min
show

----
00:00:00  target api.availability: no-data: nothing judged yet
00:01:00  target api.availability: no-data → meeting: 100 % of the budget left, for 15 min of outage; nothing went wrong
00:10:00  target api.availability is meeting: 100 % of the budget left, for 15 min of outage; nothing went wrong
02:30:56  told (trouble): api: check api/http fails since 00:30:56: no answer
02:31:37  told (page): INC-2026-001 SEV2 api: check api/http fails since 00:30:56: no answer
02:35:30  told (recovered): INC-2026-001 resolved: api is well again (after 3 min)
03:30:00  target api.availability is meeting: 100 % of the budget left, for 15 min of outage; went wrong: maintenance 6
03:31:00  target api.availability: meeting → burning: 86.7 % of the budget left, for 13 min of outage; went wrong: own 2, maintenance 6
03:31:38  told (page): INC-2026-002 SEV2 api: check api/http fails since 01:30:07: no answer
03:32:10  target api.availability burns its error budget: grouped, people know about api
03:35:32  told (recovered): INC-2026-002 resolved: api is well again (after 5 min)
03:51:00  target api.availability: burning → meeting: 53.7 % of the budget left, for 8 min of outage; went wrong: own 7, maintenance 6
04:30:00  target api.availability is meeting: 53.8 % of the budget left, for 8 min of outage; went wrong: own 7, maintenance 6
1d 00:44:00  target api.availability is meeting: 54.4 % of the budget left, for 8 min of outage; went wrong: own 7, maintenance 6
