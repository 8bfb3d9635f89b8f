// A wish: one change that a person asks for from the page, and the words for it.

import { createContext, useContext } from 'react';
import type { ChangeName } from '#api/routes.ts';

export type Wish = {
  readonly name: ChangeName;
  readonly path: Readonly<Record<string, string>>;
  /** `Restart api` */
  readonly title: string;
  /** What will happen, in one or two sentences. */
  readonly says: string;
  /** The word on the button that does it. */
  readonly verb: string;
};

export type Verb = 'restart' | 'start' | 'stop';

const VERBS: Readonly<Record<Verb, { readonly word: string; readonly says: string }>> = {
  restart: { word: 'Restart', says: 'It is stopped and started again, and its checks are watched until it is well.' },
  start: { word: 'Start', says: 'It is started, and its checks are watched until it is well.' },
  stop: { word: 'Stop', says: 'It is stopped and stays stopped until a person starts it again.' },
};

export const wishToOperate = (verb: Verb, id: string): Wish => ({
  name: verb,
  path: { id },
  title: `${VERBS[verb].word} ${id}`,
  says: VERBS[verb].says,
  verb: VERBS[verb].word,
});

export const WISH_TO_HOLD: Wish = {
  name: 'hold',
  path: {},
  title: 'Hold',
  says: 'Sereno stops all acting until it is released. It goes on watching, judging and recording.',
  verb: 'Hold',
};

export const WISH_TO_RELEASE: Wish = {
  name: 'release',
  path: {},
  title: 'Release the hold',
  says: 'Sereno may act again, within its policy, from this moment.',
  verb: 'Release',
};

export const WISH_TO_CONFIRM: Wish = {
  name: 'confirmSelection',
  path: {},
  title: 'Confirm the number of services',
  says: 'You say that the number of services really changed. Sereno may act again.',
  verb: 'Confirm',
};

export const wishToAcknowledge = (subject: string, number: string): Wish => ({
  name: 'acknowledge',
  path: { subject },
  title: `Acknowledge ${number}`,
  says: 'You say that you look after it. Nobody else is paged for it meanwhile.',
  verb: 'Acknowledge',
});

export const wishToDecide = (isApproved: boolean, id: string, action: string): Wish => ({
  name: isApproved ? 'approve' : 'deny',
  path: { id },
  title: isApproved ? `Approve: ${action}` : `Deny: ${action}`,
  says: isApproved ? 'Sereno carries it out. Nobody can approve what they asked for.' : 'It is not carried out.',
  verb: isApproved ? 'Approve' : 'Deny',
});

const AskContext = createContext<(wish: Wish) => void>(() => undefined);

export const AskProvider = AskContext.Provider;

/** Opens the dialog for a wish. Nothing is asked of Sereno but a dry run until the person confirms there. */
export const useAsk = (): ((wish: Wish) => void) => useContext(AskContext);
