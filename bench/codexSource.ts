// Benchmark: what one export costs in process before anything is stored, each part as a ratio to a named peer in the same run.
//
//   canonical   kernel/canonical.ts            against   the package canonicalize, on the same closures
//   content     decode, check and fill         against   liquidjs alone: parse and render, nothing checked
//   export      YAML → closure → digest → content → YAML   against   the same in Python (json, hashlib, PyYAML), if it is there
//
// node bench/codexSource.ts [exports]   Medians of seven rounds of processor time, both sides in turn. The Python peer has no
// templates: it puts the values into the text by str.replace, which is less than what is measured here.

import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { Liquid } from 'liquidjs';
import { readYaml, writeYaml } from '#adapters/codex/yaml.ts';
import { makeLiquid } from '#adapters/liquid/templates.ts';
import { closureText, gather } from '#duties/codex/closure.ts';
import { blessedOf, contentOf } from '#duties/codex/content.ts';
import { canonical } from '#kernel/canonical.ts';
import { digest, type Closure } from '#kernel/codex.ts';
import type { Shelf } from '#kernel/template.ts';
import { instant } from '#kernel/time.ts';

const EXPORTS = Number(process.argv[2] ?? 500);
const ROUNDS = 7;

/** About 2 KB, as real blessed files have. */
const TEXT = `${'Read the posting below and describe what the job is about, in sentences that stand by themselves. '.repeat(16)}\n`;
const TEMPLATE = `${TEXT}Write in a {{ tone }} tone.\n{% render 'rules.md' %}\nThe posting:\n{{ posting }}\n`;
const RULES = '{% for rule in rules %}- {{ rule }}\n{% endfor %}';
const PARAMETERS = { tone: 'plain', rules: ['no names', 'no dates', 'no prices'] };

const sourceText = (index: number): string => `task_id: ty_extract_${index}
title: A concise description of a job
model: { model_id: gemma3:1b }
generation_config: { temperature: 0.1, max_tokens: 800 }
output_schema: [{ name: description, type: markdown }]
parameters: ${JSON.stringify(PARAMETERS)}
input_schema: [{ name: posting, type: string }]
expected_behavior: Three sentences.
`;

const engine = makeLiquid();
const TEMPLATES: ReadonlyMap<string, string> = new Map([
  ['main.md', TEMPLATE],
  ['rules.md', RULES],
]);
const shelf: Shelf = {
  read: (path) => TEMPLATES.get(path) ?? null,
  where: (path) => path,
  list: () => [...TEMPLATES.keys()],
  mentions: engine.mentions,
};

const closureAt = (index: number): Closure => {
  const file = readYaml(`ty_log/concise_${index}.yaml`, Buffer.from(sourceText(index)));
  if ('problems' in file) throw new Error('the source of the benchmark is not one');
  const gathered = gather(file, shelf, { [`ty_extract_${index}`]: 'main.md' });
  if (gathered.kind === 'refused') throw new Error(gathered.problems[0]?.message);
  return gathered.closure;
};

const exportOne = (index: number): string => {
  const closure = closureAt(index);
  const sha = digest(hash('sha256', closureText(closure)));
  const made = contentOf(closure, engine.render);
  if (made.kind === 'refused') throw new Error(made.problems[0]?.message);
  const blessed = blessedOf(made.content, { blessedBy: ['cleo'], blessedAt: instant(0), version: 1, digest: sha });
  return writeYaml(blessed);
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Microseconds of processor time for each of `count` repetitions. */
const costOf = (count: number, work: (index: number) => unknown): number => {
  const start = process.cpuUsage();
  for (let index = 0; index < count; index += 1) work(index);
  const used = process.cpuUsage(start);
  return (used.user + used.system) / count;
};

const compare = (
  name: string,
  count: number,
  ours: (index: number) => unknown,
  peer: (index: number) => unknown,
): void => {
  const rounds = Array.from({ length: ROUNDS }, () => [costOf(count, ours), costOf(count, peer)] as const);
  const [own, other] = [median(rounds.map((it) => it[0])), median(rounds.map((it) => it[1]))];
  console.log(
    `${name.padEnd(10)} ${own.toFixed(1).padStart(9)} µs   peer ${other.toFixed(1).padStart(9)} µs   ratio ${(own / other).toFixed(2)}`,
  );
};

/** Wall and processor time of the slowest and the median export, which the goals speak of. */
const percentiles = (): void => {
  const times = Array.from({ length: EXPORTS }, (_, index) => {
    const start = performance.now();
    exportOne(index);
    return performance.now() - start;
  }).toSorted((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor(share * (times.length - 1))] ?? Number.NaN).toFixed(2);
  console.log(`export     p50 ${at(0.5)} ms   p99 ${at(0.99)} ms   of ${EXPORTS}, without a disk`);
};

const PYTHON = `
import hashlib, json, sys, time
try:
    import yaml
except ImportError:
    sys.exit(3)
count, rounds = int(sys.argv[1]), int(sys.argv[2])
template, rules = sys.argv[3], json.loads(sys.argv[4])
loader, dumper = getattr(yaml, 'CSafeLoader', yaml.SafeLoader), getattr(yaml, 'CSafeDumper', yaml.SafeDumper)
def export(text):
    source = yaml.load(text, Loader=loader)
    prompt = template.replace('{{ tone }}', source['parameters']['tone']).replace("{% render 'rules.md' %}", ''.join('- %s\\n' % rule for rule in rules))
    sha = hashlib.sha256(json.dumps({'source': source, 'template': template}, sort_keys=True, separators=(',', ':')).encode()).hexdigest()
    blessed = dict(task_id=source['task_id'], title=source['title'], model_id=source['model']['model_id'], prompt=prompt, temperature=source['generation_config']['temperature'], max_tokens=source['generation_config']['max_tokens'], digest=sha)
    return yaml.dump(blessed, Dumper=dumper, sort_keys=False)
text, costs = sys.argv[5], []
for _ in range(rounds):
    start = time.process_time()
    for _ in range(count): export(text)
    costs.append((time.process_time() - start) / count * 1e6)
print('C' if dumper is not yaml.SafeDumper else 'pure', sorted(costs)[rounds // 2])
`;

const python = (): void => {
  const args = [
    '-c',
    PYTHON,
    String(EXPORTS),
    String(ROUNDS),
    TEMPLATE,
    JSON.stringify(PARAMETERS.rules),
    sourceText(0),
  ];
  const run = spawnSync('python3', args, { encoding: 'utf8' });
  const own = median(Array.from({ length: ROUNDS }, () => costOf(EXPORTS, exportOne)));
  const [kind, cost] = run.status === 0 ? run.stdout.trim().split(' ') : [];
  const peer =
    cost === undefined
      ? 'no python3 with PyYAML here'
      : `python (${kind} yaml) ${Number(cost).toFixed(1)} µs   ratio ${(own / Number(cost)).toFixed(2)}`;
  console.log(`export     ${own.toFixed(1).padStart(9)} µs   peer ${peer}`);
};

const main = (): void => {
  const closures = Array.from({ length: 50 }, (_, index) => closureAt(index));
  const closure = (index: number): Closure => closures[index % closures.length] ?? closureAt(0);
  const plain = new Liquid({ templates: Object.fromEntries(TEMPLATES) });
  const job = { ...PARAMETERS, posting: '{{ posting }}' };
  compare(
    'canonical',
    EXPORTS * 4,
    (index) => canonical(closure(index)),
    (index) => canonicalize(closure(index)),
  );
  compare(
    'content',
    EXPORTS,
    (index) => contentOf(closure(index), engine.render),
    () => plain.parseAndRenderSync(TEMPLATE, job),
  );
  percentiles();
  python();
};

main();
