// All items of the codex: what production reads of each, who blessed it, and what waits.

import type { ReactNode } from 'react';
import { Ago } from '../frame/moment.tsx';
import { Text } from '../frame/text.tsx';
import { sayCount } from '../frame/words.ts';
import { useAsked, valueOf } from '../live/asked.ts';
import { hashOf } from '../live/place.ts';
import { useIsOld } from '../live/store.ts';
import type { CodexItemBrief, CodexItems } from '../live/wire.ts';
import { Copies, Digest, Headline, People, Stage, Tag, Trouble } from './stage.tsx';

/** A new version is on the page within so long. */
export const EVERY_MS = 2_000;

const Declare = (): ReactNode => (
  <div className="panel codex-empty" data-empty="undeclared">
    <p>
      The codex keeps the configurations of tasks (prompts, models, limits) as versions that nobody can change: each is
      exported from a source, blessed by signatures of the people who may, and only then read by production.
    </p>
    <p>This site declares none. It begins with a few lines in its configuration:</p>
    <pre>
      <code>{'people: { ana: {} }\ncodex: { sources: ty_log/, templates: templates/, blessers: [ana] }'}</code>
    </pre>
  </div>
);

const Begin = (): ReactNode => (
  <div className="panel codex-empty" data-empty="bare">
    <p>
      The codex keeps the configurations of tasks (prompts, models, limits) as versions that nobody can change: each is
      exported from a source, blessed by signatures of the people who may, and only then read by production.
    </p>
    <p>Nothing was exported yet. The first command is:</p>
    <pre>
      <code>sereno codex export &lt;source.yaml&gt;</code>
    </pre>
  </div>
);

const Root = ({ root }: { readonly root: CodexItems['root'] }): ReactNode =>
  root === null ? (
    <p className="codex-trouble">
      Nobody is trusted to bless yet: <code>sereno codex trust &lt;person&gt;=&lt;key&gt;</code>
    </p>
  ) : (
    <p className="quiet">
      {root.threshold} of <People names={root.blessers} /> must sign · root of trust {root.version}, until{' '}
      <time dateTime={new Date(root.expires).toISOString()}>{new Date(root.expires).toISOString().slice(0, 10)}</time>
    </p>
  );

const Active = ({ active }: { readonly active: CodexItemBrief['active'] }): ReactNode => {
  if (active === null) return <p className="quiet">No version is active: production reads nothing of it.</p>;
  return (
    <p className="codex-line">
      <Stage state={active.state} />
      <span>
        version <b className="numbers">{active.version}</b>
      </span>
      <Digest digest={active.digest} />
      {active.blessedBy.length === 0 ? (
        <span className="is-unhealthy word">not believed by the root of now</span>
      ) : (
        <span>
          blessed by <People names={active.blessedBy} />
        </span>
      )}
    </p>
  );
};

const Waiting = ({ item: { active, newest } }: { readonly item: CodexItemBrief }): ReactNode =>
  newest.version === active?.version ? null : (
    <p className="codex-line">
      <Stage state={newest.state} />
      <span>
        version <b className="numbers">{newest.version}</b>
      </span>
      <Digest digest={newest.digest} />
      <span className="quiet">
        exported by <Text>{newest.by}</Text> <Ago at={newest.at} />
      </span>
    </p>
  );

const Item = ({ item }: { readonly item: CodexItemBrief }): ReactNode => (
  <li className="panel codex-item" data-item={item.item}>
    <h3>
      <a href={hashOf({ kind: 'codex-item', item: item.item })}>
        <Text>{item.item}</Text>
      </a>
    </h3>
    {item.title === null ? null : (
      <p>
        <Text>{item.title}</Text>
      </p>
    )}
    <Active active={item.active} />
    <Waiting item={item} />
    {(item.copies ?? []).some(({ state }) => state !== 'in-sync') ? <Copies copies={item.copies ?? []} /> : null}
    {item.trouble === null ? null : <Trouble detail={item.trouble} isOld={false} />}
    <p className="codex-line quiet">
      <span>{sayCount(item.versions, 'version')}</span>
      <span>
        changed <Ago at={item.changedAt} />
      </span>
      {Object.entries(item.tags).map(([tag, version]) => (
        <Tag key={tag} name={`${tag} = ${version}`} />
      ))}
    </p>
  </li>
);

const Known = ({ codex }: { readonly codex: CodexItems }): ReactNode => {
  if (!codex.isDeclared) return <Declare />;
  if (codex.items.length === 0) return <Begin />;
  return (
    <>
      <Root root={codex.root} />
      <ul className="codex-items">
        {codex.items.map((item) => (
          <Item key={item.item} item={item} />
        ))}
      </ul>
    </>
  );
};

export const ItemsPage = (): ReactNode => {
  const asked = useAsked('codex', { about: 'codex', everyMs: EVERY_MS });
  const isOld = useIsOld();
  const codex = valueOf(asked);
  return (
    <main className="service-page codex-page" data-page="codex">
      <Headline back={{ kind: 'town' }} backWords="All services" title="Codex">
        {codex === null || codex.items.length === 0 ? null : (
          <p className="quiet">
            {sayCount(codex.items.length, 'item')}, {sayCount(codex.entries, 'entry', 'entries')} in the log
            {isOld ? ', when last seen' : ''}
          </p>
        )}
      </Headline>
      <div className="codex-whole">
        {asked.kind === 'failed' ? <Trouble detail={asked.detail} isOld={codex !== null} /> : null}
        {asked.kind === 'asking' ? <p className="quiet">Asking …</p> : null}
        {codex === null ? null : <Known codex={codex} />}
      </div>
    </main>
  );
};
