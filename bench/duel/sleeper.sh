# A program that only is there: it writes down its start and sleeps. Each has a length of its own, by which it is counted.
#   LOG     appends `<epoch ms> <pid>` when it starts
#   LENGTH  seconds, another for each program
echo "$(date +%s%3N) $$" >> "$LOG"
exec sleep "$LENGTH"
