// Problems: what a person did or has that Sereno cannot work with. Each has a stable code and a row in docs/errors.md.

/** Exit codes of the command line, one meaning each. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unhealthy: 3, needsApproval: 4, notEnoughData: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Every code, with the exit code of a command that ends with it and what it means. Closed; docs/errors.md is compared with it. */
export const PROBLEMS = {
  'config-not-found': { exit: EXIT.usage, means: 'the configuration file does not exist or cannot be read' },
  'config-syntax': { exit: EXIT.usage, means: 'the file is not YAML that Sereno accepts' },
  'config-too-big': { exit: EXIT.usage, means: 'the file, or what its aliases unfold to, is over the limit' },
  'config-unknown-key': { exit: EXIT.usage, means: 'a key that the language does not have' },
  'config-wrong-type': { exit: EXIT.usage, means: 'a value of the wrong shape' },
  'config-bad-value': { exit: EXIT.usage, means: 'a value of the right shape that means nothing' },
  'config-missing-key': { exit: EXIT.usage, means: 'a key that must be there is missing' },
  'config-duplicate': { exit: EXIT.usage, means: 'the same name is declared twice' },
  'config-unknown-name': { exit: EXIT.usage, means: 'a name that nothing declares' },
  'config-cycle': { exit: EXIT.usage, means: 'services need each other in a circle' },
  'config-secret-missing': {
    exit: EXIT.usage,
    means: 'an environment variable or file that the configuration refers to is missing',
  },
  'service-unmonitored': {
    exit: EXIT.usage,
    means: 'a service without a check, a target or a way to recover cannot become active',
  },
  'codex-source': { exit: EXIT.failed, means: 'the source of a codex item cannot be exported as it is' },
  'codex-template': { exit: EXIT.failed, means: 'a template of the codex is missing, or does not fit its source' },
  'codex-content': { exit: EXIT.failed, means: 'a blessed file of the codex is missing, or is not what it should be' },
  'store-newer': { exit: EXIT.failed, means: 'the store was written by a newer Sereno' },
  'store-corrupt': { exit: EXIT.failed, means: 'the store is damaged' },
  'store-unusable': { exit: EXIT.failed, means: 'the store cannot be opened or written' },
  'codex-damaged': { exit: EXIT.failed, means: 'a file of the codex is not what was written' },
  'codex-refused': { exit: EXIT.failed, means: 'the codex does not allow this in the state that it is in' },
  'codex-gate': { exit: EXIT.failed, means: 'quality assurance stands against this revision' },
  'codex-model': { exit: EXIT.failed, means: 'no model endpoint is declared, or it does not answer' },
  'codex-schema': { exit: EXIT.failed, means: 'a schema that cannot come into the registry' },
  'codex-revoked': { exit: EXIT.failed, means: 'this revision was revoked and is not read any more' },
  'already-running': { exit: EXIT.failed, means: 'another Sereno holds this state directory' },
  'evidence-broken': { exit: EXIT.failed, means: 'the evidence chain does not verify' },
  'not-running': { exit: EXIT.failed, means: 'no Sereno answers at that address' },
  'port-in-use': { exit: EXIT.failed, means: 'the address for the API is taken' },
  unauthorized: { exit: EXIT.failed, means: 'no token, or one that is not known' },
  forbidden: { exit: EXIT.failed, means: 'the token has not the role that this needs' },
  'not-found': { exit: EXIT.failed, means: 'no such thing' },
  'bad-request': { exit: EXIT.usage, means: 'a request that cannot be understood' },
  'bad-input': { exit: EXIT.usage, means: 'a file that is not what the command reads' },
  'request-too-big': { exit: EXIT.usage, means: 'an address, a header or a body over the limit' },
  'too-many-requests': { exit: EXIT.failed, means: 'too many failed attempts or open streams; try again later' },
  'no-history': { exit: EXIT.notEnoughData, means: 'nothing was recorded that could be looked back at' },
  'action-failed': { exit: EXIT.failed, means: 'the action could not be carried out, or did not help' },
  'internal-fault': { exit: EXIT.failed, means: 'a bug in Sereno: this request was given up, the rest goes on' },
  'denied-by-policy': { exit: EXIT.failed, means: 'the gate said no, with reasons' },
  'needs-approval': { exit: EXIT.needsApproval, means: 'another person must agree first' },
  'codex-untrusted': {
    exit: EXIT.failed,
    means: 'a signature, a root of trust or a head of the log that cannot be believed',
  },
  'codex-stale': { exit: EXIT.failed, means: 'the root of trust or the head of the log has expired' },
  'codex-unblessed': {
    exit: EXIT.needsApproval,
    means: "Sereno's own configuration is not the one that was blessed, and this is production",
  },
  'codex-key': { exit: EXIT.failed, means: 'a key that cannot be used for signing' },
  'not-implemented': { exit: EXIT.failed, means: 'declared, accepted, and not yet active in this release' },
} as const satisfies Readonly<Record<string, { readonly exit: ExitCode; readonly means: string }>>;

export type ProblemCode = keyof typeof PROBLEMS;

export type Place = { readonly file: string; readonly line: number; readonly column: number };

/** What, where, what was expected, how to mend. */
export type Problem = {
  readonly code: ProblemCode;
  readonly message: string;
  readonly place: Place | null;
  readonly expected: string | null;
  readonly mend: string | null;
};

export const problem = (
  code: ProblemCode,
  message: string,
  more: Partial<Omit<Problem, 'code' | 'message'>> = {},
): Problem => ({
  code,
  message,
  place: more.place ?? null,
  expected: more.expected ?? null,
  mend: more.mend ?? null,
});

/** One problem in the form that compilers made familiar: `file:line:column: message [code]`. */
export const sayProblem = (it: Problem): string => {
  const where = it.place === null ? '' : `${it.place.file}:${it.place.line}:${it.place.column}: `;
  const expected = it.expected === null ? '' : `\n    expected: ${it.expected}`;
  const mend = it.mend === null ? '' : `\n    to mend:  ${it.mend}`;
  return `${where}${it.message} [${it.code}]${expected}${mend}`;
};

/** A problem travelling as an exception through code that cannot return it. */
export class ProblemError extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(sayProblem).join('\n'));
    this.problems = problems;
  }
}
