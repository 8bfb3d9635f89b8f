// Fate: what became of one raw event. Exactly one of four, each with its why; `waiting` is not an end, and has one.

export type Fate =
  /** The wait of its group is not over yet. */
  | { readonly kind: 'waiting'; readonly group: string }
  /** People were told of it, and of the others with it, under this number. */
  | { readonly kind: 'notified'; readonly notification: number }
  /** People were, or need not be, told of it for its own sake. */
  | { readonly kind: 'grouped'; readonly into: string; readonly why: GroupedBecause }
  | { readonly kind: 'silenced'; readonly by: string }
  /** The fingerprint of the alert, or the service, that is its cause. */
  | { readonly kind: 'inhibited'; readonly by: string };

export type GroupedBecause =
  /** It was one of several in a notification. */
  | 'same-notification'
  /** The alert was known already, and it said nothing new. */
  | 'same-alert'
  /** What changed was told before, and is to be repeated later. */
  | 'told-already'
  /** It was over before the wait of its group was. */
  | 'over-before-told'
  /** Its group flaps: it stands in the next of the few words that are told of it. */
  | 'flapping';

const SAY: Readonly<Record<GroupedBecause, string>> = {
  'same-notification': 'told with others',
  'same-alert': 'known already',
  'told-already': 'told already',
  'over-before-told': 'over before anybody was called',
  flapping: 'it flaps, and is told of a few times an hour',
};

/** A fate in words, for a list. */
export const sayFate = (fate: Fate): string => {
  switch (fate.kind) {
    case 'waiting':
      return `waits with ${fate.group}`;
    case 'notified':
      return `notified as ${fate.notification}`;
    case 'grouped':
      return `grouped into ${fate.into} (${SAY[fate.why]})`;
    case 'silenced':
      return `silenced by ${fate.by}`;
    default:
      return `inhibited by ${fate.by}`;
  }
};
