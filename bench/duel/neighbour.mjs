// Neighbour: a program among others. What ails it is decided by files, so that one gesture ails many at once.
//
//   PORT, HOST   answers every GET there with its process id; HOST is 127.0.0.1 unless it is given
//   LOG          appends `<epoch ms> <pid>` when it starts
//   BOOT_MS      listens so long after its start, and then appends the same to READY
//   USES         answers 503 while this file is not there: alive, but of no use without it
//   HANG         while this file is there, takes questions and never answers them
//   BROKEN       ends with 1 before it listens
//   STOPPED      appends the same to it when it is told to end

import { appendFileSync, existsSync } from 'node:fs';
import { createServer } from 'node:http';

const { PORT, HOST, LOG, BOOT_MS, READY, USES, HANG, BROKEN, STOPPED } = process.env;

const note = (file) => file && appendFileSync(file, `${Date.now()} ${process.pid}\n`);

const server = createServer((_question, answer) => {
  if (HANG && existsSync(HANG)) return;
  if (USES && !existsSync(USES)) answer.statusCode = 503;
  answer.end(String(process.pid));
});

note(LOG);
setTimeout(
  () => (BROKEN ? process.exit(1) : server.listen(Number(PORT), HOST ?? '127.0.0.1', () => note(READY))),
  Number(BOOT_MS ?? 0) - performance.now(),
);

process.on('SIGTERM', () => {
  note(STOPPED);
  process.exit(0);
});
