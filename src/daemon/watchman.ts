// The watchman of one run: engine, desk, server and his own rounds, put together here and nowhere else.

import { effectKey, type ServiceId } from '#kernel/id.ts';
import type { Notification } from '#kernel/notification.ts';
import { ALERTS, allChecks, CODEX, DRIFT, GATE, type Site, STARTUP } from '#kernel/site.ts';
import { makeRedact, type Redact } from '#kernel/secret.ts';
import type { Problem } from '#kernel/problem.ts';
import type { Instant } from '#kernel/time.ts';
import type { Cancel } from '#ports/clock.ts';
import type { Host } from '#ports/host.ts';
import type { Notifier } from '#ports/notifier.ts';
import type { Probers } from '#ports/sensor.ts';
import type { RealClock } from '#adapters/clock/clock.ts';
import { openMetrics, type SqliteMetrics } from '#adapters/sqlite/metrics/store.ts';
import { Engine } from '#loop/engine.ts';
import type { Startup } from '#duties/startup/startup.ts';
import { startServer, type Started } from '#server/server.ts';
import { composeActuator, type Drivers } from './actuators.ts';
import type { OwnStanding } from './codex/running.ts';
import type { CodexRoom } from './codex/room.ts';
import { startCodexWatch } from './codex/watch.ts';
import { CodexPatrol } from './codex/patrol.ts';
import { codexDriftView } from './codex/driftView.ts';
import { CodexFollower } from './codex/following.ts';
import { makeCodexPost, type CodexPost } from './codex/post.ts';
import { codexNotices } from './codex/notices.ts';
import { CodexTrouble } from './codex/trouble.ts';
import { FrontDesk } from './desk.ts';
import { makeTargetFacts } from './targetFacts.ts';
import { dutyFor } from './duties.ts';
import { makeGathering, type Gathering } from './gathering.ts';
import { makeGauges, type Gauge } from './gauges.ts';
import type { House } from './house.ts';
import { composeNotifier, type ChannelNotifier } from './notifiers.ts';
import { reloadNotes } from './reloadNotes.ts';
import { startRounds } from './rounds.ts';
import { canaryCheck, makeSensor } from './sensors.ts';
import { chronicleOf, driftOf, startupOf, watchOf } from './states.ts';
import type { StoreTrouble } from './views.ts';

/** Everything that reaches outside, chosen by the caller. */
export type Outside = {
  readonly clock: RealClock;
  /** How the warm standby of a service is; null when none is declared. */
  readonly standbyOf: (service: ServiceId) => string | null;
  /** `pidOf`: the supervised child of a service, as its watch knows it. */
  readonly probers: (pidOf: (service: ServiceId) => number | null) => Probers;
  readonly drivers: Drivers;
  readonly host: Host;
  readonly terminal: Notifier;
  readonly channel: ChannelNotifier;
};

export type WatchmanParts = {
  readonly site: Site;
  readonly house: House;
  readonly outside: Outside;
  readonly listen: { readonly host: string; readonly port: number; readonly webDirectory: string | null };
  readonly version: string;
  /** Loud, for a person at the terminal or for the log. */
  readonly shout: (line: string) => void;
  /** Another process has moved the store on: this one must end. */
  readonly onTakenOver: () => void;
  /** Start-up, or the orderly end, has moved on. */
  readonly onStartup: (startup: Startup) => void;
  readonly own: OwnPost;
};

/** The codex of this run, and how Sereno's own configuration stands to it. */
export type OwnPost = {
  readonly room: CodexRoom;
  readonly standing: () => OwnStanding;
  /** It may stand otherwise now. */
  readonly onMoved: () => void;
};

export type Watchman = {
  readonly url: string;
  readonly reload: (site: Site) => void;
  readonly refuseConfiguration: (problems: string) => void;
  /** Says how Sereno's own configuration stands now. */
  readonly sayOwn: () => void;
  readonly beginShutdown: () => void;
  readonly close: () => Promise<void>;
};

export type Posting =
  { readonly kind: 'posted'; readonly watchman: Watchman } | { readonly kind: 'refused'; readonly problem: Problem };

/** What changes while he is on his post. */
type Mood = {
  redact: Redact;
  configProblem: string | null;
  storeTrouble: StoreTrouble | null;
  /** Null until the server listens: the canary needs its port. */
  engine: Engine | null;
};

/** One reader of the log of the codex, and who tells and serves what it reads. */
type Codex = { readonly follower: CodexFollower; readonly trouble: CodexTrouble; readonly post: CodexPost };

/** His things, before the engine turns. */
type Post = {
  readonly parts: WatchmanParts;
  readonly mood: Mood;
  readonly metrics: SqliteMetrics;
  readonly gauge: Gauge;
  readonly gathering: Gathering;
  readonly codex: Codex;
  readonly desk: FrontDesk;
  readonly notifier: Notifier;
  readonly patrol: CodexPatrol;
};

/** Between listening and the engine nothing is awaited, so no request can come before it; this is the net below that. */
const engineOf = (mood: Mood): Engine => {
  if (mood.engine === null) throw new Error('a request came before the engine was made');
  return mood.engine;
};

const openDesk = (
  parts: WatchmanParts,
  mood: Mood,
  { metrics, gauge, gathering }: Pick<Post, 'metrics' | 'gauge' | 'gathering'>,
): FrontDesk => {
  const { store } = parts.house;
  const desk = new FrontDesk({
    engine: () => engineOf(mood),
    store,
    metrics,
    clock: parts.outside.clock,
    version: parts.version,
    verify: store.verify,
    prove: store.prove,
    ownFigures: gauge.read,
    configProblem: () => mood.configProblem,
    own: () => parts.own.standing().views,
    codexNotices: () => codexNotices(parts.own.room, parts.outside.clock.now()),
    storeTrouble: () => mood.storeTrouble,
    sources: () => gathering.views(),
    standbyOf: parts.outside.standbyOf,
    targetsOf: makeTargetFacts(
      () => engineOf(mood),
      () => parts.outside.clock.now(),
    ),
  });
  desk.startAt(store.load().lastSeq);
  return desk;
};

const openGathering = (parts: WatchmanParts, mood: Mood, metrics: SqliteMetrics): Gathering =>
  makeGathering({
    clock: parts.outside.clock,
    metrics,
    stateDirectory: parts.house.directory,
    services: () => mood.engine?.site().services ?? [],
    pidOf: (service) => (mood.engine === null ? null : (watchOf(mood.engine, service)?.pid ?? null)),
    onReadings: (source, readings) => mood.engine?.sawReadings(source, readings),
    shout: (line) => parts.shout(mood.redact(line)),
  });

/** It knows its codex before the engine hands over what an earlier run was doing: a write may be repeated. */
const openPatrol = (parts: WatchmanParts, mood: Mood): CodexPatrol => {
  const patrol = new CodexPatrol({
    clock: parts.outside.clock,
    stateDirectory: parts.house.directory,
    room: parts.own.room,
    tell: (message) => engineOf(mood).crank.put(DRIFT, { kind: 'told', from: DRIFT, message }),
    report: (message) => engineOf(mood).crank.put(ALERTS, { kind: 'told', from: DRIFT, message }),
    drift: () => driftOf(engineOf(mood)),
    shout: (line) => parts.shout(mood.redact(line)),
  });
  patrol.setSite(parts.site.codex);
  return patrol;
};

const openCodex = ({ outside, shout, own, site }: WatchmanParts, mood: Mood): Codex => {
  const { clock } = outside;
  const { room } = own;
  room.setSite(site.codex);
  const trouble = new CodexTrouble({ clock, room, shout: (line) => shout(mood.redact(line)) });
  const follower = new CodexFollower({ room, clock, onTrouble: () => trouble.turned() });
  const post = makeCodexPost({
    follower,
    clock,
    copiesOf: (item) => codexDriftView(driftOf(engineOf(mood))).items.find((it) => it.item === item)?.copies ?? null,
  });
  return { follower, trouble, post };
};

const closeCodex = ({ follower, post }: Codex): void => {
  post.stop();
  follower.stop();
};

const openDoor = ({ parts, mood, desk, gathering, codex }: Post): Promise<Started> =>
  startServer({
    desk,
    tokens: parts.house.tokens,
    host: parts.listen.host,
    port: parts.listen.port,
    hostNames: [],
    webDirectory: parts.listen.webDirectory,
    redact: (text) => mood.redact(text),
    intake: gathering.intake,
    codex: codex.post.serving,
    now: () => parts.outside.clock.now(),
    version: parts.version,
    onFault: (thrown) =>
      parts.shout(`the server met a fault: ${thrown instanceof Error ? thrown.message : String(thrown)}`),
  });

const makeEngine = (post: Post, url: string): Engine => {
  const { parts, mood, desk, metrics } = post;
  const { outside } = parts;
  const redact = (): Redact => mood.redact;
  const pidOf = (service: ServiceId): number | null => watchOf(engineOf(mood), service)?.pid ?? null;
  return new Engine({
    site: parts.site,
    clock: outside.clock,
    store: parts.house.store,
    sensor: makeSensor(outside.probers(pidOf), redact),
    metrics,
    actuator: composeActuator(outside.drivers, redact, () => outside.clock.now()),
    notifier: post.notifier,
    host: outside.host,
    copies: post.patrol.copies,
    canary: [canaryCheck(url)],
    dutyFor,
    stopwatch: () => performance.now(),
    onCommitted: (moved, records) => {
      desk.committed(moved, records);
      const startup = moved.includes(STARTUP) ? startupOf(engineOf(mood)) : null;
      if (startup !== null) parts.onStartup(startup);
    },
    onStoreTrouble: (detail, isFatal) => takeStoreTrouble(post, detail, isFatal),
  });
};

const takeStoreTrouble = (post: Post, detail: string | null, isFatal: boolean): void => {
  const { parts, mood, gauge, desk } = post;
  const at = parts.outside.clock.now();
  const since = mood.storeTrouble?.since ?? at;
  mood.storeTrouble = detail === null ? null : { since, detail };
  desk.townMoved();
  tellStoreTrouble(post, { since, detail }, at);
  if (detail === null) return parts.shout('the store writes again');
  gauge.storeFailed();
  parts.shout(`the store does not write: ${detail}; nothing is acted upon, watching goes on`);
  return isFatal ? parts.onTakenOver() : undefined;
};

/** The one message that does not go through the outbox: the outbox is what cannot be written. */
const tellStoreTrouble = (
  post: Post,
  trouble: { readonly since: Instant; readonly detail: string | null },
  at: Instant,
): void => {
  const isOver = trouble.detail === null;
  const key = `store:${trouble.since}${isOver ? ':over' : ''}`;
  const notification: Notification = {
    key,
    kind: isOver ? 'recovered' : 'page',
    severity: 'SEV2',
    subject: 'sereno',
    title: isOver ? 'the store writes again' : `Sereno is blind: its store does not write: ${trouble.detail ?? ''}`,
    body: isOver
      ? 'Deciding and acting go on.'
      : 'Nothing is decided and nothing is acted upon. Make room on its disk, or mend it.',
    people: [],
    at,
  };
  post.notifier.deliver(effectKey(GATE, 0, at), notification, (delivery) => {
    if (!delivery.isDelivered) post.parts.shout(`nobody could be told: ${delivery.detail}`);
  });
};

/** Puts the watchman on his post: he answers at his address before he looks at anything, and acts after that. */
export const postWatchman = async (parts: WatchmanParts): Promise<Posting> => {
  const { clock } = parts.outside;
  const mood: Mood = { redact: makeRedact(parts.site.secrets), configProblem: null, storeTrouble: null, engine: null };
  const metrics = openMetrics({
    directory: parts.house.directory,
    clock,
    stopwatch: () => performance.now(),
    ...(parts.site.metricsCapBytes === null ? {} : { capBytes: parts.site.metricsCapBytes }),
    onNotice: parts.shout,
  });
  const gauge = makeGauges(clock);
  const { terminal, channel } = parts.outside;
  const site = (): Site => engineOf(mood).site();
  const notifier = composeNotifier({ site, terminal, channel, redact: () => mood.redact });
  const gathering = openGathering(parts, mood, metrics);
  const desk = openDesk(parts, mood, { metrics, gauge, gathering });
  const patrol = openPatrol(parts, mood);
  const codex = openCodex(parts, mood);
  const post: Post = { parts, mood, metrics, gauge, gathering, codex, notifier, desk, patrol };
  const started = await openDoor(post);
  if (started.kind === 'failed') {
    gauge.stop();
    closeCodex(codex);
    post.desk.close();
    metrics.close();
    return { kind: 'refused', problem: started.problem };
  }
  const engine = makeEngine(post, started.url);
  expectChecks(post, parts.site, started.url);
  mood.engine = engine;
  parts.house.writeAddress(started.url);
  const configuration = { digest: parts.site.digest, own: parts.own.standing().views };
  engine.start({ ...parts.house.lastRun, services: parts.site.services.length, configuration });
  gathering.setSite(parts.site);
  patrol.start();
  codex.post.setSite(parts.site.codex);
  codex.trouble.begin(engine);
  const isAwake = (): boolean => mood.storeTrouble === null && engine.crank.brokenMachines().length === 0;
  const rounds = startRounds({
    desk: post.desk,
    engine,
    house: parts.house,
    metrics,
    clock,
    shout: parts.shout,
    isAwake,
  });
  const watching = startCodexWatch({
    engine,
    clock,
    room: parts.own.room,
    follower: codex.follower,
    onOwn: parts.own.onMoved,
    onNotice: () => post.desk.townMoved(),
  });
  const watchman = onPost(post, engine, started, [...rounds, watching]);
  watchman.sayOwn();
  return { kind: 'posted', watchman };
};

/** The metrics know the checks before the first look, with their intervals. */
const expectChecks = ({ metrics }: Post, site: Site, url: string): void =>
  metrics.expect([canaryCheck(url), ...allChecks(site)]);

const onPost = (
  post: Post,
  engine: Engine,
  server: Extract<Started, { kind: 'started' }>,
  rounds: readonly Cancel[],
): Watchman => ({
  url: server.url,
  reload: (site) => {
    post.mood.redact = makeRedact(site.secrets);
    post.mood.configProblem = null;
    for (const line of reloadNotes(engine.site(), site, (id) => watchOf(engine, id)?.pid ?? null))
      post.parts.shout(line);
    expectChecks(post, site, server.url);
    // What is not declared any more is let go while somebody still hears it.
    if (site.codex === null) post.patrol.setSite(null);
    engine.reload(site);
    post.parts.own.room.setSite(site.codex);
    post.patrol.setSite(site.codex);
    post.gathering.setSite(site);
    post.codex.post.setSite(site.codex);
    post.desk.townMoved();
  },
  refuseConfiguration: (problems) => {
    const detail = post.mood.redact(problems);
    post.mood.configProblem = detail;
    engine.crank.put(GATE, { kind: 'configuration-refused', detail });
    post.desk.townMoved();
  },
  sayOwn: () => {
    const { views, isStrict } = post.parts.own.standing();
    const isSilent = views.length === 0 && (chronicleOf(engine)?.own.length ?? 0) === 0;
    if (!isSilent) engine.crank.put(CODEX, { kind: 'codex-own', own: views, isStrict });
    post.desk.townMoved();
  },
  beginShutdown: () => engine.crank.put(STARTUP, { kind: 'shutdown' }),
  close: async () => {
    for (const cancel of rounds) cancel();
    post.gauge.stop();
    post.gathering.stop();
    post.patrol.stop();
    closeCodex(post.codex);
    engine.stop();
    post.desk.close();
    await server.close();
    post.metrics.close();
  },
});
