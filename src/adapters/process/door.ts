// The door: does anybody listen on a port of this machine? Asked at the port itself, which a program that is gone answers
// in a fifth of a millisecond; the kernel's table of sockets, which names who it is, takes five to be walked through.

import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';

/** A port that says nothing for so long is held by somebody who does not answer: a full queue, a frozen program. */
const SILENCE_MS = 50;

/** All addresses that a program of this machine may listen at, the loopbacks first. */
const ownAddresses = (): readonly string[] => {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return [
    ...new Set(['127.0.0.1', ...all.map((each) => (each.scopeid ? `${each.address}%${each.scopeid}` : each.address))]),
  ];
};

/** True unless the kernel says that nobody is there: what is not known counts as somebody. */
const isAnswered = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: SILENCE_MS });
    const end = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.on('connect', () => end(true));
    socket.on('timeout', () => end(true));
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code !== 'ECONNREFUSED'));
  });

/** The ports at which somebody of this machine listens, or may. */
export const answeredPorts = async (ports: Iterable<number>): Promise<ReadonlySet<number>> => {
  const hosts = ownAddresses();
  const answers = [...ports].map(async (port) => {
    const each = await Promise.all(hosts.map((host) => isAnswered(host, port)));
    return each.includes(true) ? [port] : [];
  });
  return new Set((await Promise.all(answers)).flat());
};
