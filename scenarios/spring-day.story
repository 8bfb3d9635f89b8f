# The day on which clocks are put forward has 23 hours: 1 % of it are 13.8 minutes. Work agreed for 02:30, which no clock
# shows on that day, begins at 03:30, after as much real time as on any other day.

running
begins 2027-03-27T23:00:00Z
service api every 1min
target api 99% over day in Europe/Berlin
work api sun 02:30 1h Europe/Berlin
only told target
wait 10min
show
wait 2h
stubborn api 5min
wait 30min
show
stubborn api 5min
wait 1h
show
wait 1159min
show
wait 2min
show

----
00:00:00  target api.availability: no-data: nothing judged yet
00:01:00  target api.availability: no-data → meeting: 100 % of the budget left, for 13 min of outage; nothing went wrong
00:10:00  target api.availability is meeting: 100 % of the budget left, for 13 min of outage; nothing went wrong
02:10:24  told (trouble): api: check api/http fails since 01:10:23: no answer
02:10:24  target api.availability burns its error budget: grouped, people know about api
02:11:00  target api.availability: meeting → burning: 92.9 % of the budget left, for 12 min of outage; went wrong: own 1
02:11:05  told (page): INC-2027-001 SEV2 api: check api/http fails since 01:10:23: no answer
02:15:00  target api.availability: burning → breached: 51.1 % of the budget left, for 7 min of outage; went wrong: own 7
02:15:32  told (recovered): INC-2027-001 resolved: api is well again (after 4 min)
02:40:00  target api.availability is breached: 51.1 % of the budget left, for 7 min of outage; went wrong: own 7
02:50:00  target api.availability: breached → meeting: 49.6 % of the budget left, for 6 min of outage; went wrong: own 7, maintenance 6
03:40:00  target api.availability is meeting: 49.7 % of the budget left, for 6 min of outage; went wrong: own 7, maintenance 6
22:59:00  target api.availability is meeting: 50.4 % of the budget left, for 6 min of outage; went wrong: own 7, maintenance 6
23:01:00  target api.availability is meeting: 100 % of the budget left, for 14 min of outage; nothing went wrong
