// Contender: a peer that runs on the stand with its programs, under the name of its setting.

import type { Stand } from './duel.ts';
import { versionOf } from './peers/peer.ts';
import { processesOf, type Program, type Supervising, type Supervisor } from './peers/supervisor.ts';

export type Contender = {
  readonly name: string;
  readonly version: string;
  readonly settings: string;
  readonly room: string;
  readonly programs: readonly Program[];
  readonly running: Supervising;
};

/** Starts a peer in a room of its own; it is stopped after the duel, with all that it started. */
export const enter = async (
  stand: Stand,
  peer: Supervisor,
  setting: string,
  programs: readonly Program[],
): Promise<Contender> => {
  const room = stand.room(`${peer.name}-${setting}`);
  const settings = peer.settings[setting];
  if (settings === undefined) throw new Error(`${peer.name} has no setting ${setting}`);
  const running = await peer.start(room, programs, setting);
  stand.defer(async () => {
    await running.stop();
    const left = processesOf(room);
    if (left.length > 0) throw new Error(`${peer.name} left ${left.join(', ')} behind`);
  });
  return { name: peer.name, version: versionOf(peer), settings, room, programs, running };
};

/** The version that a person would name of us: this checkout. */
export const OURS = { contender: '**Sereno**', version: 'this checkout' } as const;
