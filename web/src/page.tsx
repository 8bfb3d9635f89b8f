// The page: one screen, and what is open, selected and asked for on it.

import {
  lazy,
  Suspense,
  useCallback,
  useMemo,
  useState,
  type Dispatch,
  type ReactNode,
  type SetStateAction,
} from 'react';
import { AskSheet } from './asking/askSheet.tsx';
import { TokenField } from './asking/tokenField.tsx';
import { AskProvider, WISH_TO_HOLD, WISH_TO_RELEASE, wishToOperate, type Wish } from './asking/wish.ts';
import { Announcer } from './frame/announcer.tsx';
import { Banners } from './frame/banners.tsx';
import { Foot } from './frame/foot.tsx';
import { Head } from './frame/head.tsx';
import { Help } from './frame/help.tsx';
import { useKeys } from './frame/keyboard.ts';
import { Sheet } from './frame/sheet.tsx';
import { goTo, placeOf, useHash, type Place } from './live/place.ts';
import { currentPicture, useIsOld, usePicture } from './live/store.ts';
import { People } from './people/people.tsx';
import { Evidence } from './proof/evidence.tsx';
import { Alerts } from './site/alerts.tsx';
import { Standing } from './site/standing.tsx';
import { filterTown, orderTown, type Row } from './town/order.ts';
import { ServiceList } from './town/serviceList.tsx';
import { TownMap } from './town/townMap.tsx';

/** With the plotting in it: loaded when the first one is opened, so whoever looks at the town does not wait for it. */
const ServicePage = lazy(() => import('./service/servicePage.tsx').then((it) => ({ default: it.ServicePage })));

/** Whoever looks at the town does not wait for the codex either. */
const CodexRoom = lazy(() => import('./codex/codexRoom.tsx').then((it) => ({ default: it.CodexRoom })));

type Over =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'help' }
  | { readonly kind: 'token' }
  | { readonly kind: 'wish'; readonly wish: Wish };

const NOTHING: Over = { kind: 'nothing' };

const toggled = (set: ReadonlySet<string>, id: string): ReadonlySet<string> =>
  set.has(id) ? new Set([...set].filter((it) => it !== id)) : new Set([...set, id]);

const focusRow = (id: string): void => {
  const row = document.querySelector(`[data-service="${CSS.escape(id)}"]`);
  row?.querySelector('button')?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: 'nearest' });
};

const filterField = (): HTMLInputElement | null => document.querySelector<HTMLInputElement>('input.filter');

const neighbour = (rows: readonly Row[], selected: string | null, step: 1 | -1): string | null => {
  const at = rows.findIndex((row) => row.service.id === selected);
  const wanted = at === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step));
  return rows[wanted]?.service.id ?? null;
};

/** The hatching of what is unknown, defined once for every strip. */
const HatchPattern = (): ReactNode => (
  <svg className="unseen" aria-hidden="true">
    <pattern id="hatch" className="hatch" width="3" height="3" patternUnits="userSpaceOnUse">
      <path d="M0 3 3 0" />
    </pattern>
  </svg>
);

const SheetOver = ({ over, onClose }: { readonly over: Over; readonly onClose: () => void }): ReactNode => {
  switch (over.kind) {
    case 'nothing':
      return null;
    case 'help':
      return <Help onClose={onClose} />;
    case 'token':
      return (
        <Sheet title="Who you are" onClose={onClose}>
          <TokenField onKept={onClose} />
        </Sheet>
      );
    case 'wish':
      return <AskSheet wish={over.wish} onClose={onClose} />;
    default:
      return over satisfies never;
  }
};

/** Where one comes from: the item of two versions, the codex of an item, the town of everything else. */
const wayUp = (place: Place): Place => {
  if (place.kind === 'codex-diff') return { kind: 'codex-item', item: place.item };
  return place.kind === 'codex-item' ? { kind: 'codex' } : { kind: 'town' };
};

type Hands = {
  readonly place: Place;
  readonly rows: readonly Row[];
  readonly selected: string | null;
  readonly setWanted: (wanted: string) => void;
  readonly setOpened: Dispatch<SetStateAction<ReadonlySet<string>>>;
  readonly setOver: (over: Over) => void;
  readonly reveal: (id: string) => void;
};

/** What each key does on this page; frame/keyboard.ts says when keys are heard at all. */
const usePageKeys = ({ place, rows, selected, setWanted, setOpened, setOver, reveal }: Hands): void => {
  const step = (by: 1 | -1): void => {
    const next = neighbour(rows, selected, by);
    if (next !== null) reveal(next);
  };
  const ask = (wish: Wish): void => setOver({ kind: 'wish', wish });
  const subject = place.kind === 'service' ? place.id : selected;
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    Enter: () => selected !== null && setOpened((before) => toggled(before, selected)),
    o: () => selected !== null && place.kind === 'town' && goTo({ kind: 'service', id: selected }),
    r: () => subject !== null && ask(wishToOperate('restart', subject)),
    h: () => ask((currentPicture().town?.hold ?? null) === null ? WISH_TO_HOLD : WISH_TO_RELEASE),
    t: () => setOver({ kind: 'token' }),
    '/': () => filterField()?.focus(),
    '?': () => setOver({ kind: 'help' }),
    Escape: () => {
      if (place.kind !== 'town') return goTo(wayUp(place));
      setWanted('');
      const field = filterField();
      if (document.activeElement === field) field?.blur();
      else setOpened(new Set());
    },
  });
};

export const Page = (): ReactNode => {
  const services = usePicture((picture) => picture.services);
  const isOld = useIsOld();
  const [wanted, setWanted] = useState('');
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const [selected, setSelected] = useState<string | null>(null);
  const [over, setOver] = useState<Over>(NOTHING);
  const rows = useMemo(() => filterTown(orderTown(services), wanted), [services, wanted]);
  const close = useCallback(() => setOver(NOTHING), []);
  const ask = useCallback((wish: Wish) => setOver({ kind: 'wish', wish }), []);
  const open = useCallback((id: string) => setOpened((before) => toggled(before, id)), []);
  const select = useCallback((id: string) => setSelected(id), []);
  const reveal = useCallback((id: string) => {
    setSelected(id);
    focusRow(id);
  }, []);
  const hash = useHash();
  const place = useMemo(() => placeOf(hash), [hash]);
  usePageKeys({ place, rows, selected, setWanted, setOpened, setOver, reveal });
  return (
    <AskProvider value={ask}>
      <div className={isOld ? 'page is-old' : 'page'}>
        <HatchPattern />
        <Head onToken={() => setOver({ kind: 'token' })} onHelp={() => setOver({ kind: 'help' })} />
        <Banners />
        {place.kind !== 'town' ? (
          <Suspense fallback={<main className="quiet">Loading …</main>}>
            {place.kind === 'service' ? <ServicePage id={place.id} /> : <CodexRoom place={place} />}
          </Suspense>
        ) : (
          <main>
            <div className="first">
              <People />
              <ServiceList
                rows={rows}
                wanted={wanted}
                opened={opened}
                selected={selected}
                onWanted={setWanted}
                onOpen={open}
                onSelect={select}
              />
            </div>
            <aside>
              <TownMap selected={selected} onSelect={reveal} />
              <Standing />
              <Alerts />
              <Evidence />
            </aside>
          </main>
        )}
        <Foot />
        <Announcer />
        {/* A key of its own for each wish: a dialog never shows the verdict of another. */}
        <SheetOver key={over.kind === 'wish' ? over.wish.title : over.kind} over={over} onClose={close} />
      </div>
    </AskProvider>
  );
};
