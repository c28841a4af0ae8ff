/** Puts text on the clipboard. */

import { useState } from "react";

export function useCopy() {
  const [isCopied, setCopied] = useState(false);
  const copy = async (text: string): Promise<boolean> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      return true;
    } catch {
      // Not allowed, or an old browser: the field above the button can be selected and copied by hand.
      return false;
    }
  };
  return { isCopied, copy };
}
