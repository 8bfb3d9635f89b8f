// Makes the scenarios of TUF as data: documents that were signed, in which order a reader gets them, and what it must say.
//
//   node test/codex/makeScenarios.ts > src/duties/codex/trust/fixtures/scenarios.json
//
// Keys follow from names and Ed25519 has no chance in it, so the same data comes out each time. The tests read the data and
// not this file: what is written there was signed once, and is judged as it stands.

import { hours, later, type Instant } from '#kernel/time.ts';
import type { Head, Role, Root } from '#kernel/trust.ts';
import {
  ada,
  bo,
  ci,
  cleo,
  clock,
  dan,
  entryOf,
  eve,
  headText,
  NOW,
  person,
  role,
  rootOf,
  rootText,
  signatureBy,
  signedBy,
  type Person,
} from '#duties/codex/trust/ground.contract.ts';
import { messageOf, writeMetadata } from '#duties/codex/trust/metadata.ts';
import { rootSigned } from '#duties/codex/trust/root.ts';
import { sayUtc } from '#duties/codex/trust/moment.ts';

const fay = person('fay');
const clockAfter = person('clock', 1);
const thieves = ['mal', 'mel', 'mol'].map((name) => person(name));
const adaAgain = person('ada', 1);

const FIVE = [ada, bo, cleo, dan, eve];
const KEYS = [...FIVE, fay, clock, clockAfter, ci, adaAgain, ...thieves];

type Rule = {
  readonly version: number;
  readonly root?: Role;
  readonly head?: Role;
  readonly expires?: Instant;
};

/** A root document: 3 of 5 unless told otherwise. */
const rootFor = ({ version, root = role(FIVE, 3), head = role([clock]), expires }: Rule): Root => {
  const plain = rootOf({ version, ...(expires === undefined ? {} : { expires }) }, KEYS);
  return { ...plain, roles: { ...plain.roles, root, head } };
};

const signed = (rule: Rule, people: readonly Person[]): string => rootText(rootFor(rule), people);

const head = (version: number, seq: number, more: Partial<Head> = {}): Head => ({
  version,
  expires: later(NOW, hours(24)),
  seq,
  digest: entryOf(seq),
  ...more,
});

const withFay = role([ada, bo, cleo, dan, fay], 3);

/** Signed twice under one key: the second one is a copy of the first. */
const twice = (): string => {
  const value = rootSigned(rootFor({ version: 2 }));
  const by = (it: Person) => signatureBy(it, messageOf(value));
  return writeMetadata(value, [by(ada), by(ada), by(bo)]);
};

/** Signed by bo in the name of ada: a good signature under the wrong id. */
const borrowed = (): string => {
  const value = rootSigned(rootFor({ version: 2 }));
  const by = (it: Person) => signatureBy(it, messageOf(value));
  return writeMetadata(value, [by(ada), by(bo), { keyId: cleo.key.id, signature: by(bo).signature }]);
};

const DOCUMENTS: Readonly<Record<string, string>> = {
  'root-1': signed({ version: 1 }, [ada, bo, cleo]),
  'root-2': signed({ version: 2 }, [bo, dan, eve]),
  'root-3-fay-for-eve': signed({ version: 3, root: withFay }, [ada, dan, fay, eve]),
  'root-4': signed({ version: 4, root: withFay }, [cleo, dan, fay]),
  'root-5-four-of-five': signed({ version: 5, root: role([ada, bo, cleo, dan, fay], 4) }, [ada, bo, cleo, dan]),
  'root-2-all-five': signed({ version: 2 }, FIVE),
  'root-2-by-two': signed({ version: 2 }, [ada, bo]),
  'root-2-by-two-and-a-stranger': signed({ version: 2 }, [ada, bo, ...thieves]),
  'root-2-one-signature-twice': twice(),
  'root-2-a-borrowed-name': borrowed(),
  'root-2-of-thieves': signed({ version: 2, root: role(thieves, 1) }, thieves),
  'root-2-of-thieves-and-two': signed({ version: 2, root: role(thieves, 1) }, [...thieves, ada, bo]),
  'root-2-new-people-did-not-sign': signed({ version: 2, root: role([fay, ci, clock], 3) }, [ada, bo, cleo]),
  'root-2-changed-after': signed({ version: 2 }, [ada, bo, cleo]).replace('"version": 2', '"version": 2, "x": 1'),
  'root-1-two-keys-of-one-person': signed({ version: 1, root: role([ada, adaAgain, bo, cleo, dan], 3) }, [
    ada,
    adaAgain,
    bo,
  ]),
  'root-2-expired': signed({ version: 2, expires: later(NOW, -hours(1)) }, [ada, bo, cleo]),
  'root-3-after-expired': signed({ version: 3 }, [ada, bo, cleo]),
  'root-2-other-clock': signed({ version: 2, head: role([clockAfter]) }, [ada, bo, cleo]),
  'head-5-at-40': headText(head(5, 40)),
  'head-6-at-41': headText(head(6, 41)),
  'head-4-at-39': headText(head(4, 39)),
  'head-6-at-39': headText(head(6, 39)),
  'head-5-at-41': headText(head(5, 41)),
  'head-6-fork': headText(head(6, 41, { digest: entryOf(41, 'fork') })),
  'head-6-by-thieves': headText(head(6, 41), thieves),
  'head-far-ahead': headText(head(2_147_483_647, 41, { expires: later(NOW, hours(24 * 3_650)) })),
  'head-6-other-clock': headText(head(6, 41), [clockAfter]),
  'root-as-head': signedBy(rootSigned(rootFor({ version: 6 })), [clock]),
};

type Log = { readonly entries: number; readonly forkedAt: number | null };
type Step = {
  readonly give: 'root' | 'head';
  readonly document: string;
  readonly expect: 'believed' | 'unreadable' | readonly string[];
  readonly now?: Instant;
  readonly log?: Log;
};

const root = (document: string, expect: Step['expect'] = 'believed'): Step => ({ give: 'root', document, expect });
const look = (document: string, expect: Step['expect'] = 'believed', more: Partial<Step> = {}): Step => ({
  give: 'head',
  document,
  expect,
  ...more,
});

const TOO_FEW = ['too-few-signatures'];
const BEGIN = [root('root-1'), look('head-5-at-40')];
const tomorrow = later(NOW, hours(24));

const SCENARIOS: readonly { readonly name: string; readonly steps: readonly Step[] }[] = [
  {
    name: 'chain: five roots, 3 of 5, others each time, one replaced, a higher threshold',
    steps: ['root-1', 'root-2', 'root-3-fay-for-eve', 'root-4', 'root-5-four-of-five'].map((it) => root(it)),
  },
  { name: 'chain: all five sign', steps: [root('root-1'), root('root-2-all-five')] },
  { name: 'threshold: two of five', steps: [root('root-1'), root('root-2-by-two', [...TOO_FEW, ...TOO_FEW])] },
  {
    name: 'threshold: two of five and strangers',
    steps: [root('root-1'), root('root-2-by-two-and-a-stranger', [...TOO_FEW, ...TOO_FEW])],
  },
  { name: 'threshold: one signature twice', steps: [root('root-1'), root('root-2-one-signature-twice', 'unreadable')] },
  {
    name: 'threshold: a good signature in another name',
    steps: [root('root-1'), root('root-2-a-borrowed-name', [...TOO_FEW, ...TOO_FEW])],
  },
  { name: 'threshold: two keys of one person count once', steps: [root('root-1-two-keys-of-one-person', TOO_FEW)] },
  {
    name: 'arbitrary software: thieves make a root of their own',
    steps: [root('root-1'), root('root-2-of-thieves', TOO_FEW)],
  },
  {
    name: 'arbitrary software: thieves with two keys of the old root',
    steps: [root('root-1'), root('root-2-of-thieves-and-two', TOO_FEW)],
  },
  {
    name: 'rotation: the new people have not signed',
    steps: [root('root-1'), root('root-2-new-people-did-not-sign', TOO_FEW)],
  },
  {
    name: 'a root that was changed after it was signed',
    steps: [root('root-1'), root('root-2-changed-after', [...TOO_FEW, ...TOO_FEW])],
  },
  { name: 'rollback: an older root', steps: [root('root-1'), root('root-2'), root('root-1', ['wrong-version'])] },
  { name: 'rollback: the same root again', steps: [root('root-1'), root('root-2'), root('root-2', ['wrong-version'])] },
  { name: 'a root is left out', steps: [root('root-1'), root('root-3-fay-for-eve', ['wrong-version'])] },
  { name: 'rollback: an older head', steps: [...BEGIN, look('head-4-at-39', ['rolled-back', 'rolled-back'])] },
  { name: 'rollback: a newer head of a shorter log', steps: [...BEGIN, look('head-6-at-39', ['rolled-back'])] },
  { name: 'rollback: the head in its place changed', steps: [...BEGIN, look('head-5-at-41', ['changed-in-place'])] },
  { name: 'what is newer is believed', steps: [...BEGIN, look('head-6-at-41'), look('head-6-at-41')] },
  {
    name: 'freeze: the head that was seen, a day later',
    steps: [...BEGIN, look('head-5-at-40', ['expired'], { now: tomorrow })],
  },
  {
    name: 'freeze: an expired root',
    steps: [root('root-1'), root('root-2-expired'), look('head-5-at-40', ['expired'])],
  },
  {
    name: 'freeze: an expired root in the middle of a chain does no harm',
    steps: [root('root-1'), root('root-2-expired'), root('root-3-after-expired'), look('head-5-at-40')],
  },
  {
    name: 'mix and match: a log that is shorter than what was signed',
    steps: [...BEGIN, look('head-6-at-41', ['entry-missing'], { log: { entries: 40, forkedAt: null } })],
  },
  {
    name: 'mix and match: a log with other entries than were signed',
    steps: [...BEGIN, look('head-6-at-41', ['entry-differs'], { log: { entries: 50, forkedAt: 41 } })],
  },
  {
    name: 'mix and match: a signed log without what was seen before',
    steps: [...BEGIN, look('head-6-fork', ['entry-differs'], { log: { entries: 50, forkedAt: 30 } })],
  },
  { name: 'wrong key: a head by thieves', steps: [...BEGIN, look('head-6-by-thieves', TOO_FEW)] },
  { name: 'wrong type: a root in the place of a head', steps: [...BEGIN, look('root-as-head', ['wrong-type'])] },
  {
    name: 'fast-forward: a thief signs a head far ahead; without a new key nothing that is newer is believed',
    steps: [...BEGIN, look('head-far-ahead'), look('head-6-at-41', ['rolled-back'])],
  },
  {
    name: 'fast-forward: with a new key of the head the far one is forgotten, and the thief signs no more',
    steps: [
      ...BEGIN,
      look('head-far-ahead'),
      root('root-2-other-clock'),
      look('head-far-ahead', TOO_FEW),
      look('head-6-other-clock'),
    ],
  },
];

const LOG: Log = { entries: 50, forkedAt: null };

const steps = (all: readonly Step[]): readonly object[] =>
  all.map((it) => ({ ...it, now: sayUtc(it.now ?? NOW), log: it.log ?? LOG }));

console.log(
  JSON.stringify(
    {
      about:
        'Scenarios after the attacks of The Update Framework 1.0: documents, the order in which a reader gets them, and what it must say. The entry `seq` of the log has the SHA-256 of `main <seq>`, from `forkedAt` on that of `fork <seq>`. Made by test/codex/makeScenarios.ts.',
      documents: Object.fromEntries(Object.entries(DOCUMENTS).map(([name, text]) => [name, JSON.parse(text)])),
      scenarios: SCENARIOS.map(({ name, steps: all }) => ({ name, steps: steps(all) })),
    },
    null,
    1,
  ),
);
