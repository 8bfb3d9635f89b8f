// Half-open connection: it asks its store over one TCP connection, and after `POST /break` the store is gone without a
// farewell: no FIN, no RST, no acknowledgement. In the wild: a pulled cable, a firewall that forgot the connection.
//
// The store lives in a network of its own (`unshare -n`) and hands its end of a connection over. Taking that network's
// only interface down makes every packet vanish, which no program that shares a kernel with its peer can do otherwise.

import { execFileSync, spawn } from 'node:child_process';
import { createServer as createWebServer } from 'node:http';
import { connect, createServer } from 'node:net';

const STORE_PORT = 7000;

/** Answers every line with a value, in the inner network, until it is told to take that network down. */
const beStore = () => {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  createServer((client) => client.on('data', () => client.write('value\n'))).listen(STORE_PORT, '127.0.0.1', () => {
    const connection = connect(STORE_PORT, '127.0.0.1', () => process.send('connection', connection));
  });
  process.on('message', () => execFileSync('ip', ['link', 'set', 'lo', 'down']));
  process.on('disconnect', () => process.exit());
};

const serve = (store, connection) => {
  const waiting = [];
  connection.on('data', () => waiting.shift()?.end('ok\n'));
  createWebServer((question, answer) => {
    if (question.url === '/break') {
      store.send('break');
      answer.end('broken\n');
      return;
    }
    waiting.push(answer);
    connection.write('get\n');
  }).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('half-open listens'));
};

if (process.argv[2] === 'store') beStore();
else {
  const isRoot = process.getuid() === 0;
  const network = isRoot ? ['--net'] : ['--net', '--user', '--map-root-user'];
  const store = spawn('unshare', [...network, process.execPath, import.meta.filename, 'store'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  store.on('exit', () => process.exit(1));
  store.once('message', (_text, connection) => serve(store, connection));
}
