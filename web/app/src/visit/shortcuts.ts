/** The keys of a visit. With Alt, so that a single letter typed elsewhere does nothing (WCAG 2.2 AA 2.1.4). */

import { useEffect, useRef } from "react";

/** By physical key: Alt with a letter types a symbol on some keyboards. */
export const SHORTCUTS = {
  microphone: { code: "KeyM", keys: "Alt+M" },
  camera: { code: "KeyC", keys: "Alt+C" },
  screen: { code: "KeyS", keys: "Alt+S" },
  chat: { code: "KeyT", keys: "Alt+T" },
  people: { code: "KeyP", keys: "Alt+P" },
  devices: { code: "KeyD", keys: "Alt+D" },
  shortcuts: { code: "KeyK", keys: "Alt+K" },
  leave: { code: "KeyL", keys: "Alt+L" },
} as const;

export type Shortcut = keyof typeof SHORTCUTS;

/** Runs the action of a pressed shortcut, until unmounted. */
export function useShortcuts(actions: Record<Shortcut, () => void>): void {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  }, [actions]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
      const found = Object.entries(SHORTCUTS).find(([, { code }]) => code === event.code);
      if (found === undefined) return;
      event.preventDefault();
      latest.current[found[0] as Shortcut]();
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
    };
  }, []);
}
