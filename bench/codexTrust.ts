// Benchmark: what it costs to believe a revision, each as a ratio to a named peer in the same run.
//
//   verdict   verdictOf over the envelopes of one revision   against   the same signatures, verified bare by node:crypto
//   chain     trustChain over 12 roots, 3 of 5               against   the same chain through @tufjs/models
//
// node bench/codexTrust.ts [verdicts]   Processor time (user + system) in microseconds a piece, medians of five rounds, both
// sides in turn. Goal: a verdict in at most 1 ms.

import { createPublicKey, generateKeyPairSync, hash, sign, verify as bareVerify, type KeyObject } from 'node:crypto';
import { Metadata, MetadataKind } from '@tufjs/models';
import { publicHalf } from '#adapters/signing/point.ts';
import { makeSshSignature } from '#adapters/signing/sshsig.ts';
import { makeVerify } from '#adapters/signing/verify.ts';
import { preAuthEncoding, withSignature, type Envelope } from '#duties/codex/trust/envelope.ts';
import { messageOf, writeMetadata } from '#duties/codex/trust/metadata.ts';
import { keyIdText, rootSigned } from '#duties/codex/trust/root.ts';
import { draftEnvelope, type Saying } from '#duties/codex/trust/statement.ts';
import { trustChain } from '#duties/codex/trust/trust.ts';
import { verdictOf } from '#duties/codex/trust/verdict.ts';
import { digest, itemId } from '#kernel/codex.ts';
import { instant } from '#kernel/time.ts';
import { BEFORE_POINT, type KeyScheme, type Root, type TrustedKey } from '#kernel/trust.ts';
import { quantile } from './measure.ts';

const VERDICTS = Number(process.argv[2] ?? 500);
const CHAINS = Math.max(20, VERDICTS / 20);
const ROUNDS = 5;
const ROOTS = 12;
const GOAL_MICROSECONDS = 1_000;

const NOW = instant(1_795_000_000_000);
const EXPIRES = instant(1_900_000_000_000);
const REVISION = { item: itemId('extract_concise_description'), version: 3, digest: digest(hash('sha256', 'closure')) };

type Person = { readonly key: TrustedKey; readonly sign: (message: Uint8Array) => Uint8Array };

const person = (scheme: KeyScheme, owner: string): Person => {
  const { privateKey } =
    scheme === 'ecdsa-sha2-nistp256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519');
  const half = publicHalf(privateKey);
  if (half === null) throw new Error('a key of a kind that nobody asked for');
  const key = { scheme, point: half.point };
  return { key: { ...key, id: hash('sha256', keyIdText(key)), owner }, sign: signWith(scheme, half.point, privateKey) };
};

const signWith = (scheme: KeyScheme, point: string, privateKey: KeyObject): Person['sign'] => {
  if (scheme === 'sshsig') return (message) => makeSshSignature(privateKey, point, message);
  return (message) => sign(scheme === 'ed25519' ? null : 'sha256', message, privateKey);
};

const signed = (people: readonly Person[], saying: Saying): Envelope => {
  const draft = draftEnvelope(REVISION, saying);
  const message = preAuthEncoding(draft.payloadType, draft.payload);
  return people.reduce(
    (all, { key, sign: by }) => withSignature(all, { keyId: key.id, signature: by(message) }),
    draft,
  );
};

const roleOf = (people: readonly Person[], threshold: number): Root['roles']['root'] => ({
  keyIds: people.map(({ key }) => key.id),
  threshold,
});

const rootOf = (people: readonly Person[], version: number): Root => ({
  version,
  expires: EXPIRES,
  keys: people.map(({ key }) => key),
  roles: {
    root: roleOf(people, 3),
    head: roleOf(people, 1),
    blessing: roleOf(people, 2),
    review: roleOf(people, 1),
    'test-result': roleOf(people, 1),
    revocation: null,
  },
  retired: [],
});

/** Processor time of one piece of work, in microseconds. */
const costOf = (times: number, work: () => void): number => {
  const before = process.cpuUsage();
  for (let done = 0; done < times; done += 1) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
};

const inTurns = (times: number, ours: () => void, theirs: () => void): readonly [number, number] => {
  const costs: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const [one, other] = [costOf(times, ours), costOf(times, theirs)];
    if (round === 0) continue; // The first round warms both sides.
    costs[0].push(one);
    costs[1].push(other);
  }
  return [quantile(costs[0], 0.5), quantile(costs[1], 0.5)];
};

const say = (name: string, [ours, theirs]: readonly [number, number], more = ''): void =>
  console.log(
    `${name.padEnd(40)} ${ours.toFixed(0).padStart(8)} ${theirs.toFixed(0).padStart(8)} ${(ours / theirs).toFixed(2).padStart(7)}  ${more}`,
  );

const mustBe = (what: string, isSo: boolean): void => {
  if (!isSo) throw new Error(`${what} is not believed, so nothing was measured`);
};

const benchVerdict = (scheme: KeyScheme): void => {
  const people = ['ada', 'bo', 'cleo', 'dan', 'eve'].map((owner) => person(scheme, owner));
  const [ada, bo, cleo, dan] = people as [Person, Person, Person, Person]; // decoder: five names, five people
  const root = rootOf(people, 1);
  const said = { why: 'as measured', at: NOW };
  const test: Saying = {
    predicate: 'test-result',
    result: 'PASSED',
    configuration: [],
    passed: [],
    warned: [],
    failed: [],
  };
  const envelopes = [
    signed([dan], test),
    signed([cleo], { predicate: 'review', verdict: 'approved', ...said }),
    signed([ada, bo], { predicate: 'blessing', ...said }),
  ].map((envelope, at) => ({ envelope, seq: at + 1 }));
  const verify = makeVerify();
  const ours = (): void =>
    mustBe(
      'the revision',
      verdictOf({ revision: REVISION, authors: ['eve'], envelopes, now: NOW }, root, verify).kind === 'blessed',
    );
  const bare = envelopes.flatMap(({ envelope }) => bareParts(envelope, people));
  const theirs = (): void =>
    mustBe(
      'a bare signature',
      bare.every((it) => it()),
    );
  const costs = inTurns(VERDICTS, ours, theirs);
  say(
    `verdict, 4 signatures, ${scheme}`,
    costs,
    `goal <= ${GOAL_MICROSECONDS} ${costs[0] <= GOAL_MICROSECONDS ? 'met' : 'MISSED'}`,
  );
};

/** The peer knows which key has signed, has it open, and reads nothing. */
const bareParts = (envelope: Envelope, people: readonly Person[]): readonly (() => boolean)[] => {
  const message = preAuthEncoding(envelope.payloadType, envelope.payload);
  return envelope.signatures.map(({ keyId, signature }) => {
    const key = people.find((it) => it.key.id === keyId)?.key;
    if (key === undefined) throw new Error('nobody has this key');
    const der = Buffer.from(BEFORE_POINT[key.scheme] + key.point, 'hex');
    const opened = createPublicKey({ key: der, format: 'der', type: 'spki' });
    // Node knows no signatures of OpenSSH: here the peer is our own verification of the signature alone.
    if (key.scheme === 'sshsig') return () => bareSsh(key, message, signature);
    return () => bareVerify(key.scheme === 'ed25519' ? null : 'sha256', message, opened, signature);
  });
};

const bareSsh = makeVerify();

const benchChain = (): void => {
  const people = ['ada', 'bo', 'cleo', 'dan', 'eve'].map((owner) => person('ed25519', owner));
  const texts = Array.from({ length: ROOTS }, (_, at) => {
    const value = rootSigned(rootOf(people, at + 1));
    return writeMetadata(
      value,
      people.slice(0, 3).map(({ key, sign: by }) => ({ keyId: key.id, signature: by(messageOf(value)) })),
    );
  });
  const verify = makeVerify();
  const ours = (): void => mustBe('our chain', trustChain(texts, verify).count === ROOTS);
  const theirs = (): void => {
    const roots = texts.map((text) => Metadata.fromJSON(MetadataKind.Root, JSON.parse(text)));
    for (const [at, root] of roots.entries()) {
      (roots[at - 1] ?? root).verifyDelegate('root', root);
      root.verifyDelegate('root', root);
    }
  };
  say(`chain of ${ROOTS} roots, 3 of 5, ed25519`, inTurns(CHAINS, ours, theirs), '@tufjs/models');
};

console.log(
  `${'microseconds of processor time'.padEnd(40)} ${'ours'.padStart(8)} ${'peer'.padStart(8)} ${'ratio'.padStart(7)}`,
);
for (const scheme of ['ed25519', 'ecdsa-sha2-nistp256', 'sshsig'] as const) benchVerdict(scheme);
benchChain();
