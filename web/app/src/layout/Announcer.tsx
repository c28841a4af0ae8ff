/** One polite live region for the whole app. Texts come one after another, so that none is cut off by the next. */

import { Box } from "@mui/material";
import { visuallyHidden } from "@mui/utils";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";

import { AnnounceContext } from "./announcer";

/** Time to speak a short sentence. */
const PACE_MS = 1_200;
/** When more is waiting than this, the oldest is no longer news. */
const QUEUE_MAX = 5;

export function Announcer({ children }: { children: ReactNode }) {
  const queue = useRef<string[]>([]);
  const timer = useRef<ReturnType<typeof setInterval> | undefined>(undefined);
  const [text, setText] = useState("");

  const announce = useCallback((next: string) => {
    queue.current = [...queue.current, next].slice(-QUEUE_MAX);
    if (timer.current !== undefined) return;
    const say = () => {
      const [first, ...rest] = queue.current;
      queue.current = rest;
      // Emptied at the end, so that the same sentence is spoken again the next time.
      setText(first ?? "");
      if (first === undefined) {
        clearInterval(timer.current);
        timer.current = undefined;
      }
    };
    say();
    timer.current = setInterval(say, PACE_MS);
  }, []);

  useEffect(
    () => () => {
      clearInterval(timer.current);
    },
    [],
  );

  return (
    <AnnounceContext value={announce}>
      {children}
      <Box role="status" aria-live="polite" sx={visuallyHidden}>
        {text}
      </Box>
    </AnnounceContext>
  );
}
