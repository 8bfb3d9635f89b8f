// The trouble of the codex: its log cannot be read. Who waits for it stands still each in its own way, and people hear of it
// here and nowhere else, once when it begins and once when it is over:
//
//   serving       refuses everything with the reason (503)
//   the evidence  takes no entry, and says since when (`codex.doubted`)
//   deployed copies are watched by what was known of them, and nothing is written
//   Sereno's own configuration goes on; what must be blessed does not come into force

import type { Finding } from '#kernel/finding.ts';
import type { Message } from '#kernel/message.ts';
import type { Problem } from '#kernel/problem.ts';
import { ALERTS } from '#kernel/site.ts';
import type { Instant } from '#kernel/time.ts';
import type { Engine } from '#loop/engine.ts';
import type { Clock } from '#ports/clock.ts';
import { troubleOf, type CodexRoom } from './room.ts';

const KEY = 'codex:store';
const OVER = 'the codex can be read again';

/** For a person, the same wherever it is said. */
export const sayUnread = ({ message, code }: Problem): string =>
  'the codex cannot be read; copies are watched by what was known of it, and nothing of it is given to anybody: ' +
  `${message} [${code}]`;

const findingOf = (trouble: Problem, since: Instant): Finding => ({
  key: KEY,
  kind: 'codex',
  service: null,
  target: null,
  severityHint: 'SEV2',
  since,
  title: sayUnread(trouble),
  reasons: [],
});

export type TroubleParts = {
  readonly clock: Clock;
  readonly shout: (line: string) => void;
  readonly room: Pick<CodexRoom, 'now'>;
};

/** Tells each trouble once when it begins, and once when it is over. An earlier run may have told of one. */
export class CodexTrouble {
  readonly #parts: TroubleParts;
  #engine: Pick<Engine, 'crank'> | null = null;

  constructor(parts: TroubleParts) {
    this.#parts = parts;
  }

  /** From now on the alert desk hears of it. */
  begin(engine: Pick<Engine, 'crank'>): void {
    this.#engine = engine;
    this.#tell();
  }

  /** It began, ended, or became another one. */
  turned(): void {
    const trouble = troubleOf(this.#parts.room);
    // The alert desk says it at the terminal too, once there is one; that it is over it only writes down.
    if (trouble === null) this.#parts.shout(OVER);
    else if (this.#engine === null) this.#parts.shout(sayUnread(trouble));
    this.#tell();
  }

  #tell(): void {
    const { room, clock } = this.#parts;
    const now = troubleOf(room);
    this.#put(
      now === null
        ? { kind: 'found-over', key: KEY, how: OVER }
        : { kind: 'found', finding: findingOf(now, clock.now()) },
    );
  }

  #put(message: Message): void {
    this.#engine?.crank.put(ALERTS, { kind: 'told', from: ALERTS, message });
  }
}
