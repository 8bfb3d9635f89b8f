// Unit: the program that every contender keeps running. Plain JavaScript, so that its start costs the same everywhere.
//
//   PORT       answers every GET with its process id
//   LOG        appends `<epoch ms> <pid>` when it starts
//   NEEDS      ends with 1 at once, and later, while this file is not there: a dependency that is down
//   LIFE_MS    ends with 1 so many milliseconds after its start; the first life of all lasts FIRST_MS
//   HEALED     … unless this file is there: the fault is over

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { Socket } from 'node:net';

const { PORT, LOG, NEEDS, LIFE_MS, FIRST_MS, HEALED } = process.env;

/** The message says what a program of this kind would say: supervisors that read it may use it. */
const fail = (why) => {
  process.stderr.write(`Error: ${why}\n`);
  process.exit(1);
};

if (LOG) appendFileSync(LOG, `${Date.now()} ${process.pid}\n`);

if (NEEDS) {
  const look = () => existsSync(NEEDS) || fail(`connect ECONNREFUSED ${NEEDS}`);
  look();
  setInterval(look, 50);
}

if (LIFE_MS && !(HEALED && existsSync(HEALED))) {
  const isFirst = !LOG || readFileSync(LOG, 'utf8').trim().split('\n').length === 1;
  setTimeout(() => fail('cannot go on'), Number(isFirst && FIRST_MS ? FIRST_MS : LIFE_MS));
}

const server = createServer((_question, answer) => answer.end(String(process.pid)));
const serve = () => (PORT ? server.listen(Number(PORT), '127.0.0.1') : setInterval(() => undefined, 60_000));

// The protocol of a warm standby (docs/drivers.md); for every other contender the descriptor is not there.
const fd = process.env['SERENO_STANDBY_FD'];
if (fd === undefined) serve();
else {
  const line = new Socket({ fd: Number(fd) });
  // Ready is who has answered once: the first request of a Node server costs 10 ms, which a standby can have behind it.
  const rehearsal = createServer(server.listeners('request')[0]).listen(0, '127.0.0.1', () => {
    get({ host: '127.0.0.1', port: rehearsal.address().port, agent: false }, (answer) => {
      answer.resume().once('end', () => rehearsal.close(() => line.write('ready\n')));
    });
  });
  line.once('data', serve);
  line.once('end', () => server.listening || process.exit(0));
}
