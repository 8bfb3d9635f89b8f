// The nouns that the page shows, as they come over the wire.

import type { AnswerOf } from '#api/routes.ts';

export type TownView = AnswerOf<'town'>;
/** The town without its services. */
export type TownSummary = Omit<TownView, 'services'>;
export type ServiceView = AnswerOf<'service'>;
export type CheckView = ServiceView['checks'][number];
export type SampleView = CheckView['strip'][number];
export type HealthState = ServiceView['health'];
export type ActionView = ServiceView['actions'][number];
export type Reason = ServiceView['reasons'][number];
export type IncidentView = TownView['incidents'][number];
export type ApprovalView = TownView['approvals'][number];
export type EvidenceRecord = AnswerOf<'evidence'>['records'][number];
export type Verification = AnswerOf<'verifyEvidence'>;
export type Figures = AnswerOf<'figures'>;
export type Explanation = AnswerOf<'explain'>;
export type Answer = AnswerOf<'answer'>;
export type SeriesRange = AnswerOf<'seriesRange'>;
export type SeriesStep = SeriesRange['steps'][number];
export type TargetView = AnswerOf<'target'>;
export type TargetState = TargetView['state'];
export type BurndownView = AnswerOf<'burndown'>;
export type AlertsView = AnswerOf<'alerts'>;
export type RawAlert = AlertsView['alerts'][number];
export type Suppression = AlertsView['suppressions'][number];
export type Reach = AnswerOf<'reach'>['reach'][number];
export type HealthScore = ServiceView['score'];
export type Anomaly = AnswerOf<'anomalies'>['anomalies'][number];
export type CauseCandidate = AnswerOf<'causes'>['causes'][number];
export type CodexItems = AnswerOf<'codex'>;
export type CodexItemBrief = CodexItems['items'][number];
export type CodexItem = AnswerOf<'codexItem'>;
export type RevisionView = CodexItem['versions'][number];
export type RevisionState = RevisionView['state'];
export type AttestationView = RevisionView['attestations'][number];
export type DeedView = CodexItem['history'][number];
export type CodexDiff = AnswerOf<'codexDiff'>;
export type FieldView = CodexDiff['fields'][number];
export type CodexContent = AnswerOf<'codexContent'>;
