// Getting: one blessed revision for a program or a person, verified at this moment: bytes, content, signatures.

import { writeYaml } from '#adapters/codex/yaml.ts';
import { originOf } from '#duties/codex/revision.ts';
import { blessedOf, type Blessed } from '#duties/codex/content.ts';
import { verdictProblem } from '#duties/codex/trust/problem.ts';
import { problem, ProblemError } from '#kernel/problem.ts';
import type { Instant } from '#kernel/time.ts';
import { blessersIn, envelopeOf, isContentDisputed } from './attested.ts';
import { verdictOn } from './deeds.ts';
import { contentDigest, contentWith, itemOf, revisionOf, type CodexDesk } from './desk.ts';

/**
 * The blessed file of a revision: `item` (what is active), `item@3`, `item@tag`, `item@active`, or a digest. Throws
 * ProblemError: `not-found`, `bad-request`, `codex-revoked`, `codex-refused`, `codex-untrusted`, `codex-stale`,
 * `codex-content`, `codex-damaged`, `store-unusable`.
 */
export const getBlessed = (desk: CodexDesk, selector: string, now: Instant): Blessed => {
  const revision = revisionOf(desk, selector, 'blessed');
  const { ref } = revision;
  const { content } = contentWith(desk, ref.digest);
  const verdict = verdictOn(desk, ref, now);
  const distrust = verdictProblem(`${ref.item}@${ref.version}`, verdict);
  if (distrust !== null) throw new ProblemError([distrust]);
  const origin = originOf(itemOf(desk, ref.item), revision);
  const root = desk.chain.root();
  if (root !== null && isContentDisputed(desk, root, { origin, content: contentDigest(content) }))
    throw new ProblemError([disputedProblem(`${ref.item}@${ref.version}`)]);
  return blessedOf(content, {
    blessedBy: blessersIn(verdict),
    blessedAt: origin.attestations.findLast(({ predicate }) => predicate === 'blessing')?.at ?? null,
    version: ref.version,
    digest: ref.digest,
  });
};

export const disputedProblem = (name: string) =>
  problem('codex-content', `${name} is filled otherwise now than the content that was signed`, {
    mend: 'the engine of templates is another: go back to the Sereno that it was blessed with, or have it blessed anew',
  });

/** As in the folder of blessed files, byte for byte. */
export const sayBlessed = (blessed: Blessed): string => writeYaml(blessed);

/** The root of trust in force, as it was signed: what a program pins. Throws ProblemError: `not-found`, `codex-damaged`. */
export const rootDocument = (desk: CodexDesk): string => {
  const last = desk.chain.documents().at(-1);
  if (last === undefined)
    throw new ProblemError([
      problem('not-found', 'nobody is trusted to bless yet', { mend: 'sereno codex trust <person>=<key> …' }),
    ]);
  return envelopeOf(desk, last.digest);
};
