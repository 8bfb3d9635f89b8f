// The demo town's job: writes a report every two seconds. While a file named report.broken stands beside it, it goes on
// running and produces nothing, which is what jobs that fail in silence do.
import { existsSync, renameSync, writeFileSync } from 'node:fs';

let count = 0;

const write = () => {
  if (existsSync('report.broken')) return;
  count += 1;
  writeFileSync('report.tmp', JSON.stringify({ report: count, at: new Date().toISOString() }));
  renameSync('report.tmp', 'report.json');
};

write();
setInterval(write, 2_000);
console.log('the report job runs');
