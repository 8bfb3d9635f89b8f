// A sheet: a dialog over the page. The browser's own, so that focus, Escape and the background are right.

import { useEffect, useRef, type ReactNode } from 'react';

type Props = {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
};

export const Sheet = ({ title, onClose, children }: Props): ReactNode => {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opened = dialog.current;
    const before = document.activeElement;
    opened?.showModal();
    // Where a person writes comes first; the button that closes is never far.
    opened?.querySelector('input')?.focus();
    return () => {
      opened?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} className="sheet" aria-label={title} onCancel={onClose}>
      <header>
        <h2>{title}</h2>
        <button type="button" className="plain" onClick={onClose} aria-label="Close">
          <span aria-hidden="true">✕</span>
        </button>
      </header>
      {children}
    </dialog>
  );
};
