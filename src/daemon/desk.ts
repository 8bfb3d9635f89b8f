// The desk: answers people and programs from the machines, and puts their requests to them. // decoder

import { randomUUID } from 'node:crypto';
import type { ActionRequest } from '#kernel/action.ts';
import { serviceId, type MachineId, type ServiceId } from '#kernel/id.ts';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { Answer } from '#kernel/message.ts';
import { ALERTS, findService, GATE, INCIDENTS, RELEASES, STARTUP, watchMachine } from '#kernel/site.ts';
import type { Service } from '#kernel/service.ts';
import type { TargetId } from '#kernel/target.ts';
import type { Instant } from '#kernel/time.ts';
import type { Reach, Reality, Streak } from '#kernel/standing.ts';
import type { CauseCandidate } from '#kernel/suspect.ts';
import type { AlertsView, Explanation, OwnFigures, TownSummaryView, TownView } from '#kernel/view.ts';
import type { Ask, Change, Desk, SeriesAsked, Verification } from '#ports/desk.ts';
import type { EvidenceQuery, Store } from '#ports/store.ts';
import type { Clock } from '#ports/clock.ts';
import type { SeriesStore } from '#ports/metrics.ts';
import { chartOf, seriesView } from '#loop/chart.ts';
import type { Engine } from '#loop/engine.ts';
import { budgetOf, foresee } from '#loop/gatePermit.ts';
import { FIRST_GATE, type Gate } from '#loop/gateState.ts';
import { FIRST_ALERTS } from '#loop/alertsState.ts';
import { radiusOf } from '#loop/watchRemedy.ts';
import { firstWatch } from '#loop/watchState.ts';
import { changesNow } from './changes.ts';
import { causesNow, claimsNow, reachNow, realityNow } from './standing.ts';
import { Bulletin } from './bulletin.ts';
import { inTurns } from './inTurns.ts';
import { releaseViews } from './releases.ts';
import { StreakBook } from './streakBook.ts';
import { alertsView } from '#loop/alertsView.ts';
import { alertsOf, answerOf, gateOf, incidentsOf, watchOf } from './states.ts';
import {
  gateHeadline,
  groundsOf,
  sentences,
  serviceView,
  townSummary,
  townView,
  type Sources,
  type StoreTrouble,
  type Surroundings,
} from './views.ts';

const EXPLAINED_RECORDS = 20;

export type DeskParts = {
  readonly engine: () => Engine;
  readonly store: Store;
  readonly metrics: SeriesStore;
  readonly clock: Clock;
  readonly version: string;
  readonly verify: (report: (verification: Verification) => void) => void;
  readonly prove: Desk['prove'];
  readonly ownFigures: () => Pick<OwnFigures, 'startedAt' | 'loopLagMs' | 'memoryBytes' | 'storeFailures'>;
  readonly configProblem: () => string | null;
  /** How Sereno's own configuration stands to what was blessed; empty: nothing of it must be. */
  readonly own: () => TownView['own'];
  readonly codexNotices: () => TownView['codexNotices'];
  readonly storeTrouble: () => StoreTrouble | null;
  readonly sources: Desk['sources'];
  readonly standbyOf: (service: ServiceId) => string | null;
  /** How the targets of a service are; empty: it has none, or nothing judges them. */
  readonly targetsOf: Sources['targetsOf'];
};

export class FrontDesk implements Desk {
  readonly #parts: DeskParts;
  readonly #bulletin: Bulletin;
  #lastSeq = 0;
  #verified: { readonly isIntact: boolean; readonly at: Instant } | null = null;
  readonly #streaks: StreakBook;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#bulletin = new Bulletin({
      clock: parts.clock,
      services: () => parts.engine().site().services,
      view: (id) => this.service(id),
    });
    this.#streaks = new StreakBook(parts.store);
  }

  town(): TownView {
    return townView(this.#sources(), this.#surroundings());
  }

  summary(): TownSummaryView {
    return townSummary(this.#sources(), this.#surroundings());
  }

  service(id: ServiceId): ReturnType<Desk['service']> {
    const service = findService(this.#parts.engine().site(), id);
    return service === null ? null : serviceView(this.#sources(), service);
  }

  explain(subject: string): Explanation | null {
    const view = this.service(serviceId(subject));
    if (view !== null) {
      const why = sentences(view.reasons);
      return this.#explanation(subject, watchMachine(view.id), {
        headline: `${view.id} is ${view.health}: ${view.headline}`,
        why,
        reasons: view.reasons,
        lookAgainAt: view.lookAgainAt,
      });
    }
    if (subject === 'gate') {
      const gate = this.#gate();
      const reasons = gate.suspicion?.reasons ?? [];
      return this.#explanation(subject, GATE, {
        headline: gateHeadline(gate, this.#parts.storeTrouble()),
        why: sentences(reasons),
        reasons,
        lookAgainAt: null,
      });
    }
    if (subject === 'startup') {
      const { startup } = this.summary();
      const why = startup.lines.map((line) => `${line.phase}: ${line.text} (${line.tookMs} ms)`);
      const headline = `start-up: ${startup.phase}${startup.isDegraded ? ', degraded' : ''}`;
      return this.#explanation(subject, STARTUP, { headline, why, reasons: [], lookAgainAt: null });
    }
    return this.#explainIncident(subject) ?? this.#explainAction(subject);
  }

  reach(from: ServiceId | null): readonly Reach[] {
    return reachNow(groundsOf(this.#sources()), from);
  }

  reality(): Reality {
    const gate = this.#gate();
    const now = this.#parts.clock.now();
    return realityNow(groundsOf(this.#sources()), (service) => budgetOf(service, gate, now).used);
  }

  /** What is declared of one service, beside what is measured. */
  claims(service: Service): Reality['claims'] {
    const used = budgetOf(service, this.#gate(), this.#parts.clock.now()).used;
    return claimsNow(groundsOf(this.#sources()), [service], () => used);
  }

  causes(): readonly CauseCandidate[] {
    const { engine, store, clock } = this.#parts;
    return causesNow(groundsOf(this.#sources()), () => changesNow(engine(), store, clock.now()));
  }

  deployments(of: ServiceId | null): ReturnType<Desk['deployments']> {
    return releaseViews(this.#parts.engine(), of);
  }

  alerts(): AlertsView {
    return alertsView(alertsOf(this.#parts.engine()) ?? FIRST_ALERTS, this.#parts.clock.now());
  }

  sources(): ReturnType<Desk['sources']> {
    return this.#parts.sources();
  }

  targets(of: ServiceId | null): ReturnType<Desk['targets']> {
    return this.#parts.engine().judging.views(of);
  }

  target(id: TargetId): ReturnType<Desk['target']> {
    return this.#parts.engine().judging.view(id);
  }

  anomalies(): ReturnType<Desk['anomalies']> {
    return this.#parts.engine().anomalies.view();
  }

  series(): ReturnType<Desk['series']> {
    const now = this.#parts.clock.now();
    return this.#parts.metrics.list().map((status) => seriesView(status, now));
  }

  seriesRange(asked: SeriesAsked): ReturnType<Desk['seriesRange']> {
    return inTurns(chartOf(this.#parts.metrics, asked, this.#parts.clock.now()));
  }

  burndown(id: TargetId): ReturnType<Desk['burndown']> {
    return this.#parts.engine().judging.burndown(id);
  }

  evidence(query: EvidenceQuery): readonly EvidenceRecord[] {
    return this.#parts.store.evidence(query);
  }

  checkpoints(): ReturnType<Desk['checkpoints']> {
    return this.#parts.store.checkpoints();
  }

  prove(seq: number): ReturnType<Desk['prove']> {
    return this.#parts.prove(seq);
  }

  verifyEvidence(report: (verification: Verification) => void): void {
    this.#parts.verify((verification) => {
      const wasIntact = this.#verified?.isIntact ?? true;
      this.#verified = { isIntact: verification.isIntact, at: this.#parts.clock.now() };
      // Intact again and again is no news; broken is, every time it is looked at.
      if (!verification.isIntact || !wasIntact) {
        const { isIntact, badSeq, detail } = verification;
        this.#parts.engine().crank.put(GATE, { kind: 'verified', isIntact, badSeq, detail });
      }
      this.townMoved();
      report(verification);
    });
  }

  ask(ask: Ask, report: (answer: Answer) => void): void {
    const machine = this.#machineFor(ask);
    if (ask.isDryRun) return report(this.#foresee(ask));
    const askKey = ask.askKey ?? randomUUID();
    const earlier = this.answer(askKey);
    if (earlier !== null) return report(earlier);
    const trouble = this.#parts.storeTrouble();
    // Queued now, it would be carried out when nobody expects it any more.
    if (trouble !== null) {
      return report(
        this.#plain(askKey, 'failed', `the store does not write (${trouble.detail}); nothing was asked of anybody`),
      );
    }
    const { by, request } = ask;
    const { crank } = this.#parts.engine();
    crank.putAndTell(machine, { kind: 'asked', by, request, askKey }, () => {
      report(this.answer(askKey) ?? this.#plain(askKey, 'failed', 'the machine that was asked did not answer'));
    });
    return undefined;
  }

  answer(askKey: string): Answer | null {
    return answerOf(this.#parts.engine(), askKey);
  }

  subscribe(listener: (change: Change) => void): () => void {
    return this.#bulletin.subscribe(listener);
  }

  figures(): OwnFigures {
    const { crank, round } = this.#parts.engine();
    const probes = round.figures();
    return {
      ...this.#parts.ownFigures(),
      ...crank.figures(),
      probesTotal: probes.probesTotal,
      looksAgainTotal: probes.looksAgainTotal,
      probesInFlight: probes.inFlight,
    };
  }

  /** The daemon tells of each commit. */
  committed(moved: readonly MachineId[], records: readonly EvidenceRecord[]): void {
    this.#lastSeq = records.at(-1)?.seq ?? this.#lastSeq;
    this.#streaks.take(records);
    this.#bulletin.committed(moved, records);
  }

  townMoved(): void {
    this.#bulletin.townMoved();
  }

  startAt(lastSeq: number): void {
    this.#lastSeq = lastSeq;
  }

  close(): void {
    this.#bulletin.close();
  }

  #sources(): Sources {
    const { engine, metrics, clock, standbyOf, targetsOf } = this.#parts;
    const storeTrouble = this.#parts.storeTrouble();
    return { engine: engine(), metrics, now: () => clock.now(), storeTrouble, standbyOf, targetsOf };
  }

  #surroundings(): Surroundings {
    return {
      version: this.#parts.version,
      configProblem: this.#parts.configProblem(),
      own: this.#parts.own(),
      codexNotices: this.#parts.codexNotices(),
      evidence: {
        lastSeq: this.#lastSeq,
        isIntact: this.#verified?.isIntact ?? null,
        verifiedAt: this.#verified?.at ?? null,
      },
      streak: this.#streak(),
    };
  }

  #streak(): Streak {
    const engine = this.#parts.engine();
    const isWatched = (id: string): boolean => watchOf(engine, serviceId(id))?.wanted !== 'stopped';
    const blindSince = this.#parts.storeTrouble()?.since ?? null;
    return this.#streaks.streak(engine.site(), this.#parts.clock.now(), isWatched, blindSince);
  }

  #gate(): Gate {
    return gateOf(this.#parts.engine()) ?? FIRST_GATE;
  }

  #explanation(subject: string, machine: MachineId, it: Omit<Explanation, 'subject' | 'evidence'>): Explanation {
    const records = this.#parts.store.evidence({ machine, limit: EXPLAINED_RECORDS });
    return { subject, ...it, evidence: records.map((record) => record.seq) };
  }

  #explainIncident(subject: string): Explanation | null {
    const incidents = incidentsOf(this.#parts.engine())?.incidents ?? [];
    const incident = incidents.find((it) => it.number === subject || it.subject === subject);
    if (incident === undefined) return null;
    const headline = `${incident.number} ${incident.severity}, ${incident.status}: ${incident.title}`;
    return this.#explanation(subject, INCIDENTS, {
      headline,
      why: incident.ladder,
      reasons: [],
      lookAgainAt: incident.lookAgainAt,
    });
  }

  #explainAction(subject: string): Explanation | null {
    for (const service of this.town().services) {
      const action = service.actions.find((it) => it.key === subject);
      if (action === undefined) continue;
      const ended = action.endedAt === null ? '' : `, ended at ${new Date(action.endedAt).toISOString()}`;
      return this.#explanation(subject, watchMachine(service.id), {
        headline: `${action.action} of ${service.id} by ${action.by}: ${action.outcome}`,
        why: [
          `Trigger: ${action.trigger}`,
          `Cause: ${action.cause ?? 'a person asked'}`,
          `Outcome: ${action.outcome}${ended}`,
        ],
        reasons: [],
        lookAgainAt: null,
      });
    }
    return null;
  }

  #machineFor(ask: Ask): MachineId {
    const { request } = ask;
    if (request.kind === 'operate') return watchMachine(request.service);
    if (request.kind === 'suppress' || request.kind === 'unsuppress') return ALERTS;
    if (request.kind === 'mark-deployment') return RELEASES;
    return request.kind === 'acknowledge' ? INCIDENTS : GATE;
  }

  #plain(askKey: string, status: Answer['status'], detail: string): Answer {
    return { askKey, status, reasons: [], detail, approval: null, actionKey: null, at: this.#parts.clock.now() };
  }

  /** A dry run: the gate's judgement by the same function, and nothing remembered. */
  #foresee(ask: Ask): Answer {
    const askKey = ask.askKey ?? 'dry-run';
    const { request, by } = ask;
    if (request.kind !== 'operate') return this.#plain(askKey, 'accepted', `would ask for: ${request.kind}`);
    const engine = this.#parts.engine();
    const service = findService(engine.site(), request.service);
    if (service === null) return this.#plain(askKey, 'failed', `no service ${request.service}`);
    const watch = watchOf(engine, service.id) ?? firstWatch(service.id);
    const wanted: ActionRequest = {
      action: request.action,
      subject: service.id,
      by,
      why: request.why,
      cause: null,
      isByProbeOnly: false,
      radius: radiusOf(engine.postOf(service), watch, request.action),
      token: 0,
    };
    const verdict = foresee(engine.ground(), this.#gate(), wanted, this.#parts.clock.now());
    const status = verdict.kind === 'allow' ? 'accepted' : verdict.kind === 'deny' ? 'denied' : 'needs-approval';
    const detail = {
      allow: 'the gate would allow it',
      deny: 'the gate would deny it',
      'needs-approval': 'another person would have to agree',
    };
    return { ...this.#plain(askKey, status, detail[verdict.kind]), reasons: verdict.reasons };
  }
}
