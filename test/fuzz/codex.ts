// Targets of the codex: sources, templates, blessed files, entries of the log, envelopes and roots of trust.

import { hash } from 'node:crypto';
import { decodeRecord, encodeRecord, sealEntry } from '#adapters/codex/record.ts';
import { BLESSED_WORDING, readYaml, writeYaml } from '#adapters/codex/yaml.ts';
import { makeLiquid } from '#adapters/liquid/templates.ts';
import { makeVerify } from '#adapters/signing/verify.ts';
import { closureText, gather } from '#duties/codex/closure.ts';
import { blessedOf, contentOf, decodeBlessed } from '#duties/codex/content.ts';
import { readEnvelope, writeEnvelope } from '#duties/codex/trust/envelope.ts';
import { readMetadata } from '#duties/codex/trust/metadata.ts';
import { trustFirst, trustNext } from '#duties/codex/trust/trust.ts';
import { canonical } from '#kernel/canonical.ts';
import { digest, GENESIS_DIGEST, itemId, type CodexEntry } from '#kernel/codex.ts';
import { sayProblem, type Problem } from '#kernel/problem.ts';
import type { Shelf } from '#kernel/template.ts';
import { instant } from '#kernel/time.ts';
import { ada, bo, cleo, rootOf, rootText } from '#duties/codex/trust/ground.contract.ts';
import type { Target } from './target.ts';

const closing = { close: () => Promise.resolve() };

/** Cuts an input into a source and the template that it names. */
const CUT = '\n8<\n';
const ITEM = 'ty_extract_concise_description';

/** What a person is told of one input. */
const WORDS_MAX = 100_000;

const tooMuch = (problems: readonly Problem[]): string | null => {
  if (problems.length === 0) return 'refused without a problem';
  const said = problems.map(sayProblem).join('\n');
  return said.length > WORDS_MAX ? `it said ${said.length} characters` : null;
};

const SOURCE = `task_id: ${ITEM}
title: &t A title
model: { model_id: gemma3:1b }
generation_config: { temperature: 0.1, max_tokens: 800 }
output_schema: [{ name: description, type: markdown }]
parameters: { tone: plain, rules: [no names, 1, { a: *t }] }
variables: [posting]
notes: |
  As JSON, please.
`;
const TEMPLATE = `Describe {{ posting }} in a {{ tone }} tone.
{% for rule in rules %}- {{ rule | upcase }}
{% endfor %}{% if tone == 'plain' %}x{% else %}y{% endif %}{% render 'parts/a.md', tone: tone %}`;

const sources: Target = {
  name: 'codexSource',
  share: 60,
  seeds: () => [
    Buffer.from(SOURCE + CUT + TEMPLATE),
    Buffer.from(SOURCE.replace(ITEM, 'own') + 'prompt_template: "Say {{ posting }} now"\n'),
    Buffer.from(`${SOURCE}input_schema: { type: object, properties: { a: {}, b: {} } }\n${CUT}{{ a }}{{ b.c }}`),
    Buffer.from(
      `\ufeff${SOURCE.replaceAll('\n', '\r\n')}${CUT}{% assign x = tone %}{{ x }}{% raw %}{{ y }}{% endraw %}`,
    ),
  ],
  words: [
    'task_id: ',
    '&a ',
    '*a',
    '<<: ',
    '!!',
    '? ',
    '- ',
    '|2-\n',
    '.nan',
    '0x',
    '{{ ',
    ' }}',
    '{% ',
    ' %}',
    'render',
    '\u202e',
    CUT,
  ],
  open: async () => {
    const engine = makeLiquid();
    return {
      ...closing,
      attempt: (input) => {
        const [source = '', template = TEMPLATE] = input.toString('latin1').split(CUT);
        const texts: Readonly<Record<string, string>> = {
          'concise_description.md': Buffer.from(template, 'latin1').toString('utf8'),
          'parts/a.md': '{{ tone }}',
        };
        const shelf: Shelf = {
          read: (path) => texts[path] ?? null,
          where: (path) => path,
          list: () => Object.keys(texts),
          mentions: engine.mentions,
        };
        const file = readYaml('s.yaml', Buffer.from(source, 'latin1'));
        if ('problems' in file) return tooMuch(file.problems);
        const gathered = gather(file, shelf);
        if (gathered.kind === 'refused') return tooMuch(gathered.problems);
        const text = closureText(gathered.closure);
        if (closureText(JSON.parse(text)) !== text) return 'a closure is another one when it is read again';
        const made = contentOf(gathered.closure, engine.render);
        if (made.kind === 'refused') return tooMuch(made.problems);
        const standing = { blessedBy: [], blessedAt: null, version: 1, digest: digest(hash('sha256', text)) };
        const blessed = blessedOf(made.content, standing);
        const again = readYaml('b.yaml', Buffer.from(writeYaml(blessed)), BLESSED_WORDING);
        if ('problems' in again) return `a blessed file that cannot be read: ${again.problems[0]?.message ?? ''}`;
        return canonical(again.value) === canonical(blessed) ? null : 'a blessed file says something else';
      },
    };
  },
};

const blessed: Target = {
  name: 'codexBlessed',
  share: 40,
  seeds: () => [
    Buffer.from(
      'task_id: own\ntitle: t\nmodel_id: m\nprompt: |\n  a\n  b\ntemperature: 0.1\nmax_tokens: 800\nformat: json\nexpected_behavior: ""\nqa_schema_id: qa_own_v1\nsource_log_id: own\nblessed_by: ana\nblessed_on: 2026-11-21\nversion: 3\ndigest: x\n',
    ),
  ],
  words: ['version: ', 'null', '.inf', '1e400', '[]', '{}', ': |\n  '],
  open: async () => ({
    ...closing,
    attempt: (input) => {
      const file = readYaml('b.yaml', input, BLESSED_WORDING);
      if ('problems' in file) return tooMuch(file.problems);
      const decoded = decodeBlessed(file);
      if (decoded.kind === 'refused') return tooMuch(decoded.problems);
      const { version, temperature, max_tokens: tokens } = decoded.loaded;
      const isWhole = Number.isSafeInteger(version) && version >= 1 && Number.isSafeInteger(tokens);
      return isWhole && Number.isFinite(temperature) ? null : 'numbers that are none were loaded';
    },
  }),
};

const ENTRY: CodexEntry = {
  format: 1,
  seq: 1,
  prev: GENESIS_DIGEST,
  at: instant(1_795_239_865_804),
  by: { name: 'ann', kind: 'person' },
  deed: {
    kind: 'exported',
    revision: { item: itemId('own'), version: 1, digest: digest('a'.repeat(64)) },
    parent: null,
    restores: null,
    why: 'é',
  },
};

const entries: Target = {
  name: 'codexEntry',
  share: 120,
  seeds: () => [encodeRecord(sealEntry(ENTRY))],
  words: ['"seq":', '"hash":"', 'null', '1e3', '"kind":"revoked"', '\n'],
  open: async () => ({
    ...closing,
    attempt: (input) => {
      const decoded = decodeRecord(input, 1, GENESIS_DIGEST);
      if (decoded.kind === 'wrong') return decoded.why.length < 300 ? null : 'it said too much';
      return encodeRecord(decoded.record).equals(input) ? null : 'an entry is written in two ways';
    },
  }),
};

const ENVELOPE = JSON.stringify({
  payload: 'eyJhIjoxfQ==',
  payloadType: 'application/vnd.in-toto+json',
  signatures: [{ keyid: 'a', sig: 'AAAA' }, { sig: 'AAECAw==' }],
});

const envelopes: Target = {
  name: 'codexEnvelope',
  share: 120,
  seeds: () => [Buffer.from(ENVELOPE)],
  words: ['"signatures":[', '"sig":"', '"payload":"', '====', '\\u0000', '"keyid":null'],
  open: async () => ({
    ...closing,
    attempt: (input) => {
      const read = readEnvelope(input.toString('utf8'));
      if (read.kind === 'refused') return tooMuch(read.problems);
      const again = readEnvelope(writeEnvelope(read.value));
      if (again.kind === 'refused') return 'an envelope cannot be read again';
      const same = Buffer.from(again.value.payload).equals(Buffer.from(read.value.payload));
      return same && again.value.signatures.length === read.value.signatures.length ? null : 'it is another envelope';
    },
  }),
};

const roots: Target = {
  name: 'codexRoot',
  share: 40,
  seeds: () => [
    Buffer.from(rootText(rootOf(), [ada, bo, cleo])),
    Buffer.from(rootText(rootOf({ version: 2 }), [ada, bo, cleo])),
  ],
  words: [
    '"threshold": ',
    '"keyids": [',
    '"version": ',
    '"sig": "',
    '"expires": "',
    '"x-sereno-owner": "',
    '"_type": "',
  ],
  open: async () => {
    const verify = makeVerify();
    const first = trustFirst(rootText(rootOf(), [ada, bo, cleo]), verify);
    if (first.kind !== 'believed') throw new Error('the root of this target is not believed');
    const own = new Set([1, 2].map((version) => signedPart(rootText(rootOf({ version }), [ada, bo, cleo]))));
    return {
      ...closing,
      attempt: (input) => {
        const text = input.toString('utf8');
        const believed = trustNext(first.trust, text, verify);
        if (believed.kind === 'unreadable') return tooMuch(believed.problems);
        if (believed.kind === 'refused') return believed.reasons.length > 0 ? null : 'refused without a reason';
        return own.has(signedPart(text)) ? null : 'a root is believed that nobody has signed';
      },
    };
  },
};

/** What the signatures of a document are over. */
const signedPart = (text: string): string => {
  const read = readMetadata(text);
  return read.kind === 'read' ? Buffer.from(read.value.message).toString('utf8') : '';
};

export const CODEX: readonly Target[] = [sources, blessed, entries, envelopes, roots];
