// One item of the codex: its versions with who stands behind each, what one of them says, and everything that happened.

import { useState, type ReactNode } from 'react';
import { Ago, Clock } from '../frame/moment.tsx';
import { Text } from '../frame/text.tsx';
import { useAsked, valueOf } from '../live/asked.ts';
import { hashOf } from '../live/place.ts';
import type { AttestationView, CodexItem, DeedView, EvaluationView, RevisionView } from '../live/wire.ts';
import { Content } from './content.tsx';
import { EVERY_MS } from './itemsPage.tsx';
import { Copies, Digest, Headline, Panel, People, Stage, Tag, Trouble } from './stage.tsx';

const Attestation = ({ it }: { readonly it: AttestationView }): ReactNode => (
  <li>
    <b>{it.predicate}</b>{' '}
    {it.signedBy.length === 0 ? null : (
      <>
        signed by <People names={it.signedBy} />{' '}
      </>
    )}
    <span className="quiet">
      <Ago at={it.at} />
    </span>
    {it.notCounted === null ? null : (
      <span className="is-unhealthy word">
        {' '}
        does not count: <Text>{it.notCounted}</Text>
      </span>
    )}
    {it.says === null || it.says === '' ? null : (
      <span className="says">
        <Text>{it.says}</Text>
      </span>
    )}
  </li>
);

/** What was revoked or rejected is shown to nobody any more. */
const isOpen = ({ state }: Pick<RevisionView, 'state'>): boolean => state !== 'revoked' && state !== 'rejected';

/** The version before, and the active one: those are what a person compares with. */
const Comparing = ({ item, version }: { readonly item: CodexItem; readonly version: number }): ReactNode => {
  const wanted = new Set([version - 1, item.active]);
  const others = item.versions.filter((it) => wanted.has(it.version) && it.version !== version && isOpen(it));
  return others.map(({ version: other }) => (
    <a key={other} href={hashOf({ kind: 'codex-diff', item: item.item, from: String(other), to: String(version) })}>
      compare with {other}
      {other === item.active ? ' (active)' : ''}
    </a>
  ));
};

const VERDICTS: Readonly<Record<EvaluationView['verdict'], string>> = {
  passed: 'passed',
  blocked: 'blocked',
  'not-enough-data': 'not enough data',
};

type Numbers = NonNullable<EvaluationView['numbers']>;

const sayPassed = (numbers: Numbers): string => {
  const { candidate, blessed, against, pairs, pairsAsked } = numbers;
  if (candidate === null) return 'nothing was counted';
  const own = `passed ${candidate.passed} of ${candidate.total} answers`;
  const other = blessed === null ? '' : `, version ${against ?? '?'} passed ${blessed.passed} of ${blessed.total}`;
  return `${own}${other}; ${pairs} of at most ${pairsAsked} ${blessed === null ? 'questions' : 'pairs'}`;
};

/** As many names as one reads. */
const NAMES_SHOWN = 5;

/** Without the name of their suite, which stands before them. */
const sayNames = ({ never, suite }: Numbers): string => {
  const names = never.slice(0, NAMES_SHOWN).map((it) => (it.startsWith(`${suite}/`) ? it.slice(suite.length + 1) : it));
  const more = never.length - names.length;
  return `${names.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
};

const EvaluationNumbers = ({ numbers }: { readonly numbers: Numbers }): ReactNode => (
  <>
    <span className="says">
      <Text>{numbers.why}</Text>
    </span>
    <span className="says">{sayPassed(numbers)}</span>
    <span className="says">
      cases of <Text>{numbers.suite}</Text>: {numbers.always} passed each time, {numbers.sometimes} some times,{' '}
      {numbers.never.length} never
      {numbers.never.length === 0 ? null : (
        <>
          : <Text>{sayNames(numbers)}</Text>
        </>
      )}
    </span>
  </>
);

const WORDS: Readonly<Record<EvaluationView['verdict'], string>> = {
  passed: 'is-healthy word',
  blocked: 'is-unhealthy word',
  'not-enough-data': 'is-degraded word',
};

type EvaluationProps = { readonly it: EvaluationView; readonly version: number };

const Evaluation = ({ it: { verdict, numbers, at, by, version: evaluated }, version }: EvaluationProps): ReactNode => (
  <li data-evaluation={verdict}>
    <b>evaluation</b> <span className={WORDS[verdict]}>{VERDICTS[verdict]}</span>{' '}
    <span className="quiet">
      {evaluated === version ? '' : `as version ${evaluated} `}by <Text>{by}</Text> <Ago at={at} />
    </span>
    {numbers === null ? (
      <span className="says">its report cannot be read by this release</span>
    ) : (
      <EvaluationNumbers numbers={numbers} />
    )}
  </li>
);

type VersionProps = {
  readonly item: CodexItem;
  readonly it: RevisionView;
  readonly isRead: boolean;
  readonly onRead: (version: number) => void;
};

const Version = ({ item, it, isRead, onRead }: VersionProps): ReactNode => (
  <li className="codex-version" data-version={it.version}>
    <p className="codex-line">
      <b className="version numbers">{it.version}</b>
      <Stage state={it.state} />
      <Digest digest={it.digest} />
      {it.tags.map((tag) => (
        <Tag key={tag} name={tag} />
      ))}
      <span className="quiet">
        exported by <Text>{it.by}</Text> <Ago at={it.at} />
      </span>
    </p>
    {it.restores === null ? null : <p>has the content of version {it.restores} again</p>}
    {it.blessedBy.length === 0 ? null : (
      <p>
        blessed by <People names={it.blessedBy} />
      </p>
    )}
    {it.why === null ? null : (
      <p className="quiet">
        <Text>{it.why}</Text>
      </p>
    )}
    {it.attestations.length + it.evaluations.length === 0 ? null : (
      <ul className="attestations">
        {it.evaluations.map((each) => (
          <Evaluation key={each.seq} it={each} version={it.version} />
        ))}
        {it.attestations.map((each) => (
          <Attestation key={each.seq} it={each} />
        ))}
      </ul>
    )}
    {it.state === 'in-review' ? (
      <p className="quiet">
        <Text>{it.verdict.said.join('; ')}</Text>
      </p>
    ) : null}
    {it.standing.map((each) => (
      <p key={each} className="is-degraded word">
        stands against it: <Text>{each}</Text>
      </p>
    ))}
    {isOpen(it) ? (
      <p className="codex-line">
        <button type="button" aria-pressed={isRead} onClick={() => onRead(it.version)}>
          {isRead ? 'Shown here' : 'Show what it says'}
        </button>
        <Comparing item={item} version={it.version} />
      </p>
    ) : null}
  </li>
);

const DEEDS: Readonly<Record<DeedView['kind'], string>> = {
  exported: 'exported',
  submitted: 'given to review',
  rejected: 'rejected',
  attested: 'signed',
  evaluated: 'evaluated',
  waived: 'let pass in an emergency',
  'schema-registered': 'schema registered',
  activated: 'made active',
  revoked: 'revoked',
  tagged: 'tagged',
  untagged: 'tag removed',
  trusted: 'new root of trust',
  collected: 'collected',
};

const Deed = ({ deed }: { readonly deed: DeedView }): ReactNode => (
  <li className="codex-deed" data-seq={deed.seq}>
    <span className="quiet numbers">
      <Clock at={deed.at} />
    </span>
    <span>
      {deed.version === null ? null : <b className="numbers">{deed.version} </b>}
      {DEEDS[deed.kind]}
      {deed.detail === null ? null : (
        <>
          : <Text>{deed.detail}</Text>
        </>
      )}{' '}
      <span className="quiet">
        by <Text>{deed.by}</Text>
        {deed.why === null || deed.why === '' ? null : (
          <>
            , <Text>{deed.why}</Text>
          </>
        )}
      </span>
    </span>
    <span className="seal quiet" title={`entry ${deed.seq}, ${deed.hash}`}>
      {deed.hash.slice(0, 8)}
    </span>
  </li>
);

const Known = ({ item }: { readonly item: CodexItem }): ReactNode => {
  const [wanted, setWanted] = useState<number | null>(null);
  const read = wanted ?? item.active ?? item.versions.find(isOpen)?.version ?? null;
  return (
    <>
      <div className="first">
        <Panel title="Versions">
          <ul className="codex-versions">
            {item.versions.map((it) => (
              <Version key={it.version} item={item} it={it} isRead={it.version === read} onRead={setWanted} />
            ))}
          </ul>
          {item.versions.length < item.total ? (
            <p className="quiet">
              and {item.total - item.versions.length} older ones: <code>sereno codex history {item.item}</code>
            </p>
          ) : null}
        </Panel>
      </div>
      <aside>
        {read === null ? null : (
          <Panel title={`What version ${read} says`}>
            <Content key={read} item={item.item} version={read} />
          </Panel>
        )}
        {item.copies === null ? null : (
          <Panel title="Copies">
            <Copies copies={item.copies} />
          </Panel>
        )}
        <Panel title="History">
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls */}
          <section className="codex-history" tabIndex={0} aria-label="Entries of the log">
            <ul>
              {item.history.map((deed) => (
                <Deed key={deed.seq} deed={deed} />
              ))}
            </ul>
          </section>
        </Panel>
      </aside>
    </>
  );
};

export const ItemPage = ({ item: name }: { readonly item: string }): ReactNode => {
  const asked = useAsked('codexItem', { about: name, path: { item: name }, everyMs: EVERY_MS });
  const item = valueOf(asked);
  return (
    <main className="service-page codex-page" data-page={name}>
      <Headline back={{ kind: 'codex' }} backWords="All items" title={name}>
        <p>
          <Text>{item?.title ?? ''}</Text>
        </p>
        {item === null ? null : (
          <p className="codex-line quiet">
            {item.active === null
              ? 'No version is active: production reads nothing of it.'
              : `Version ${item.active} is active.`}
          </p>
        )}
      </Headline>
      {asked.kind === 'failed' ? (
        <div className="codex-whole">
          <Trouble detail={asked.detail} isOld={item !== null} />
        </div>
      ) : null}
      {asked.kind === 'asking' ? <p className="quiet">Asking …</p> : null}
      {item === null ? null : <Known item={item} />}
    </main>
  );
};
