// Text from outside: names and messages may hold anything, so each stands in its own direction and may break anywhere.

import type { ReactNode } from 'react';

/** Marks that turn or hide what follows: `exe.txt` could be shown for `txt.exe`. Shown as what they are. */
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export const sayPlainly = (text: string): string =>
  text.replace(TURNING, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);

export const Text = (props: { readonly children: string; readonly className?: string }): ReactNode => (
  <bdi className={props.className === undefined ? 'text' : `text ${props.className}`}>{sayPlainly(props.children)}</bdi>
);
