// One item of the codex: its versions with who stands behind each, what one of them says, and everything that happened.

import { useState, type ReactNode } from 'react';
import { Ago, Clock } from '../frame/moment.tsx';
import { Text } from '../frame/text.tsx';
import { useAsked, valueOf } from '../live/asked.ts';
import { hashOf } from '../live/place.ts';
import type { AttestationView, CodexItem, DeedView, RevisionView } from '../live/wire.ts';
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

const Comparing = ({ item, version, active }: { item: string; version: number; active: number | null }): ReactNode => {
  const others = [...new Set([version - 1, active ?? 0])].filter((other) => other >= 1 && other !== version);
  return others.map((other) => (
    <a key={other} href={hashOf({ kind: 'codex-diff', item, from: String(other), to: String(version) })}>
      compare with {other}
      {other === active ? ' (active)' : ''}
    </a>
  ));
};

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
    {it.attestations.length === 0 ? null : (
      <ul className="attestations">
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
    <p className="codex-line">
      <button type="button" aria-pressed={isRead} onClick={() => onRead(it.version)}>
        {isRead ? 'Shown here' : 'Show what it says'}
      </button>
      <Comparing item={item.item} version={it.version} active={item.active} />
    </p>
  </li>
);

const DEEDS: Readonly<Record<DeedView['kind'], string>> = {
  exported: 'exported',
  submitted: 'given to review',
  rejected: 'rejected',
  attested: 'signed',
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
  const read = wanted ?? item.active ?? item.versions[0]?.version ?? null;
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
