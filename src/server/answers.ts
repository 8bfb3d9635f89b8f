// What each route answers: one entry for each route of the table, from the desk, in the table's types.

import { openApiDocument } from '#api/openapi.ts';
import type { AnswerOf, ChangeName, ReadName } from '#api/routes.ts';
import { suppressSchema } from '#api/ask.ts';
import { evidenceQuerySchema } from '#api/evidence.ts';
import { SERIES_LISTED_MAX, seriesQuerySchema } from '#api/series.ts';
import { deploymentsQuerySchema, markSchema } from '#api/release.ts';
import { reachQuerySchema } from '#api/standing.ts';
import { targetsQuerySchema } from '#api/target.ts';
import { serviceId, type MachineId } from '#kernel/id.ts';
import { instant } from '#kernel/time.ts';
import type { Request } from '#kernel/message.ts';
import { problem } from '#kernel/problem.ts';
import type { TargetId } from '#kernel/target.ts';
import type { Desk, Verification } from '#ports/desk.ts';
import type { Call, Found, Plain, Read } from './call.ts';
import type { CodexReads } from './codexReads.ts';
import { healthReport } from './health.ts';
import { rangeAsked } from './seriesAsked.ts';

const found = <Value>(value: Value): Plain<Value> => ({ kind: 'found', value });

const missing = (what: string, name: string, mend: string): Plain<never> => ({
  kind: 'missing',
  problem: problem('not-found', `no ${what} called ${JSON.stringify(name)}`, { mend }),
});

const orMissing = <Value>(value: Value | null, lost: Plain<never>): Plain<Value> =>
  value === null ? lost : found(value);

/** Walking the chain is heavy: whoever asks while it is being walked gets the result of the same walk. */
const makeVerifier = (desk: Desk): (() => Promise<Verification>) => {
  let running: Promise<Verification> | null = null;
  return () => {
    running ??= new Promise<Verification>((resolve) => {
      desk.verifyEvidence(resolve);
    }).finally(() => {
      running = null;
    });
    return running;
  };
};

/** The names in a query come from outside; a name that no machine has finds nothing. */
const asMachine = (text: string): MachineId => text as MachineId; // brand

/** A name that no target has finds nothing. */
const asTarget = (text: string): TargetId => text as TargetId; // brand

const evidence = (desk: Desk, call: Call): Found<AnswerOf<'evidence'>> => {
  const query = evidenceQuerySchema.parse(call.query);
  const records = desk.evidence({
    limit: query.limit,
    order: query.order,
    ...(query.after === undefined ? {} : { after: query.after }),
    ...(query.before === undefined ? {} : { before: query.before }),
    ...(query.type === undefined ? {} : { typePrefix: query.type }),
    ...(query.machine === undefined ? {} : { machine: asMachine(query.machine) }),
  });
  return found({ records: [...records] });
};

/** Of one service that is there, or of all. */
const reach = (desk: Desk, call: Call): Found<AnswerOf<'reach'>> => {
  const { from } = reachQuerySchema.parse(call.query);
  if (from === undefined) return found({ reach: [...desk.reach(null)] });
  if (desk.service(serviceId(from)) === null) return missing('service', from, 'sereno service list');
  return found({ reach: [...desk.reach(serviceId(from))] });
};

/** Those whose key and source match, in order of their names. */
const seriesList = (desk: Desk, call: Call): Found<AnswerOf<'series'>> => {
  const { match = '', source } = seriesQuerySchema.parse(call.query);
  const matching = desk
    .series()
    .filter((each) => each.key.includes(match) && (source === undefined || each.source === source))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return found({ series: matching.slice(0, SERIES_LISTED_MAX), total: matching.length });
};

const seriesRange = async (desk: Desk, call: Call): Promise<Found<AnswerOf<'seriesRange'>>> => {
  const asked = rangeAsked(call.query, desk.summary().at);
  if (asked.kind === 'wrong') return { kind: 'missing', problem: asked.problem };
  const range = await desk.seriesRange(asked.asked);
  return orMissing(range, missing('series', asked.asked.key, 'GET /api/series lists them'));
};

/** Of one service that is there, or of all. */
const targets = (desk: Desk, call: Call): Found<AnswerOf<'targets'>> => {
  const { service } = targetsQuerySchema.parse(call.query);
  if (service === undefined) return found({ targets: [...desk.targets(null)] });
  if (desk.service(serviceId(service)) === null) return missing('service', service, 'sereno service list');
  return found({ targets: [...desk.targets(serviceId(service))] });
};

const deployments = (desk: Desk, call: Call): Found<AnswerOf<'deployments'>> => {
  const { service } = deploymentsQuerySchema.parse(call.query);
  if (service === undefined) return found({ deployments: [...desk.deployments(null)] });
  if (desk.service(serviceId(service)) === null) return missing('service', service, 'sereno service list');
  return found({ deployments: [...desk.deployments(serviceId(service))] });
};

const prove = (desk: Desk, name: string): Found<AnswerOf<'proof'>> => {
  if (!/^[1-9]\d{0,14}$/.test(name)) return missing('record', name, 'sereno evidence show');
  const proving = desk.prove(Number(name));
  return proving.kind === 'proven' ? found(proving.proven) : { kind: 'missing', problem: proving.problem };
};

/** Everything that can be read. */
export const makeReads = (
  desk: Desk,
  version: string,
  codex: CodexReads,
): { readonly [Name in ReadName]: Read<Name> } => {
  const verify = makeVerifier(desk);
  return {
    ...codex,
    town: () => found(desk.town()),
    services: () => found({ services: [...desk.town().services] }),
    service: (call) =>
      orMissing(desk.service(serviceId(call.path('id'))), missing('service', call.path('id'), 'sereno service list')),
    reach: (call) => reach(desk, call),
    reality: () => found(desk.reality()),
    streak: () => found(desk.summary().streak),
    causes: () => found({ causes: [...desk.causes()] }),
    targets: (call) => targets(desk, call),
    target: (call) =>
      orMissing(desk.target(asTarget(call.path('id'))), missing('target', call.path('id'), 'sereno target list')),
    burndown: (call) =>
      orMissing(desk.burndown(asTarget(call.path('id'))), missing('target', call.path('id'), 'sereno target list')),
    explain: (call) =>
      orMissing(desk.explain(call.path('subject')), missing('subject', call.path('subject'), 'sereno status')),
    evidence: (call) => evidence(desk, call),
    checkpoints: () => found({ checkpoints: [...desk.checkpoints()] }),
    proof: (call) => prove(desk, call.path('seq')),
    verifyEvidence: async () => found(await verify()),
    incidents: () => found({ incidents: [...desk.summary().incidents] }),
    alerts: () => found(desk.alerts()),
    series: (call) => seriesList(desk, call),
    seriesRange: (call) => seriesRange(desk, call),
    anomalies: () => found(desk.anomalies()),
    sources: () => found({ sources: [...desk.sources()] }),
    approvals: () => found({ approvals: [...desk.summary().approvals] }),
    answer: (call) =>
      orMissing(
        desk.answer(call.path('askKey')),
        missing('request', call.path('askKey'), 'answers are kept only for a while; see sereno evidence show'),
      ),
    figures: () => found(desk.figures()),
    deployments: (call) => deployments(desk, call),
    startup: () => found(desk.summary().startup),
    health: () => found(healthReport(desk.town())),
    openApi: () => found({ ...openApiDocument(version), openapi: '3.1.1' }),
  };
};

type Change = (call: Call, why: string) => Plain<Request>;

/** Everything that can be asked of a machine. What names something that is not there never reaches one. */
export const makeChanges = (desk: Desk): { readonly [Name in ChangeName]: Change } => {
  const operate =
    (action: 'restart' | 'start' | 'stop'): Change =>
    (call, why) => {
      const service = desk.service(serviceId(call.path('id')));
      if (service === null) return missing('service', call.path('id'), 'sereno service list');
      return found({ kind: 'operate', action, service: service.id, why });
    };
  const decide =
    (isApproved: boolean): Change =>
    (call, why) => {
      const approval = desk.summary().approvals.find((each) => each.id === call.path('id'));
      if (approval === undefined) return missing('approval', call.path('id'), 'sereno approval list');
      return found({ kind: 'decide-approval', approval: approval.id, isApproved, why });
    };
  const simple =
    (kind: 'hold' | 'release' | 'confirm-selection'): Change =>
    (_call, why) =>
      found({ kind, why });
  return {
    restart: operate('restart'),
    start: operate('start'),
    stop: operate('stop'),
    approve: decide(true),
    deny: decide(false),
    hold: simple('hold'),
    release: simple('release'),
    confirmSelection: simple('confirm-selection'),
    suppress: (call, why) => {
      const { what, until } = suppressSchema.parse(call.query);
      return found({ kind: 'suppress', what, until: instant(Date.parse(until)), why });
    },
    unsuppress: (call, why) => {
      const suppression = desk.alerts().suppressions.find((each) => each.id === call.path('id'));
      if (suppression === undefined) return missing('suppression', call.path('id'), 'sereno alert suppressed');
      return found({ kind: 'unsuppress', suppression: suppression.id, why });
    },
    markDeployment: (call, why) => {
      const service = desk.service(serviceId(call.path('id')));
      if (service === null) return missing('service', call.path('id'), 'sereno service list');
      const { version, traffic, source } = markSchema.parse(call.query);
      return found({ kind: 'mark-deployment', service: service.id, version, trafficPercent: traffic, source, why });
    },
    acknowledge: (call, why) => {
      const name = call.path('subject');
      const incident = desk.summary().incidents.find((each) => each.subject === name || each.number === name);
      if (incident === undefined) return missing('incident', name, 'sereno incident list');
      return found({ kind: 'acknowledge', subject: incident.subject, why });
    },
  };
};
