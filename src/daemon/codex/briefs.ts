// Briefs: revisions, items and deeds of the codex as they are shown, each judged by its signatures at that moment.

import { wasBlessed, type Item, type Revision } from '#duties/codex/revision.ts';
import type { CodexDeed, CodexRecord } from '#kernel/codex.ts';
import type {
  CodexItemBrief,
  CopyBrief,
  DeedView,
  EvaluationView,
  PassCount,
  RevisionBrief,
  RevisionView,
  RootView,
} from '#kernel/codexView.ts';
import { ProblemError } from '#kernel/problem.ts';
import type { Instant } from '#kernel/time.ts';
import { sayVerdict } from '#kernel/trust.ts';
import { keysOf } from '#duties/codex/trust/signers.ts';
import { attestationsOf, blessersIn } from './attested.ts';
import type { KeptEvaluation } from '#duties/codex/evaluated.ts';
import { evaluationsWith } from './gate.ts';
import { lookAtQuality } from './quality.ts';
import { verdictOn } from './deeds.ts';
import { contentWith, type CodexDesk } from './desk.ts';

export const rootView = ({ chain }: CodexDesk): RootView | null => {
  const root = chain.root();
  if (root === null) return null;
  const owners = keysOf(root, root.roles.blessing).flatMap(({ owner }) => (owner === null ? [] : [owner]));
  return {
    version: root.version,
    expires: root.expires,
    blessers: [...new Set(owners)],
    threshold: root.roles.blessing.threshold,
  };
};

/** Throws ProblemError: `codex-damaged`, `store-unusable`. */
export const briefOf = (desk: CodexDesk, { ref, state, at, by }: Revision, now: Instant): RevisionBrief => {
  const verdict = wasBlessed({ state }) ? verdictOn(desk, ref, now) : null;
  const blessedBy = verdict?.kind === 'blessed' ? blessersIn(verdict) : [];
  return { version: ref.version, digest: ref.digest, state, at, by: by.name, blessedBy };
};

/** Throws ProblemError: `codex-damaged`, `store-unusable`. */
export const revisionView = (desk: CodexDesk, item: Item, revision: Revision, now: Instant): RevisionView => {
  const verdict = verdictOn(desk, revision.ref, now);
  const tags = [...item.tags].filter(([, version]) => version === revision.ref.version).map(([tag]) => tag);
  return {
    ...briefOf(desk, revision, now),
    parent: revision.parent,
    restores: revision.restores,
    why: revision.why,
    verdict: { kind: verdict.kind, said: verdict.reasons.map(sayVerdict) },
    attestations: attestationsOf(desk, { item, revision, now }),
    evaluations: evaluationsWith(desk, revision.ref).map(evaluationView),
    standing: wasBlessed(revision) ? [] : lookAtQuality(desk, revision, now).standing,
    tags: tags.toSorted(),
  };
};

const countOf = (rate: PassCount | null): PassCount | null =>
  rate === null ? null : { passed: rate.passed, total: rate.total };

const evaluationView = ({ record, deed, report }: KeptEvaluation): EvaluationView => ({
  seq: record.seq,
  at: record.at,
  by: record.by.name,
  version: deed.revision.version,
  verdict: deed.verdict,
  numbers:
    report === null
      ? null
      : {
          suite: report.suite,
          against: report.against?.version ?? null,
          always: report.always.length,
          sometimes: report.sometimes.length,
          never: report.never,
          why: report.verdict.why,
          candidate: countOf(report.verdict.compared?.candidate ?? null),
          blessed: countOf(report.verdict.compared?.blessed ?? null),
          pairs: report.verdict.compared?.pairs ?? 0,
          pairsAsked: report.pairsAsked,
          endpoint: report.endpoint,
        },
});

type Told<Value> =
  { readonly kind: 'told'; readonly value: Value } | { readonly kind: 'trouble'; readonly why: string };

/** What is damaged in one item is told of that item; the others are shown. */
export const troubled = <Value>(work: () => Value): Told<Value> => {
  try {
    return { kind: 'told', value: work() };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { kind: 'trouble', why: error.problems.map(({ message }) => message).join('; ') };
  }
};

const plainBrief = ({ ref, state, at, by }: Revision): RevisionBrief => ({
  version: ref.version,
  digest: ref.digest,
  state,
  at,
  by: by.name,
  blessedBy: [],
});

/** What the watch over deployed copies knows of an item; null: there is no such watch. */
export type CopiesOf = (item: string) => readonly CopyBrief[] | null;

/** Without what the watch over copies knows. */
export const itemBrief = (desk: CodexDesk, item: Item, now: Instant): CodexItemBrief | null => {
  const newest = item.revisions.at(-1);
  const last = item.records.at(-1);
  if (newest === undefined || last === undefined) return null;
  const active = item.active === null ? undefined : item.revisions[item.active - 1];
  const title = troubled(() => contentWith(desk, (active ?? newest).ref.digest).content.title);
  const standing = troubled(() => active && briefOf(desk, active, now));
  const troubles = [title, standing].flatMap((it) => (it.kind === 'trouble' ? [it.why] : []));
  return {
    item: item.item,
    title: title.kind === 'told' ? title.value : null,
    versions: item.revisions.length,
    active:
      active === undefined ? null : standing.kind === 'told' && standing.value ? standing.value : plainBrief(active),
    newest: newest === active && standing.kind === 'told' && standing.value ? standing.value : plainBrief(newest),
    tags: Object.fromEntries(item.tags),
    changedAt: last.at,
    copies: null,
    trouble: troubles.length === 0 ? null : troubles.join('; '),
  };
};

const detailOf = (deed: CodexDeed): string | null => {
  switch (deed.kind) {
    case 'exported':
      return deed.restores === null ? null : `the content of version ${deed.restores}`;
    case 'attested':
      return deed.predicate;
    case 'tagged':
    case 'untagged':
      return deed.tag;
    default:
      return null;
  }
};

export const deedView = ({ seq, at, by, deed, hash }: CodexRecord): DeedView => ({
  seq,
  at,
  by: by.name,
  kind: deed.kind,
  version: 'revision' in deed ? deed.revision.version : null,
  detail: detailOf(deed),
  why: 'why' in deed ? deed.why : null,
  hash,
});
