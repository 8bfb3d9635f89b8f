// The room of the codex: all items, one of them, or two of its versions side by side.

import type { ReactNode } from 'react';
import type { CodexPlace } from '../live/place.ts';
import { DiffPage } from './diffPage.tsx';
import { ItemPage } from './itemPage.tsx';
import { ItemsPage } from './itemsPage.tsx';

export const CodexRoom = ({ place }: { readonly place: CodexPlace }): ReactNode => {
  switch (place.kind) {
    case 'codex':
      return <ItemsPage />;
    case 'codex-item':
      return <ItemPage key={place.item} item={place.item} />;
    case 'codex-diff':
      return <DiffPage key={hashKey(place)} item={place.item} from={place.from} to={place.to} />;
    default:
      return place satisfies never;
  }
};

const hashKey = ({ item, from, to }: Extract<CodexPlace, { readonly kind: 'codex-diff' }>): string =>
  JSON.stringify([item, from, to]);
