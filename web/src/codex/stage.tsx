// The stage of a revision, its digest and its people: the small words of every page of the codex.

import { useEffect, useRef, type ReactNode } from 'react';
import { Text } from '../frame/text.tsx';
import { hashOf, type Place } from '../live/place.ts';
import { Shape } from '../frame/mark.tsx';
import { Ago } from '../frame/moment.tsx';
import type { CodexItem, HealthState, RevisionState } from '../live/wire.ts';

const WORDS: Readonly<Record<RevisionState, string>> = {
  candidate: 'candidate',
  'in-review': 'in review',
  rejected: 'rejected',
  blessed: 'blessed',
  active: 'active',
  superseded: 'superseded',
  revoked: 'revoked',
};

export const Stage = ({ state }: { readonly state: RevisionState }): ReactNode => (
  <span className={`stage is-${state}`} data-stage={state}>
    {WORDS[state]}
  </span>
);

const SHORT = 12;

/** The first digits; all of them when it is pointed at. */
export const Digest = ({ digest }: { readonly digest: string }): ReactNode => (
  <code className="digest" title={`sha256:${digest}`}>
    {digest.slice(0, SHORT)}
  </code>
);

export const People = ({ names }: { readonly names: readonly string[] }): ReactNode =>
  names.map((name, at) => (
    <span key={name}>
      {at === 0 ? '' : ', '}
      <Text className="strong">{name}</Text>
    </span>
  ));

export const Tag = ({ name }: { readonly name: string }): ReactNode => (
  <span className="tag">
    <Text>{name}</Text>
  </span>
);

type HeadlineProps = {
  readonly back: Place;
  readonly backWords: string;
  readonly title: string;
  readonly children?: ReactNode;
};

/** The head of a page; the keyboard and the screen reader begin at its name. */
export const Headline = ({ back, backWords, title, children }: HeadlineProps): ReactNode => {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), [title]);
  return (
    <header className="service-head">
      <a className="back" href={hashOf(back)}>
        ← {backWords}
      </a>
      <h2 ref={heading} tabIndex={-1}>
        <Text>{title}</Text>
      </h2>
      {children}
    </header>
  );
};

export const Panel = (props: { readonly title: string; readonly children: ReactNode }): ReactNode => (
  <section className="panel" aria-label={props.title}>
    <h3>{props.title}</h3>
    {props.children}
  </section>
);

/** What is said while nothing is known, or nothing more. */
export const Trouble = ({ detail, isOld }: { readonly detail: string; readonly isOld: boolean }): ReactNode => (
  <output className="codex-trouble">
    {isOld ? 'What you see is old. ' : ''}
    <Text>{detail}</Text>
  </output>
);

type CopyView = NonNullable<CodexItem['copies']>[number];

const COPIES: Readonly<Record<CopyView['state'], HealthState>> = {
  'in-sync': 'healthy',
  drifted: 'unhealthy',
  missing: 'unhealthy',
  unknown: 'unknown',
};

/** What lies where programs read it; nothing is said where nobody watches. */
export const Copies = ({ copies }: { readonly copies: readonly CopyView[] }): ReactNode =>
  copies.length === 0 ? (
    <p className="quiet">No copy of it is declared.</p>
  ) : (
    <ul className="codex-copies">
      {copies.map((copy) => (
        <li key={copy.file} className={`is-${COPIES[copy.state]}`} data-copy={copy.state}>
          <Shape state={COPIES[copy.state]} />
          <span>
            <span className="word">{copy.state}</span> <Text>{copy.says}</Text>{' '}
            {copy.lookedAt === null ? null : (
              <span className="quiet">
                seen <Ago at={copy.lookedAt} />
              </span>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
