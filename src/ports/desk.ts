// Desk: where people and programs ask. The server stands behind it, the daemon answers.

import type { Actor } from '#kernel/actor.ts';
import type { EvidenceCheckpoint, EvidenceRecord, ProvenRecord } from '#kernel/evidence.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Answer, Request } from '#kernel/message.ts';
import type { Problem } from '#kernel/problem.ts';
import type { Reach, Reality } from '#kernel/standing.ts';
import type { ReleaseView } from '#kernel/release.ts';
import type { CauseCandidate } from '#kernel/suspect.ts';
import type { AlertsView, Explanation, OwnFigures, ServiceView, TownSummaryView, TownView } from '#kernel/view.ts';
import type { TargetId } from '#kernel/target.ts';
import type { AnomaliesView } from '#kernel/anomaly.ts';
import type { SeriesKey } from '#kernel/series.ts';
import type { SeriesRangeView, SeriesView } from '#kernel/seriesView.ts';
import type { SourceView } from '#kernel/source.ts';
import type { DurationMs } from '#kernel/time.ts';
import type { BurndownView, TargetView } from '#kernel/targetView.ts';
import type { Span } from './metrics.ts';
import type { EvidenceQuery } from './store.ts';

/** What has changed; listeners fetch what they need. Service changes are told at most once a tick. */
export type Change =
  | { readonly kind: 'service'; readonly service: ServiceView }
  | { readonly kind: 'town' }
  | { readonly kind: 'evidence'; readonly record: EvidenceRecord };

export type Verification = {
  readonly isIntact: boolean;
  readonly records: number;
  /** First bad sequence number; null when intact. */
  readonly badSeq: number | null;
  readonly detail: string;
};

/** A record proven alone, or why it cannot be: `not-found` or `evidence-broken`. */
export type Proving =
  { readonly kind: 'proven'; readonly proven: ProvenRecord } | { readonly kind: 'refused'; readonly problem: Problem };

export type SeriesAsked = { readonly key: SeriesKey; readonly span: Span; readonly stepMs: DurationMs };

/** One asking: who asks what, under which key. */
export type Ask = {
  readonly by: Actor;
  readonly request: Request;
  /** Repeating a key repeats the answer and nothing else; null: the desk makes a new one. */
  readonly askKey: string | null;
  readonly isDryRun: boolean;
};

export interface Desk {
  /** Of one service, or of all. */
  targets(of: ServiceId | null): readonly TargetView[];
  /** A target by its id, `api.availability`; null: no such target. */
  target(id: TargetId): TargetView | null;
  /** How the budget of a target's window came to what it is; null: no such target. */
  burndown(id: TargetId): BurndownView | null;
  town(): TownView;
  summary(): TownSummaryView;
  service(id: ServiceId): ServiceView | null;
  /** A service, `gate`, `startup`, an incident's number, or an action's key. Null: no such thing. */
  explain(subject: string): Explanation | null;
  /** Along `needs`, from one service or from all. */
  reach(from: ServiceId | null): readonly Reach[];
  reality(): Reality;
  /** What is in trouble now, one candidate for an incident for each cause. */
  causes(): readonly CauseCandidate[];
  /** Releases that were marked or seen, newest first; of one service, or of all. */
  deployments(of: ServiceId | null): readonly ReleaseView[];
  alerts(): AlertsView;
  /** Sources of metrics, as declared. */
  sources(): readonly SourceView[];
  anomalies(): AnomaliesView;
  /** All series that are kept. */
  series(): readonly SeriesView[];
  /** The steps of one series; null: no such series. It is read in slices, between which other work is done. */
  seriesRange(asked: SeriesAsked): Promise<SeriesRangeView | null>;
  evidence(query: EvidenceQuery): readonly EvidenceRecord[];
  checkpoints(): readonly EvidenceCheckpoint[];
  prove(seq: number): Proving;
  verifyEvidence(report: (verification: Verification) => void): void;
  /** Puts the request to its machine; answers after its step was committed. With `isDryRun` nothing is put to any machine. */
  ask(ask: Ask, report: (answer: Answer) => void): void;
  /** What has become of an earlier request; null when it is unknown. */
  answer(askKey: string): Answer | null;
  subscribe(listener: (change: Change) => void): () => void;
  figures(): OwnFigures;
}
