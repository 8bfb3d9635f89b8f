// What the routes of the codex answer: views as they are, and content as bytes that have a name.
//
// The ETag of content is the digest of its revision, and its body is a function of that digest alone: what differs between two
// versions with the same digest stands in headers. So 304 means the same bytes, whichever version they were blessed as.

import { createHash } from 'node:crypto';
import {
  codexContentQuerySchema,
  codexDiffQuerySchema,
  codexItemQuerySchema,
  codexProofQuerySchema,
} from '#api/codex.ts';
import type { ReadName } from '#api/routes.ts';
import { canonical } from '#kernel/canonical.ts';
import type { CodexFound, ServedContent } from '#kernel/codexView.ts';
import { problem } from '#kernel/problem.ts';
import type { Redact } from '#kernel/secret.ts';
import type { CodexServing } from '#ports/codexServing.ts';
import type { Call, Found, Read } from './call.ts';
import type { Sealed } from './reply.ts';
import type { WaitingRoom } from './waiting.ts';

type CodexName = Extract<ReadName, 'codex' | 'codexItem' | 'codexDiff' | 'codexContent' | 'codexProof' | 'codexHead'>;

export type CodexReads = { readonly [Name in CodexName]: Read<Name> };

export type CodexParts = {
  readonly serving: CodexServing;
  readonly waiting: WaitingRoom;
  readonly redact: Redact;
};

const MISSING = {
  kind: 'refused',
  problem: problem('not-found', 'no codex is declared', { mend: 'declare `codex:` in the configuration' }),
} as const;

const never = () => Promise.resolve(MISSING);

/** A server without a codex. */
export const NO_CODEX: CodexServing = {
  list: () => Promise.resolve({ kind: 'found', value: { isDeclared: false, items: [], root: null, entries: 0 } }),
  item: never,
  content: never,
  proof: never,
  head: never,
  diff: never,
  digestOf: () => null,
  onChange: () => () => undefined,
};

const told = <Value>(found: CodexFound<Value>): Found<Value> =>
  found.kind === 'found' ? found : { kind: 'missing', problem: found.problem };

/** The first digest of If-None-Match; undefined: there is none. */
const knownIn = (ifNoneMatch: string | undefined): string | undefined =>
  /"([0-9a-f]{64})"/.exec(ifNoneMatch ?? '')?.[1];

const sealOf = (it: ServedContent, body: string): Sealed => ({
  tag: it.digest,
  headers: {
    // It may be kept, and must be asked for with its tag each time: also what never changes may be revoked.
    'cache-control': 'private, no-cache',
    'content-digest': `sha-256=:${createHash('sha256').update(body).digest('base64')}:`,
    'sereno-codex-version': String(it.version),
    'sereno-codex-state': it.state,
    'sereno-codex-blessed-by': it.blessedBy.map(encodeURIComponent).join(', '),
    ...(it.root === null ? {} : { 'sereno-codex-root': String(it.root) }),
    ...(it.head === null ? {} : { 'sereno-codex-head': String(it.head) }),
  },
});

const content = async ({ serving, waiting, redact }: CodexParts, call: Call): Promise<Found<never>> => {
  const query = codexContentQuerySchema.parse(call.query);
  const [item, ref] = [call.path('item'), call.path('ref')];
  const demand = query.unblessed === 'true' ? 'any' : 'blessed';
  const known = query.than?.replace('sha256:', '') ?? knownIn(call.ifNoneMatch);
  let found = await serving.content(item, ref, demand);
  const isNews = found.kind === 'refused' || found.value.digest !== known;
  if (!isNews && query.wait !== undefined) {
    const waited = waiting.wait({
      look: () => serving.digestOf(item, ref) !== known,
      listen: (listener) => serving.onChange(listener),
      onGone: call.onGone,
      ms: Number.parseInt(query.wait, 10) * 1_000,
    });
    if (waited === null) return { kind: 'missing', problem: problem('too-many-requests', 'too many clients wait') };
    await waited;
    found = await serving.content(item, ref, demand);
  }
  if (found.kind === 'refused') return { kind: 'missing', problem: found.problem };
  const body = canonical(found.value.content);
  // Taking the secret out would make other bytes than those that were blessed.
  if (redact(body) !== body)
    return {
      kind: 'missing',
      problem: problem('codex-refused', `${item} holds a declared secret, which never leaves`),
    };
  return {
    kind: 'sealed',
    body,
    sealed: sealOf(found.value, body),
    known: known === undefined ? call.ifNoneMatch : `"${known}"`,
  };
};

export const makeCodexReads = (parts: CodexParts): CodexReads => {
  const { serving } = parts;
  return {
    codex: async () => told(await serving.list()),
    codexItem: async (call) => {
      const { before, limit } = codexItemQuerySchema.parse(call.query);
      return told(await serving.item(call.path('item'), { before: before ?? null, limit }));
    },
    codexDiff: async (call) => {
      const { from, to } = codexDiffQuerySchema.parse(call.query);
      return told(await serving.diff(call.path('item'), from, to));
    },
    codexContent: (call) => content(parts, call),
    codexProof: async (call) => {
      const { root } = codexProofQuerySchema.parse(call.query);
      return told(await serving.proof(call.path('item'), call.path('ref'), root));
    },
    codexHead: async (call) => told(await serving.head(codexProofQuerySchema.parse(call.query).root)),
  };
};
