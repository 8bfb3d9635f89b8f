// D11: a hundred services that need each other, six deep, each with a start of its own length. How much longer than the
// longest chain of starts does it take, is the order kept both ways, and what does one that cannot start hold up?

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TownView } from '#kernel/view.ts';
import { pause, spread, quantile, until } from '../measure.ts';
import type { Watchman } from '../watchman.ts';
import { enter, OURS } from './contender.ts';
import type { Claim, Duel, Report, Row, Stand } from './duel.ts';
import { versionOf } from './peers/peer.ts';
import type { Program } from './peers/supervisor.ts';
import { supervisord } from './peers/supervisord.ts';
import { service, site, startsIn } from './workload.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'sereno.js');
const NEIGHBOUR = join(import.meta.dirname, 'neighbour.mjs');
const LEVELS = 6;
const OVER_MOST = 0.05;

/** One service of the graph, and where it notes its life. */
type Node = {
  readonly program: Program;
  readonly needs: readonly string[];
  readonly bootMs: number;
  readonly file: (what: 'starts' | 'ready' | 'stopped') => string;
};

type Graph = { readonly nodes: readonly Node[]; readonly byName: ReadonlyMap<string, Node> };

/** Each service needs two of the level before, and takes 600 to 1,800 ms to come up: drawn by a fixed rule. */
const draw = async (stand: Stand, room: string, perLevel: number, broken: string | null): Promise<Graph> => {
  const nodes: Node[] = [];
  for (let index = 0; index < LEVELS * perLevel; index += 1) {
    const [level, place] = [Math.floor(index / perLevel), index % perLevel];
    const name = `l${level}n${place}`;
    const file = (what: string): string => join(room, `${name}.${what}`);
    const bootMs = 600 + ((index * 389) % 13) * 100;
    const port = await stand.freePort();
    const env = {
      PORT: String(port),
      BOOT_MS: String(bootMs),
      LOG: file('starts'),
      READY: file('ready'),
      STOPPED: file('stopped'),
      ...(name === broken ? { BROKEN: '1' } : {}),
    };
    const before = (step: number): string => `l${level - 1}n${(place * 7 + step) % perLevel}`;
    const needs = level === 0 ? [] : [...new Set([before(1), before(3)])];
    nodes.push({ program: { name, command: [process.execPath, NEIGHBOUR], env, port }, needs, bootMs, file });
  }
  return { nodes, byName: new Map(nodes.map((node) => [node.program.name, node])) };
};

const needsOf = (graph: Graph, node: Node): readonly Node[] =>
  node.needs.flatMap((need) => graph.byName.get(need) ?? []);

/** The longest chain of starts: nobody can be faster. */
const criticalMs = (graph: Graph): number => {
  const known = new Map<string, number>();
  for (const node of graph.nodes) {
    const before = needsOf(graph, node).map((need) => known.get(need.program.name) ?? 0);
    known.set(node.program.name, node.bootMs + Math.max(0, ...before));
  }
  return Math.max(...known.values());
};

const firstAt = (node: Node, what: 'starts' | 'ready' | 'stopped'): number =>
  startsIn(node.file(what))[0]?.at ?? Number.NaN;

const areReady = (nodes: readonly Node[]): true | null =>
  nodes.every((node) => existsSync(node.file('ready'))) ? true : null;

/** From the first process to the last that is ready. A program counts its start from the moment it was made. */
const tookMs = (graph: Graph): number =>
  Math.max(...graph.nodes.map((node) => firstAt(node, 'ready'))) -
  Math.min(...graph.nodes.map((node) => firstAt(node, 'ready') - node.bootMs));

/** Started before something that it needs was ready. */
const tooEarly = (graph: Graph): number =>
  graph.nodes.filter((node) =>
    needsOf(graph, node).some((need) => !(firstAt(node, 'starts') >= firstAt(need, 'ready'))),
  ).length;

/** Something that it needs was stopped before it. */
const bereft = (graph: Graph): number =>
  graph.nodes.filter((node) =>
    needsOf(graph, node).some((need) => !(firstAt(need, 'stopped') >= firstAt(node, 'stopped'))),
  ).length;

const configOf = (graph: Graph): string =>
  site(
    graph.nodes.map(({ program, needs }) =>
      service(
        program,
        `needs: [${needs.join(', ')}], checks: [ { http: "http://127.0.0.1:${program.port}/", every: 1s } ]`,
      ),
    ),
  );

type Ours = { readonly tookMs: number; readonly tooEarly: number; readonly bereft: number; readonly stopMs: number };

const ours = async (stand: Stand, turn: number, perLevel: number): Promise<Ours> => {
  stand.say(`Sereno brings up ${LEVELS * perLevel}, turn ${turn + 1}`);
  const room = stand.room(`up${turn}`);
  const graph = await draw(stand, room, perLevel, null);
  const watchman = await stand.sereno(`up${turn}`, configOf(graph));
  await until('all to be up', () => areReady(graph.nodes), 120_000);
  await untilUp(watchman);
  const began = performance.now();
  await watchman.end();
  return { tookMs: tookMs(graph), tooEarly: tooEarly(graph), bereft: bereft(graph), stopMs: performance.now() - began };
};

const untilUp = (watchman: Watchman): Promise<TownView> =>
  until('start-up to end', async () => {
    const town = await watchman.get<TownView>('/api/town');
    return town.startup.phase === 'up' ? town : null;
  });

/** The broken one and all that stand on it. */
const heldUpBy = (graph: Graph, broken: string): ReadonlySet<string> => {
  const held = new Set([broken]);
  for (const node of graph.nodes) if (node.needs.some((need) => held.has(need))) held.add(node.program.name);
  return held;
};

/** One of the second level ends each time before it is ready. */
const withBroken = async (stand: Stand, perLevel: number): Promise<readonly Claim[]> => {
  stand.say('one of them cannot start');
  const broken = 'l1n0';
  const graph = await draw(stand, stand.room('broken'), perLevel, broken);
  const held = heldUpBy(graph, broken);
  const free = graph.nodes.filter(({ program }) => !held.has(program.name));
  const behind = graph.nodes.filter(({ program }) => held.has(program.name) && program.name !== broken);
  await stand.sereno('broken', configOf(graph));
  const areUp = await until('the others to be up', () => areReady(free), 60_000).catch(() => false);
  await pause(3_000);
  const begun = behind.filter((node) => existsSync(node.file('starts'))).length;
  return [
    { what: `${free.length} that do not need the broken one came up`, isTrue: areUp === true },
    {
      what: `none of the ${behind.length} that stand on it was started (${begun})`,
      isTrue: begun === 0 && behind.length > 0,
    },
  ];
};

/** The last needs the first of all, which needs the last: refused when it is read, with the circle in words. */
const withCircle = (stand: Stand): Claim => {
  const room = stand.room('circle');
  const of = (name: string, need: string): string =>
    `${name}: { needs: [${need}], run: { process: { command: [sleep, "9"] } }, checks: [ { process: } ], targets: { availability: 99% over 7d } }`;
  writeFileSync(join(room, 'sereno.yaml'), site([of('a', 'c'), of('b', 'a'), of('c', 'b')]));
  const ran = spawnSync(process.execPath, [BIN, 'check', '--config', join(room, 'sereno.yaml')], { encoding: 'utf8' });
  const said = `${ran.stdout}${ran.stderr}`;
  const isNamed = /config-cycle/.test(said) && /a.*b.*c|a.*c.*b/s.test(said);
  return { what: 'a circle is refused when it is read, and named', isTrue: ran.status !== 0 && isNamed };
};

/** Whoever does nothing else: starts each program at the moment at which the last of its needs notes that it is ready. */
const bare = async (stand: Stand, name: string, perLevel: number): Promise<Theirs> => {
  stand.say(`bare spawn, ${name}`);
  const room = stand.room(name);
  const graph = await draw(stand, room, perLevel, null);
  const children = new Map<Node, ChildProcess>();
  const startAll = (): void => {
    for (const node of graph.nodes)
      if (!children.has(node) && areReady(needsOf(graph, node)) === true) children.set(node, startBare(node.program));
  };
  const watcher = watch(room, startAll);
  stand.defer(() => watcher.close());
  stand.defer(() => children.forEach((child) => child.kill('SIGKILL')));
  startAll();
  // A note is there a moment before its words are.
  const isNoted = (node: Node): boolean => firstAt(node, 'ready') > 0;
  await until('all to be up', () => (graph.nodes.every(isNoted) ? true : null), 120_000);
  return { tookMs: tookMs(graph), tooEarly: tooEarly(graph) };
};

const startBare = ({ command: [file = '', ...words], env }: Program): ChildProcess =>
  spawn(file, words, { env: { ...process.env, ...env }, stdio: 'ignore' });

type Theirs = { readonly tookMs: number; readonly tooEarly: number };

const theirs = async (stand: Stand, perLevel: number): Promise<Theirs> => {
  stand.say('supervisord, by priority');
  const graph = await draw(stand, stand.room('priority'), perLevel, null);
  const it = await enter(
    stand,
    supervisord,
    'ordered',
    graph.nodes.map((node) => node.program),
  );
  await until('all to be up', () => areReady(graph.nodes), 120_000);
  await it.running.stop();
  return { tookMs: tookMs(graph), tooEarly: tooEarly(graph) };
};

/** What all turns of ours come to. */
type Sum = {
  readonly took: readonly number[];
  readonly stop: readonly number[];
  readonly early: number;
  readonly torn: number;
};

const sumOf = (all: readonly Ours[]): Sum => ({
  took: all.map((it) => it.tookMs),
  stop: all.map((it) => it.stopMs),
  early: all.reduce((sum, it) => sum + it.tooEarly, 0),
  torn: all.reduce((sum, it) => sum + it.bereft, 0),
});

const floorRow = (took: readonly number[], over: string): Row => ({
  contender: 'bare `spawn`',
  version: `Node ${process.version}`,
  settings: 'the floor: told by the file system that a need is ready, and does nothing else',
  cells: [spread(took, 'ms'), over, '0', '–'],
});

const peerRow = (it: Theirs, over: string): Row => ({
  contender: 'supervisord',
  version: versionOf(supervisord),
  settings: supervisord.settings['ordered'] ?? '',
  cells: [`${it.tookMs.toFixed(0)} ms`, over, String(it.tooEarly), '–'],
});

const COLUMNS = [
  'all ready after (least–most)',
  'over the longest chain',
  'started before a need was ready',
  'lost a need before it was stopped',
];

const run = async (stand: Stand): Promise<Report> => {
  const [turns, perLevel] = stand.isShort ? [1, 3] : [5, 17];
  const critical = criticalMs(await draw(stand, stand.folder, perLevel, null));
  const over = (ms: number): string => `${((ms / critical - 1) * 100).toFixed(1)} %`;
  const all: Ours[] = [];
  for (let turn = 0; turn < turns; turn += 1) all.push(await ours(stand, turn, perLevel));
  const floor: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) floor.push((await bare(stand, `bare${turn}`, perLevel)).tookMs);
  const { took, stop, early, torn } = sumOf(all);
  const middle = quantile(took, 0.5);
  const claims = [...(await withBroken(stand, perLevel)), withCircle(stand)];
  const peer = stand.isShort ? null : await theirs(stand, perLevel);
  const settings = `${LEVELS * perLevel} services on ${LEVELS} levels, two needs each, one check a second`;
  return {
    columns: COLUMNS,
    rows: [
      { ...OURS, settings, cells: [spread(took, 'ms'), over(middle), String(early), String(torn)] },
      floorRow(floor, over(quantile(floor, 0.5))),
      ...(peer === null ? [] : [peerRow(peer, over(peer.tookMs))]),
    ],
    claims: [
      { what: 'nothing was started before what it needs was ready', isTrue: early === 0 },
      { what: 'nothing lost what it needs before it was stopped', isTrue: torn === 0 },
      ...claims,
    ],
    verdict: middle / critical - 1 <= OVER_MOST ? 'reached' : 'missed',
    notes: [
      `The longest chain of starts is ${critical} ms: nobody can be faster and keep the order. Orderly stop of all: ${spread(stop, 'ms')}.`,
      'supervisord knows an order and no readiness: it starts all of them in that order and waits for none.',
    ],
  };
};

export const d11: Duel = {
  name: 'd11',
  title: 'ordered start by readiness',
  goal: `the longest chain of starts and ${OVER_MOST * 100} %; one that fails holds up only those that stand on it; the reverse on stop; a circle named when read`,
  peers: [supervisord],
  run,
};
