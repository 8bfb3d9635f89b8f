// The evidence, live: what set it off → what was carried out → what was measured, newest first.

import { memo, useMemo, useState, type ReactNode } from 'react';
import { Ago, Clock } from '../frame/moment.tsx';
import { Text } from '../frame/text.tsx';
import { usePicture } from '../live/store.ts';
import type { EvidenceRecord } from '../live/wire.ts';
import { ProveButton } from './prove.tsx';
import { VerifyButton } from './verify.tsx';

/** `watch:api` is about `api`; `gate:site` and `startup:site` are better known by what they are. */
const subjectOf = (record: EvidenceRecord): string => {
  const [kind = '', ...rest] = record.machine.split(':');
  const subject = rest.join(':');
  return subject === 'site' || subject === '' ? kind : subject;
};

const SHORT_HASH = 8;
/** Drawn at once; the rest of the 500 come on demand. A page of them is read, not a wall. */
const SHOWN_FIRST = 100;

const familyOf = (type: string): string => type.split('.')[0]?.replaceAll(/[^a-z-]/g, '') ?? '';

const Record = memo(({ record }: { readonly record: EvidenceRecord }): ReactNode => {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <li className={`record of-${familyOf(record.type)}`} data-seq={record.seq}>
      <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary>
          <span className="line">
            <Clock at={record.at} />
            <Text className="type">{record.type}</Text>
            <Text className="strong">{subjectOf(record)}</Text>
            <span className="quiet numbers seal">
              #{record.seq} {record.hash.slice(0, SHORT_HASH)}
            </span>
          </span>
          <span className="triple">
            <Text>{record.trigger}</Text>
            {record.action === null ? null : (
              <>
                {' → '}
                <Text className="deed">{record.action}</Text>
              </>
            )}
            {record.outcome === null ? null : (
              <>
                {' → '}
                <Text className="outcome">{record.outcome}</Text>
              </>
            )}
          </span>
        </summary>
        {isOpen ? (
          <>
            <pre>
              <Text>{JSON.stringify(record, null, 2)}</Text>
            </pre>
            <ProveButton seq={record.seq} />
          </>
        ) : null}
      </details>
    </li>
  );
});

const Filter = (props: {
  readonly wanted: string;
  readonly names: readonly string[];
  readonly onWanted: (wanted: string) => void;
}): ReactNode => (
  <select aria-label="Evidence about" value={props.wanted} onChange={(event) => props.onWanted(event.target.value)}>
    <option value="">everything</option>
    {props.names.map((name) => (
      <option key={name} value={name}>
        {name}
      </option>
    ))}
  </select>
);

/** How far the chain is known to be whole. */
const Chain = (): ReactNode => {
  const chain = usePicture((picture) => picture.town?.evidence);
  if (chain === undefined) return null;
  const { isIntact, verifiedAt, lastSeq } = chain;
  const words = isIntact === null ? 'not verified in this run' : isIntact ? 'chain whole' : 'chain broken';
  return (
    <p className="chain quiet numbers">
      {lastSeq.toLocaleString()} records · {words}
      {verifiedAt === null || isIntact === null ? null : (
        <>
          , verified <Ago at={verifiedAt} />
        </>
      )}
    </p>
  );
};

export const Evidence = (): ReactNode => {
  const records = usePicture((picture) => picture.records);
  const [wanted, setWanted] = useState('');
  const [isAll, setIsAll] = useState(false);
  const names = useMemo(() => [...new Set(records.map(subjectOf))].toSorted(), [records]);
  const fitting = wanted === '' ? records : records.filter((record) => subjectOf(record) === wanted);
  const shown = isAll ? fitting : fitting.slice(0, SHOWN_FIRST);
  return (
    <section className="panel evidence" aria-label="Evidence">
      <div className="toolbar">
        <h2>Evidence</h2>
        <Filter
          wanted={wanted}
          names={wanted === '' || names.includes(wanted) ? names : [...names, wanted]}
          onWanted={setWanted}
        />
        <VerifyButton />
      </div>
      <Chain />
      {fitting.length === 0 ? (
        <p className="quiet">No records{wanted === '' ? ' yet' : ' about it in memory'}.</p>
      ) : null}
      <ol className={shown.length > SHOWN_FIRST ? 'records is-long' : 'records'}>
        {shown.map((record) => (
          <Record key={record.seq} record={record} />
        ))}
      </ol>
      {shown.length < fitting.length ? (
        <button type="button" onClick={() => setIsAll(true)}>
          Show {fitting.length - shown.length} more
        </button>
      ) : null}
    </section>
  );
};
