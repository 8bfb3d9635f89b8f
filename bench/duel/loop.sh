# A program in a crash loop, as cheap as can be: what is compared is how often it is started, not what it does.
#   LOG     appends `<epoch ms> <pid>` when it starts
#   FIRST   seconds that its first life lasts; LIFE: seconds of every later one; then it ends with 1
#   HEALED  … unless this file is there: then it lives
echo "$(date +%s%3N) $$" >> "$LOG"
if [ -e "$HEALED" ]; then exec sleep 3600; fi
if [ "$(wc -l < "$LOG")" -eq 1 ]; then sleep "$FIRST"; else sleep "$LIFE"; fi
echo "Error: cannot go on" >&2
exit 1
