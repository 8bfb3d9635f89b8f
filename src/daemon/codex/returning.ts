// Going back, with what the codex knows: an old version beside what production reads now. What is damaged of other versions,
// as often the active one is when somebody goes back, is in nobody's way: only what is to come back must be whole.

import { evaluationsOf } from '#duties/codex/evaluated.ts';
import { classOf, schemaOf, subjectOf } from '#duties/codex/gate.ts';
import { judgeReturn, wasMeasured } from '#duties/codex/goingBack.ts';
import type { QaVerdict } from '#duties/codex/qa.ts';
import { originOf, type Revision } from '#duties/codex/revision.ts';
import type { Digest } from '#kernel/codex.ts';
import { ProblemError } from '#kernel/problem.ts';
import { closureWith, contentWith, itemOf, type CodexDesk } from './desk.ts';
import { digestOf } from './suites.ts';

/** The verdict of quality assurance on an old version becoming active. Throws ProblemError: `codex-damaged`, of its own objects. */
export const judgeReturning = (desk: CodexDesk, revision: Revision): QaVerdict => {
  const { ref } = revision;
  const item = itemOf(desk, ref.item);
  const active = item.active === null || item.active === ref.version ? null : (item.revisions[item.active - 1] ?? null);
  const all = evaluationsOf(item, null, (statement) => textIn(desk, statement));
  const of = (digest: Digest) => all.filter(({ deed }) => deed.revision.digest === digest);
  const { content, variables } = contentWith(desk, ref.digest);
  return judgeReturn({
    closure: closureWith(desk, ref.digest),
    content,
    variables,
    // A rollback is said as the version whose content it is, so that what was waived for that one is let pass.
    version: originOf(item, revision).ref.version,
    evaluations: of(ref.digest),
    wasMeasure: wasMeasured(all, ref),
    active: active === null ? null : { version: active.ref.version, schema: schemaWith(desk, active.ref.digest) },
    wasActiveEvaluated: active !== null && of(active.ref.digest).length > 0,
    compatibility: classOf(desk.ledger.schemas(), subjectOf(ref.item)),
    digestOf,
  });
};

/** Null: it is damaged or gone. */
const textIn = (desk: CodexDesk, name: Digest): string | null => {
  const read = desk.store.read(name);
  return read.kind === 'read' ? read.text : null;
};

/** Null too for a version that is damaged: for what its readers were made is not known any more. */
const schemaWith = (desk: CodexDesk, digest: Digest) => {
  try {
    return schemaOf(closureWith(desk, digest));
  } catch (error) {
    if (error instanceof ProblemError) return null;
    throw error;
  }
};
