// The announcer: tells changes of state to those who listen, and to those who look at another tab by the title.

import { useEffect, useRef, useState, type ReactNode } from 'react';
import { isOld, type Picture } from '../live/picture.ts';
import { usePicture } from '../live/store.ts';
import { countStates } from '../town/order.ts';

/** More changes than this at once are counted, not read out. */
const READ_OUT_MAX = 3;

/** What to say about the way from one picture to the next; empty when nothing changed that a person should hear. */
export const sayChanges = (before: Picture, after: Picture): string => {
  if (before === after) return '';
  const wasOld = isOld(before) && before.town !== null;
  if (isOld(after)) return isOld(before) ? '' : 'Not connected. What you see is old.';
  const changed = [...after.services.values()].filter((service) => {
    const known = before.services.get(service.id);
    return known !== undefined && known.health !== service.health;
  });
  const told = changed.slice(0, READ_OUT_MAX).map((it) => `${it.id} is ${it.health}: ${it.headline}`);
  const rest = changed.length - told.length;
  return [wasOld ? 'Connected again.' : '', ...told, rest > 0 ? `${rest} more services changed` : '']
    .filter(Boolean)
    .join('. ');
};

const titleOf = (picture: Picture): string => {
  const name = picture.town?.site ?? 'Sereno';
  if (isOld(picture)) return picture.town === null ? name : `? not connected – ${name}`;
  const counts = countStates(picture.services);
  if (counts.unhealthy > 0) return `✕ ${counts.unhealthy} unhealthy – ${name}`;
  if (counts.unknown > 0) return `? ${counts.unknown} unknown – ${name}`;
  return counts.degraded > 0 ? `▲ ${counts.degraded} degraded – ${name}` : `● ${name}`;
};

export const Announcer = (): ReactNode => {
  const picture = usePicture((it) => it);
  const before = useRef(picture);
  const [said, setSaid] = useState('');
  useEffect(() => {
    const news = sayChanges(before.current, picture);
    before.current = picture;
    if (news !== '') setSaid(news);
    document.title = titleOf(picture);
  }, [picture]);
  return (
    <output className="unseen" aria-live="polite">
      {said}
    </output>
  );
};
