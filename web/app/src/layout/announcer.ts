/** Says something to people who use a screen reader (WCAG 2.2 AA 4.1.3). */

import { createContext, use } from "react";

export type Announce = (text: string) => void;

export const AnnounceContext = createContext<Announce>(() => undefined);

export function useAnnounce(): Announce {
  return use(AnnounceContext);
}
