// The chronicle: every entry of the codex's log enters the evidence once, with who did it and who signed it.
//
// The command line writes to the codex without a running Sereno, and only the watchman writes evidence. So he reads the log,
// and remembers here how far: the position is committed together with the records, so that nothing is written twice and
// nothing is left out, whenever he is killed. What he was away for he writes down when he is back.
//
// He is a witness too: an entry that was written down is never another one. A log that is shorter or tells another story is a
// finding until it is as it was, or until a person has signed that the loss is accepted.
//
// No state waits for anything: the log is looked at by the clock of the daemon, and each look is an event.

import type { CodexDeed, CodexRecord, Digest, RootEnding, Witnessed, WitnessedHead } from '#kernel/codex.ts';
import { GENESIS_DIGEST } from '#kernel/codex.ts';
import { SERENO } from '#kernel/actor.ts';
import type { Effect } from '#kernel/effect.ts';
import type { Event } from '#kernel/event.ts';
import type { EvidenceDraft, Json } from '#kernel/evidence.ts';
import type { Finding } from '#kernel/finding.ts';
import type { OwnView } from '#kernel/own.ts';
import { ALERTS, CODEX } from '#kernel/site.ts';
import type { Machine, Stepped } from '#kernel/step.ts';
import type { Instant } from '#kernel/time.ts';
import { endingKey, endingNews } from './rootEnding.ts';

export type Chronicle = {
  /** The last entry that stands in the evidence. */
  readonly seq: number;
  readonly hash: Digest;
  /** The newest signed head that stands in the evidence; 0: none. */
  readonly headVersion: number;
  /** What is wrong with the log, since when; null: nothing is. */
  readonly trouble: { readonly what: string; readonly since: Instant } | null;
  /** The ending of a root that was told last: `2 soon`, `2 over`. Not there: none, nor in what an older Sereno has stored. */
  readonly rootEnding?: string;
  /** How Sereno's own configuration stood when it was last written down: `sereno_config 3f2a… blessed`. */
  readonly own: readonly string[];
};

const FIRST: Chronicle = { seq: 0, hash: GENESIS_DIGEST, headVersion: 0, trouble: null, own: [] };

type Turn = Stepped<Chronicle>;

/** Makes the chronicle. It needs nothing of the site: what the codex holds says its log. */
export const makeChronicle = (): Machine<Chronicle> => ({
  id: CODEX,
  initial: FIRST,
  step: (state, event) => step({ state, effects: [] }, event),
  expects: () => [],
});

const step = (turn: Turn, event: Event): Turn => {
  switch (event.kind) {
    case 'codex-grew':
      return event.entries.reduce((next, entry) => take(next, entry, event.at), turn);
    case 'codex-looked':
      return lookedAt(turn, event.trouble, event.head, event.at);
    case 'codex-root':
      return takeRootEnding(turn, event.ending, event.at);
    case 'codex-own':
      return takeOwn(turn, event.own, { isStrict: event.isStrict, at: event.at });
    default:
      return turn;
  }
};

const go = (turn: Turn, change: Partial<Chronicle>, effects: readonly Effect[]): Turn => ({
  state: { ...turn.state, ...change },
  effects: [...turn.effects, ...effects],
});

type Note = Pick<EvidenceDraft, 'type' | 'trigger'> &
  Partial<Pick<EvidenceDraft, 'action' | 'outcome' | 'refs' | 'actor'>>;

const record = (at: Instant, note: Note): Effect => ({
  kind: 'record',
  evidence: {
    at,
    actor: note.actor ?? { kind: SERENO.kind, name: SERENO.name },
    machine: CODEX,
    type: note.type,
    trigger: note.trigger,
    action: note.action ?? null,
    outcome: note.outcome ?? null,
    refs: note.refs ?? {},
  },
});

/** One entry. What stands in the evidence already is passed over; what does not follow it is not believed. */
const take = (turn: Turn, { record: entry, signers }: Witnessed, at: Instant): Turn => {
  const { seq, hash } = turn.state;
  if (entry.seq <= seq) return turn;
  if (entry.seq !== seq + 1 || entry.prev !== hash) return turn;
  return go(turn, { seq: entry.seq, hash: entry.hash }, [record(at, noteOf(entry, signers))]);
};

const noteOf = (entry: CodexRecord, signers: readonly string[]): Note => {
  const { deed, by, seq, hash, at } = entry;
  return {
    type: `codex.${deed.kind}`,
    actor: { kind: by.kind, name: by.name },
    trigger: whyOf(deed) ?? 'the log of the codex has grown',
    action: sayDeed(deed),
    outcome: signers.length === 0 ? null : `signed by ${signers.join(', ')}`,
    refs: { entry: seq, hash, at, signers, ...refsOf(deed) },
  };
};

const whyOf = (deed: CodexDeed): string | null =>
  'why' in deed && deed.why !== null && deed.why !== '' ? deed.why : null;

const nameOf = (deed: CodexDeed): string =>
  'revision' in deed ? `${deed.revision.item}@${deed.revision.version}` : '';

/** A deed without words of its own is written down all the same: nothing is left out of the evidence. */
const sayOther = (deed: CodexDeed): string => `${deed.kind} ${nameOf(deed)}`.trimEnd();

/** What was done, as a person says it. */
export const sayDeed = (deed: CodexDeed): string => {
  switch (deed.kind) {
    case 'exported':
      return deed.restores === null
        ? `export ${nameOf(deed)}`
        : `roll ${deed.revision.item} back to the content of version ${deed.restores}, as ${nameOf(deed)}`;
    case 'submitted':
      return `submit ${nameOf(deed)}`;
    case 'rejected':
      return `reject ${nameOf(deed)}`;
    case 'attested':
      return `sign ${nameOf(deed)}: ${deed.predicate}`;
    case 'evaluated':
      return `evaluate ${nameOf(deed)}: ${deed.verdict}`;
    case 'waived':
      return `waive the quality of ${nameOf(deed)}`;
    case 'schema-registered':
      return `register the schema ${deed.id} (${deed.compatibility})`;
    case 'activated':
      return `activate ${nameOf(deed)}`;
    case 'revoked':
      return `revoke ${nameOf(deed)}`;
    case 'tagged':
      return `tag ${nameOf(deed)} ${deed.tag}`;
    case 'untagged':
      return `remove the tag ${deed.tag} of ${deed.item}`;
    case 'trusted':
      return `trust root ${deed.version}`;
    case 'collected':
      return `collect ${deed.objects.length} objects`;
    default:
      return sayOther(deed);
  }
};

const refsOf = (deed: CodexDeed): { readonly [key: string]: Json } => {
  const revision = 'revision' in deed ? deed.revision : null;
  return {
    ...(revision === null ? {} : { item: revision.item, version: revision.version, digest: revision.digest }),
    ...(deed.kind === 'attested' ? { predicate: deed.predicate } : {}),
    ...('envelope' in deed ? { envelope: deed.envelope } : {}),
    ...(deed.kind === 'tagged' || deed.kind === 'untagged' ? { tag: deed.tag } : {}),
    ...(deed.kind === 'trusted' ? { root: deed.root, version: deed.version } : {}),
    ...(deed.kind === 'collected' ? { objects: deed.objects.length } : {}),
  };
};

const TROUBLE_KEY = 'drift:codex-log';

type Trouble = NonNullable<(Event & { readonly kind: 'codex-looked' })['trouble']>;

const lookedAt = (turn: Turn, trouble: Trouble | null, head: WitnessedHead | null, at: Instant): Turn => {
  const rewound = trouble === null || trouble.isOld ? turn : takeLoss(turn, head, at);
  const isAccepted = rewound !== turn;
  const noted = head === null || isAccepted ? rewound : takeHead(rewound, head, at);
  return settle(noted, isAccepted ? null : trouble, at);
};

/** A head says how long the log was: with it in the evidence, neither can be cut off alone. */
const takeHead = (turn: Turn, head: WitnessedHead, at: Instant): Turn => {
  if (head.version <= turn.state.headVersion) return turn;
  const by = head.by.length === 0 ? 'the key of the codex' : head.by.join(', ');
  const note = {
    type: 'codex.head',
    trigger: `head ${head.version} was signed`,
    outcome: `entry ${head.seq} ends the log, signed by ${by}`,
    refs: { head: head.version, entry: head.seq, hash: head.digest, signers: head.by },
  };
  return go(turn, { headVersion: head.version }, [record(at, note)]);
};

/** Entries that stand in the evidence are gone, and a person has signed that the log goes on without them. */
const takeLoss = (turn: Turn, head: WitnessedHead | null, at: Instant): Turn => {
  const { seq, hash, headVersion } = turn.state;
  if (head === null || head.why === null || head.by.length === 0 || head.version <= headVersion) return turn;
  const note = {
    type: 'codex.loss-accepted',
    trigger: head.why,
    action: `take the log up at entry ${head.seq}; entry ${seq} stood in the evidence`,
    outcome: `signed by ${head.by.join(', ')}`,
    refs: { head: head.version, entry: head.seq, hash: head.digest, lost: { entry: seq, hash }, signers: head.by },
  };
  return go(turn, { seq: head.seq, hash: head.digest, headVersion: head.version }, [record(at, note)]);
};

const settle = (turn: Turn, now: Trouble | null, at: Instant): Turn => {
  const { trouble } = turn.state;
  if (now === null && trouble === null) return turn;
  if (now === null) {
    const how = 'the log of the codex is as it was read before';
    return go(turn, { trouble: null }, [
      record(at, { type: 'codex.whole', trigger: how }),
      { kind: 'tell', to: ALERTS, message: { kind: 'found-over', key: TROUBLE_KEY, how } },
    ]);
  }
  if (trouble?.what === now.what) return turn;
  const since = trouble?.since ?? at;
  const found = findingOf(TROUBLE_KEY, `the codex is not to be believed: ${now.what}`, since);
  const finding: Finding = now.isOld ? { ...found, severityHint: 'SEV3' } : found;
  const doubted = record(at, { type: 'codex.doubted', trigger: now.what, outcome: 'nothing new of it is believed' });
  const told: Effect = { kind: 'tell', to: ALERTS, message: { kind: 'found', finding } };
  return go(turn, { trouble: { what: now.what, since } }, now.isTold === true ? [doubted] : [doubted, told]);
};

const findingOf = (key: string, title: string, since: Instant): Finding => ({
  key,
  kind: 'drift',
  service: null,
  target: null,
  severityHint: 'SEV2',
  since,
  title,
  reasons: [],
});

/** A root that ends stands in the evidence once a month before, once when it has ended, and when the next one is there. */
const takeRootEnding = (turn: Turn, ending: RootEnding | null, at: Instant): Turn => {
  const { rootEnding: known = null, ...others } = turn.state;
  const now = ending === null ? null : endingKey(ending);
  const news = endingNews(known, ending, at);
  if (now === known) return go(turn, {}, news);
  const type = ending === null ? 'codex.root-renewed' : ending.isOver ? 'codex.root-ended' : 'codex.root-ending';
  const note = record(at, { type, trigger: ending?.says ?? 'the root of trust in force has time' });
  const state: Chronicle = now === null ? others : { ...others, rootEnding: now };
  return { state, effects: [...turn.effects, note, ...news] };
};

const lineOf = ({ item, digest, state, version, until }: OwnView): string =>
  `${item} ${digest} ${state} ${version ?? 'none'} ${until ?? ''}`;

const OWN_KEY = 'drift:codex-own';

type Strictness = { readonly isStrict: boolean; readonly at: Instant };

/** Written down when it is another one, or stands otherwise; not at every start. People hear what runs unblessed where it must not. */
const takeOwn = (turn: Turn, own: readonly OwnView[], { isStrict, at }: Strictness): Turn => {
  const lines = own.map(lineOf);
  const known = turn.state.own;
  if (lines.length === known.length && lines.every((line) => known.includes(line))) return turn;
  const changed = own.filter((view) => !known.includes(lineOf(view)));
  const records = changed.map((view) => record(at, ownNote(view)));
  const undeclared = { type: 'codex.own-undeclared', trigger: 'nothing of it must be blessed any more' };
  const over = own.length === 0 ? [record(at, undeclared)] : [];
  return go(turn, { own: lines }, [...records, ...over, ownNews(own, { isStrict, at })]);
};

const ownNote = (view: OwnView): Note => ({
  type: `codex.own-${view.state}`,
  trigger: `${view.kind} ${view.digest}`,
  outcome: view.headline,
  refs: { item: view.item, digest: view.digest, version: view.version, by: view.by, until: view.until },
});

const ownNews = (own: readonly OwnView[], { isStrict, at }: Strictness): Effect => {
  const bad = isStrict ? own.filter(({ state }) => state !== 'blessed') : [];
  const how = 'what runs is what was blessed';
  if (bad.length === 0) return { kind: 'tell', to: ALERTS, message: { kind: 'found-over', key: OWN_KEY, how } };
  const title = `Sereno's own configuration: ${bad.map(({ headline }) => headline).join('; ')}`;
  return { kind: 'tell', to: ALERTS, message: { kind: 'found', finding: findingOf(OWN_KEY, title, at) } };
};
