# Policy does not allow putting a configuration back: nothing is written, and a person is paged.
codex watched
service api
settle 2min
edit describe
wait 10min

----
