// From a request to a reply: name and origin, token and role, query and body, then the answer of the route.

import { randomUUID } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono, type Context } from 'hono';
import { ROUTES, ROUTE_NAMES, type ChangeName, type ReadName, type Route, type RouteName } from '#api/routes.ts';
import type { Actor } from '#kernel/actor.ts';
import type { Answer } from '#kernel/message.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import type { Redact } from '#kernel/secret.ts';
import type { Ask, Desk } from '#ports/desk.ts';
import type { Intake } from '#ports/source.ts';
import { admit, type Door } from './access.ts';
import { makeChanges, makeReads } from './answers.ts';
import type { Call } from './call.ts';
import type { CodexReads } from './codexReads.ts';
import { exposition, EXPOSITION_TYPE } from './exposition.ts';
import { HEALTH_STATUS, healthText } from './health.ts';
import { hostProblem, originProblem, type Names } from './origin.ts';
import { SECURITY_HEADERS, type Pages } from './pages.ts';
import { answerReply, jsonReply, refusalReply, sealedReply, taggedReply, textReply, type Reply } from './reply.ts';
import { receiveMetrics } from './push.ts';
import { decodeKey, decodeLastEvent, decodeQuery, decodeWhy } from './request.ts';
import type { Stream } from './stream.ts';

export type Site = {
  readonly desk: Desk;
  readonly codex: CodexReads;
  readonly door: Door;
  readonly names: Names;
  readonly stream: Stream;
  readonly pages: Pages;
  readonly redact: Redact;
  /** Null: nothing can be pushed. */
  readonly intake: Intake | null;
  readonly version: string;
  /** Told of every fault of this server, for the log. */
  readonly onFault: (thrown: unknown) => void;
};

type Env = { Bindings: HttpBindings };
type Visit = Context<Env>;

/** Longest address: the longest real one is a machine's name in a query, under 400 bytes. */
const ADDRESS_LENGTH_MAX = 8 * 1_024;
/** A step is decided in milliseconds; a desk that is silent for this long is in trouble. */
const ASK_WITHIN_MS = 10_000;

const send = (visit: Visit, reply: Reply): Response =>
  reply.status === 304
    ? visit.body(null, 304, { ...reply.headers })
    : visit.body(reply.body, reply.status, { ...reply.headers });

const ask = (desk: Desk, wanted: Ask): Promise<Answer | null> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), ASK_WITHIN_MS);
    desk.ask(wanted, (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
  });

const callOf = (visit: Visit, query: unknown): Call => ({
  path: (name) => visit.req.param(name) ?? '',
  query,
  ifNoneMatch: visit.req.header('if-none-match'),
  onGone: (gone) => {
    visit.env.outgoing.once('close', gone);
    return () => visit.env.outgoing.off('close', gone);
  },
});

type Changing = { readonly visit: Visit; readonly name: ChangeName; readonly by: Actor; readonly call: Call };

const makeChanger = ({ desk, redact }: Site) => {
  const changes = makeChanges(desk);
  return async ({ visit, name, by, call }: Changing): Promise<Reply> => {
    const key = decodeKey(visit.req.header('idempotency-key'));
    if (key.kind === 'refused') return refusalReply(key.problem, redact);
    const why = await decodeWhy(visit.req.raw);
    if (why.kind === 'refused') {
      return refusalReply(why.problem, redact, why.status === undefined ? {} : { status: why.status });
    }
    const wanted = changes[name](call, why.value);
    if (wanted.kind === 'missing') return refusalReply(wanted.problem, redact);
    const isDryRun = visit.req.query('dryRun') === 'true';
    const askKey = key.value ?? `ask-${randomUUID()}`;
    const answer = await ask(desk, { by, request: wanted.value, askKey, isDryRun });
    if (answer !== null) return answerReply(answer, redact, isDryRun);
    const trouble = problem(
      'action-failed',
      `no answer within ${ASK_WITHIN_MS / 1_000} s; it may still be carried out`,
      {
        mend: `ask again with the header Idempotency-Key: ${askKey}, which repeats nothing`,
      },
    );
    return refusalReply(trouble, redact, { status: 504 });
  };
};

/** Whoever comes when there is no room is told when to come again. */
const waitIn = ({ code }: Problem) => (code === 'too-many-requests' ? { headers: { 'retry-after': '5' } } : {});

const makeReader = (site: Site) => {
  const { desk, redact } = site;
  const reads = makeReads(desk, site.version, site.codex);
  return async (visit: Visit, name: ReadName, call: Call): Promise<Reply> => {
    const route: Route = ROUTES[name];
    if (name === 'health' && !(visit.req.header('accept') ?? '').includes('application/json')) {
      const town = desk.town();
      return textReply(redact(healthText(town)), HEALTH_STATUS[town.health]);
    }
    const found = await reads[name](call);
    if (found.kind === 'missing') return refusalReply(found.problem, redact, waitIn(found.problem));
    if (found.kind === 'sealed') return sealedReply(found.body, found.sealed, found.known);
    if (route.hasTag) return taggedReply(found.value, redact, visit.req.header('if-none-match'));
    return jsonReply(found.value, redact, name === 'health' ? HEALTH_STATUS[desk.summary().health] : 200);
  };
};

const openStream = (site: Site, visit: Visit, authorization: string | undefined): Response => {
  const { outgoing } = visit.env;
  const after = decodeLastEvent(visit.req.header('last-event-id'));
  const isAllowed = (): boolean =>
    admit(site.door, { access: 'reader', address: 'stream', authorization }).kind === 'admitted';
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  };
  for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
  if (site.stream.open(outgoing, after, isAllowed)) return RESPONSE_ALREADY_SENT;
  const trouble = problem('too-many-requests', 'too many open streams', {
    mend: 'close a dashboard, or poll /api/town',
  });
  return send(visit, refusalReply(trouble, site.redact, { headers: { 'retry-after': '30' } }));
};

/** The words of /livez, /readyz and /metrics. */
const wordsOf = ({ desk, redact }: Site, name: 'live' | 'ready' | 'metrics'): Reply => {
  if (name === 'live') return textReply('alive\n');
  if (name === 'ready') {
    const { phase } = desk.summary().startup;
    return phase === 'up' ? textReply('ready\n') : textReply(`not ready: start-up is at ${phase}\n`, 503);
  }
  const reply = textReply(
    redact(
      exposition({
        town: desk.town(),
        own: desk.figures(),
        targets: desk.targets(null),
        sources: desk.sources(),
        anomalies: desk.anomalies(),
      }),
    ),
  );
  return { ...reply, headers: { ...reply.headers, 'content-type': EXPOSITION_TYPE } };
};

const isChangeName = (name: RouteName): name is ChangeName => ROUTES[name].isChange;

const isReadName = (name: RouteName): name is ReadName =>
  !ROUTES[name].isChange && ROUTES[name].media === 'application/json';

const makeVisit = (site: Site) => {
  const { redact } = site;
  const read = makeReader(site);
  const change = makeChanger(site);
  return async (visit: Visit, name: RouteName): Promise<Response> => {
    const route: Route = ROUTES[name];
    const authorization = visit.req.header('authorization');
    const address = visit.env.incoming.socket.remoteAddress ?? 'unknown';
    const admission = admit(site.door, { access: route.access, address, authorization });
    if (admission.kind === 'refused') {
      const wait = admission.retryAfterSeconds;
      const headers = wait === null ? {} : { 'retry-after': String(wait) };
      return send(visit, refusalReply(admission.problem, redact, { headers }));
    }
    const query = decodeQuery(route, visit.req.query());
    if (query.kind === 'refused') return send(visit, refusalReply(query.problem, redact));
    const call = callOf(visit, query.value);
    if (name === 'events') return openStream(site, visit, authorization);
    if (name === 'pushMetrics') return receiveMetrics(site.intake, visit.req.raw);
    if (isReadName(name)) return send(visit, await read(visit, name, call));
    if (!isChangeName(name)) return send(visit, wordsOf(site, name));
    // The table gives every change a role, so admission has named an actor.
    const by = admission.actor;
    if (by === null) throw new Error(`the route ${name} changes something without a role`);
    return send(visit, await change({ visit, name, by, call }));
  };
};

/** Before any route: the length of the address, the name of the host, and where a change comes from. */
const entryReply = (site: Site, visit: Visit): Reply | null => {
  const { url, method } = visit.env.incoming;
  if ((url ?? '').length > ADDRESS_LENGTH_MAX) {
    const trouble = problem('request-too-big', `an address may have ${ADDRESS_LENGTH_MAX} bytes`);
    return refusalReply(trouble, site.redact, { status: 414 });
  }
  const host = visit.env.incoming.headers.host;
  const rebound = hostProblem(host, site.names);
  if (rebound !== null) return refusalReply(rebound, site.redact);
  if (method === 'GET' || method === 'HEAD') return null;
  const foreign = originProblem({
    host: host ?? '',
    origin: visit.req.header('origin'),
    fetchSite: visit.req.header('sec-fetch-site'),
  });
  return foreign === null ? null : refusalReply(foreign, site.redact);
};

const wrongMethod = (site: Site, visit: Visit, allowed: string): Response => {
  const trouble = problem('bad-request', `this address takes ${allowed}`);
  return send(visit, refusalReply(trouble, site.redact, { status: 405, headers: { allow: allowed } }));
};

/** The whole server as one Hono application. */
export const makeApplication = (site: Site): Hono<Env> => {
  const application = new Hono<Env>();
  const answer = makeVisit(site);
  application.use(async (visit, next) => {
    const refusal = entryReply(site, visit);
    if (refusal !== null) visit.res = send(visit, refusal);
    else await next();
    if (visit.res === RESPONSE_ALREADY_SENT) return;
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) visit.header(name, value);
  });
  for (const name of ROUTE_NAMES) {
    const route: Route = ROUTES[name];
    application.on(route.method, route.path.replaceAll(/\{(\w+)\}/g, ':$1'), (visit) => answer(visit, name));
  }
  for (const name of ROUTE_NAMES) {
    const route: Route = ROUTES[name];
    application.all(route.path.replaceAll(/\{(\w+)\}/g, ':$1'), (visit) => wrongMethod(site, visit, route.method));
  }
  application.get('*', (visit) => {
    const page = site.pages.find(new URL(visit.req.url).pathname, visit.req.header('if-none-match'));
    return page === null ? visit.notFound() : send(visit, page);
  });
  application.notFound((visit) =>
    send(visit, refusalReply(problem('not-found', 'there is nothing at this address'), site.redact)),
  );
  application.onError((thrown, visit) => {
    site.onFault(thrown);
    const trouble = problem('internal-fault', 'this request met a bug in Sereno; it is in the log');
    return send(visit, refusalReply(trouble, site.redact));
  });
  return application;
};
