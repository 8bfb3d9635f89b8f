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
