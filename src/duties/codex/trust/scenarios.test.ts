// The scenarios of TUF as data: each document as it was signed once, and what a reader must say to it. An independent
// implementation of TUF must find the same signatures good or wanting in every root.
// decoder: the data is read as what it is

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { Metadata, MetadataKind } from '@tufjs/models';
import type { Trust } from '#kernel/trust.ts';
import { instant } from '#kernel/time.ts';
import { entryOf, verifyEd25519 } from './ground.contract.ts';
import { trustFirst, trustHead, trustNext, type Believed } from './trust.ts';

type Step = {
  readonly give: 'root' | 'head';
  readonly document: string;
  readonly expect: 'believed' | 'unreadable' | readonly string[];
  readonly now: string;
  readonly log: { readonly entries: number; readonly forkedAt: number | null };
};

const DATA = JSON.parse(readFileSync(new URL('./fixtures/scenarios.json', import.meta.url), 'utf8')) as {
  readonly documents: Readonly<Record<string, object>>;
  readonly scenarios: readonly { readonly name: string; readonly steps: readonly Step[] }[];
};

const textOf = (name: string): string => JSON.stringify(DATA.documents[name] ?? assert.fail(`no document ${name}`));

const give = (trust: Trust | null, { give: kind, document, now, log }: Step): Believed => {
  const text = textOf(document);
  if (trust === null) return trustFirst(text, verifyEd25519);
  if (kind === 'root') return trustNext(trust, text, verifyEd25519);
  const entryDigest = (seq: number) => {
    if (seq < 1 || seq > log.entries) return null;
    return entryOf(seq, log.forkedAt !== null && seq >= log.forkedAt ? 'fork' : 'main');
  };
  return trustHead(trust, text, { entryDigest, now: instant(Date.parse(now)), verify: verifyEd25519 });
};

const said = (believed: Believed): Step['expect'] =>
  believed.kind === 'refused' ? believed.reasons.map(({ kind }) => kind) : believed.kind;

/** What `@tufjs/models` says of the signatures of a root: enough for the rule of that root and for its own. */
const tufBelieves = (ruling: string, document: string): boolean => {
  const read = (name: string) => Metadata.fromJSON(MetadataKind.Root, JSON.parse(textOf(name)));
  try {
    read(ruling).verifyDelegate('root', read(document));
    read(document).verifyDelegate('root', read(document));
    return true;
  } catch {
    return false;
  }
};

/** Where our rule is stricter than TUF: two keys of one person are one signer. */
const STRICTER = ['root-1-two-keys-of-one-person'];

for (const { name, steps } of DATA.scenarios) {
  test(`TUF as data: ${name}`, () => {
    let trust: Trust | null = null;
    let ruling: string | null = null;
    for (const step of steps) {
      const believed = give(trust, step);
      assert.deepEqual(said(believed), step.expect, step.document);
      if (step.give === 'root' && !said(believed).includes('wrong-version')) {
        const isStricter = STRICTER.includes(step.document);
        const expected = believed.kind === 'believed' || isStricter;
        assert.equal(
          tufBelieves(ruling ?? step.document, step.document),
          expected,
          `an independent TUF: ${step.document}`,
        );
      }
      if (believed.kind !== 'believed') continue;
      trust = believed.trust;
      if (step.give === 'root') ruling = step.document;
    }
  });
}

test('the attacks that TUF names are all there', () => {
  const names = DATA.scenarios.map(({ name }) => name).join('\n');
  for (const attack of [
    'chain',
    'threshold',
    'rotation',
    'rollback',
    'freeze',
    'mix and match',
    'fast-forward',
    'arbitrary software',
    'wrong key',
  ])
    assert.match(names, new RegExp(`^${attack}: `, 'm'));
});
