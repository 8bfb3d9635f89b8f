// The far side of bench/scale.ts: ten thousand targets in one process of its own. Each target is an address of its own
// (127.1.x.y), as ten thousand targets are in life. It answers, and it notes when it was asked: a schedule is judged
// where it is felt. A bare socket server, so that it has processor time left on two cores.
//
//   node bench/scaleTarget.ts <targets> <interval in ms>   prints the port of the targets and the port of its control
//   GET /reset   forgets what was noted        GET /report   what was noted, as JSON
//   GET /hang?share=0.3   this share of the targets takes the question and never answers     GET /hang?share=0   all answer
//   GET /fail?from=0&count=5   these targets answer 500, all others are well
// A webhook is a target as well: what is posted to it is never answered.

import { createServer as createControl } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';

const TARGETS = Number(process.argv[2] ?? 10_000);
const INTERVAL_MS = Number(process.argv[3] ?? 10_000);
const OK =
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\nconnection: close\r\n\r\n{"status":"ok"}';
const BAD = OK.replace('200 OK', '500 Internal Server Error');
/** The spread of a round is judged in pieces of this length. */
const PIECE_MS = 100;

const lastAt = new Float64Array(TARGETS);
let errors: number[] = [];
let asked = 0;
let missed = 0;
let pieces = new Map<number, number>();
let hangShare = 0;
let failing = { from: 0, count: 0 };

const isHung = (index: number): boolean => (index % 100) / 100 < hangShare;

const note = (index: number): void => {
  const now = performance.now();
  const before = lastAt[index] ?? 0;
  lastAt[index] = now;
  asked += 1;
  const piece = Math.floor(now / PIECE_MS);
  pieces.set(piece, (pieces.get(piece) ?? 0) + 1);
  if (before === 0) return;
  const elapsedMs = now - before;
  errors.push(Math.abs(elapsedMs - INTERVAL_MS));
  if (elapsedMs > INTERVAL_MS * 1.5) missed += Math.round(elapsedMs / INTERVAL_MS) - 1;
};

/** 127.1.x.y → x × 250 + y. */
const indexOf = (socket: Socket): number => {
  const parts = (socket.localAddress ?? '').split('.');
  return Number(parts[2]) * 250 + Number(parts[3]);
};

const answer = (socket: Socket, question: Buffer): void => {
  if (question[0] === 0x50) return; // POST: a webhook
  const index = indexOf(socket);
  // What hangs is asked again and again, and has no schedule to keep.
  if (isHung(index)) return;
  note(index);
  const isBad = index >= failing.from && index < failing.from + failing.count;
  if (isBad) lastAt[index] = 0;
  socket.end(isBad ? BAD : OK);
};

const targets = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (question) => answer(socket, question));
});

const quantile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;

const report = (): object => {
  const sorted = Float64Array.from(errors).sort();
  const inPieces = [...pieces.values()];
  return {
    asked,
    missed,
    seen: lastAt.reduce((sum, at) => sum + (at > 0 ? 1 : 0), 0),
    errorMs: { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: quantile(sorted, 1) },
    perPiece: { mean: asked / Math.max(1, inPieces.length), max: Math.max(0, ...inPieces) },
  };
};

const reset = (): void => {
  errors = [];
  asked = 0;
  missed = 0;
  pieces = new Map();
};

const control = createControl((question, reply) => {
  const url = new URL(question.url ?? '/', 'http://control');
  const numberOf = (name: string): number => Number(url.searchParams.get(name) ?? 0);
  if (url.pathname === '/reset') reset();
  if (url.pathname === '/fail') failing = { from: numberOf('from'), count: numberOf('count') };
  if (url.pathname === '/hang') {
    hangShare = numberOf('share');
    lastAt.fill(0);
  }
  reply.end(JSON.stringify(report()));
});

targets.listen(0, '0.0.0.0', 4_096, () =>
  control.listen(
    0,
    '127.0.0.1',
    () => console.log(`${(targets.address() as AddressInfo).port} ${(control.address() as AddressInfo).port}`), // decoder
  ),
);
