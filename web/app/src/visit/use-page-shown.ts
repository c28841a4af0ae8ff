/** Whether the page can be seen. A tab in the background still counts for a moment: who looks something up comes back. */

import { useEffect, useState } from "react";

const HIDDEN_AFTER_MS = 5_000;

export function usePageShown(): boolean {
  const [isShown, setShown] = useState(true);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      clearTimeout(timer);
      if (document.visibilityState === "visible") setShown(true);
      else {
        timer = setTimeout(() => {
          setShown(false);
        }, HIDDEN_AFTER_MS);
      }
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return isShown;
}
