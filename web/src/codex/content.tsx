// What a revision says, field by field, the prompt as it will be read.

import type { ReactNode } from 'react';
import { isOwn } from '#api/own.ts';
import { Text } from '../frame/text.tsx';
import { useAsked, valueOf } from '../live/asked.ts';
import type { CodexContent } from '../live/wire.ts';
import { Trouble } from './stage.tsx';

/** What it says never changes; only that it was revoked may be news. */
const EVERY_MS = 10_000;

const FIELDS = [
  'title',
  'model_id',
  'temperature',
  'max_tokens',
  'format',
  'expected_behavior',
  'qa_schema_id',
  'source_log_id',
] as const satisfies readonly (keyof CodexContent)[];

/** Sereno's own configuration is no task: it has no model and no limits, and is read by Sereno as it stands. */
const OWN_FIELDS = ['title'] as const satisfies readonly (keyof CodexContent)[];

export const Content = ({ item, version }: { readonly item: string; readonly version: number }): ReactNode => {
  const asked = useAsked('codexContent', {
    about: `${item}@${version}`,
    path: { item, ref: String(version) },
    query: () => ({ unblessed: 'true' }),
    everyMs: EVERY_MS,
  });
  const content = asked.kind === 'failed' ? null : valueOf(asked);
  if (asked.kind === 'failed') return <Trouble detail={asked.detail} isOld={false} />;
  if (content === null) return <p className="quiet">Asking …</p>;
  const fields = isOwn(item) ? OWN_FIELDS : FIELDS;
  return (
    <>
      <table className="codex-fields">
        <tbody>
          {fields
            .filter((field) => content[field] !== '')
            .map((field) => (
              <tr key={field}>
                <th scope="row">{field}</th>
                <td>
                  <Text>{String(content[field])}</Text>
                </td>
              </tr>
            ))}
        </tbody>
      </table>
      <h4>{isOwn(item) ? 'configuration' : 'prompt'}</h4>
      <pre className="prompt" data-prompt={version}>
        <Text>{content.prompt}</Text>
      </pre>
    </>
  );
};
