// Targets: one process with many ports, each a service of its own that can be told to ail. Spoken to over IPC:
// `{ port, mood }`, mood one of well, hang, refuse, wrong, slow.

import { createServer, type Server, type Socket } from 'node:net';

export type Mood = 'well' | 'hang' | 'refuse' | 'wrong' | 'slow';

/** One answer for a probe by HTTP and by TCP alike: what speaks HTTP says so, the rest only wants a connection. */
const answer = (mood: Mood): string => {
  const status = mood === 'wrong' ? '500 Internal Server Error' : '200 OK';
  return `HTTP/1.1 ${status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok`;
};

const SLOW_MS = 400;

class Target {
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #mood: Mood = 'well';

  constructor(port: number) {
    this.#port = port;
    this.#listen();
  }

  be(mood: Mood): void {
    this.#mood = mood;
    for (const socket of this.#sockets) socket.destroy();
    if (mood === 'refuse') {
      this.#server?.close();
      this.#server = null;
    } else if (this.#server === null) this.#listen();
  }

  #listen(): void {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      socket.once('data', () => {
        if (this.#mood === 'hang') return;
        const say = (): void => void socket.end(answer(this.#mood));
        if (this.#mood === 'slow') setTimeout(say, SLOW_MS);
        else say();
      });
    });
    this.#server.listen(this.#port, '127.0.0.1');
  }
}

const [first = 0, count = 0] = process.argv.slice(2).map(Number);
const targets = Array.from({ length: count }, (_, index) => new Target(first + index));
process.on('message', (told: { readonly port: number; readonly mood: Mood }) =>
  targets[told.port - first]?.be(told.mood),
);
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
