// Two versions of an item side by side: the fields that differ, and texts line by line.

import type { ReactNode } from 'react';
import { Text } from '../frame/text.tsx';
import { useAsked, valueOf } from '../live/asked.ts';
import { goTo } from '../live/place.ts';
import type { CodexDiff, FieldView } from '../live/wire.ts';
import { Digest, Headline, Panel, Stage, Trouble } from './stage.tsx';

const EVERY_MS = 10_000;

const SIGNS = { same: ' ', removed: '−', added: '+' } as const;
const SAYS = { same: '', removed: 'removed: ', added: 'added: ' } as const;

type LineView = NonNullable<FieldView['lines']>[number];

/** Behind the last line feed there is nothing to show. */
const shown = (lines: readonly LineView[]): readonly LineView[] => {
  const last = lines.at(-1);
  return last?.kind === 'same' && last.line === '' ? lines.slice(0, -1) : lines;
};

const Lines = ({ lines }: { readonly lines: readonly LineView[] }): ReactNode => (
  <div className="diff-lines">
    {shown(lines).map(({ kind, line }, at) => (
      <div key={at} className={`diff-line is-${kind}`} data-change={kind}>
        <span aria-hidden="true">{SIGNS[kind]}</span>
        <span className="unseen">{SAYS[kind]}</span>
        <Text>{line}</Text>
      </div>
    ))}
  </div>
);

const sayValue = (value: FieldView['before']): string => (typeof value === 'string' ? value : JSON.stringify(value));

const Field = ({ it }: { readonly it: FieldView }): ReactNode => (
  <section className="diff-field" data-field={it.field} aria-label={it.field}>
    <h4>{it.field}</h4>
    <Lines
      lines={
        it.lines ?? [
          { kind: 'removed', line: sayValue(it.before) },
          { kind: 'added', line: sayValue(it.after) },
        ]
      }
    />
  </section>
);

type Side = CodexDiff['from'];

const Chosen = ({ words, it }: { readonly words: string; readonly it: Side }): ReactNode => (
  <span className="codex-line">
    <span className="quiet">{words}</span> <b className="version numbers">{it.version}</b> <Stage state={it.state} />{' '}
    <Digest digest={it.digest} />
  </span>
);

const Known = ({ diff }: { readonly diff: CodexDiff }): ReactNode => (
  <div className="codex-whole">
    <p className="codex-line">
      <Chosen words="from" it={diff.from} />
      <Chosen words="to" it={diff.to} />
      <button
        type="button"
        className="plain"
        onClick={() =>
          goTo({ kind: 'codex-diff', item: diff.item, from: String(diff.to.version), to: String(diff.from.version) })
        }
      >
        Turn round
      </button>
    </p>
    <Panel title={diff.fields.length === 0 ? 'Nothing differs' : 'What differs'}>
      {diff.fields.length === 0 ? <p className="quiet">Both say the same.</p> : null}
      {diff.fields.map((it) => (
        <Field key={it.field} it={it} />
      ))}
    </Panel>
  </div>
);

type Props = { readonly item: string; readonly from: string; readonly to: string };

export const DiffPage = ({ item, from, to }: Props): ReactNode => {
  const asked = useAsked('codexDiff', {
    about: JSON.stringify([item, from, to]),
    path: { item },
    query: () => ({ from, to }),
    everyMs: EVERY_MS,
  });
  const diff = valueOf(asked);
  return (
    <main className="service-page codex-page" data-page="diff">
      <Headline back={{ kind: 'codex-item', item }} backWords={item} title={`${from} → ${to}`} />
      {asked.kind === 'failed' ? (
        <div className="codex-whole">
          <Trouble detail={asked.detail} isOld={diff !== null} />
        </div>
      ) : null}
      {asked.kind === 'asking' ? <p className="quiet">Asking …</p> : null}
      {diff === null ? null : <Known diff={diff} />}
    </main>
  );
};
