/**
 * Keeps the focus when what had it is taken away, as a notice is once it is answered: it goes on from the fallback, not
 * from the start of the document (WCAG 2.2 AA 2.4.3).
 */

import { type RefObject, useEffect, useRef } from "react";

export function useKeptFocus(fallback: RefObject<HTMLElement | null>): void {
  const last = useRef<Element | null>(null);
  useEffect(() => {
    const onFocus = ({ target }: FocusEvent) => {
      last.current = target instanceof Element ? target : null;
    };
    document.addEventListener("focusin", onFocus);
    return () => {
      document.removeEventListener("focusin", onFocus);
    };
  }, []);
  // After every render: whatever it was that took the element away.
  useEffect(() => {
    const { activeElement, body } = document;
    const isLost = activeElement === null || activeElement === body;
    if (last.current === null || last.current.isConnected || !isLost) return;
    last.current = null;
    fallback.current?.focus();
  });
}
