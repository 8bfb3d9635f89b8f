// Text from outside: names and messages may hold anything, so each stands in its own direction and may break anywhere.

import type { ReactNode } from 'react';

export const Text = (props: { readonly children: string; readonly className?: string }): ReactNode => (
  <bdi className={props.className === undefined ? 'text' : `text ${props.className}`}>{props.children}</bdi>
);
