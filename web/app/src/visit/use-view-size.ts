/** Measures at what size an element shows its picture, and says so whenever that changes. */

import type { ViewSize } from "@bedside/sdk";
import { type RefObject, useEffect } from "react";

import { viewSizeOf } from "./view-size";

export function useViewSize(
  element: RefObject<HTMLElement | null>,
  {
    isWhole,
    isPageShown,
    onSize,
  }: { isWhole: boolean; isPageShown: boolean; onSize: (size: ViewSize) => void },
): void {
  useEffect(() => {
    const box = element.current;
    if (box === null) return;
    let isOnScreen = true;
    const tell = () => {
      const { width: widthPx, height: heightPx } = box.getBoundingClientRect();
      const shown = { widthPx, heightPx, density: devicePixelRatio, isWhole };
      onSize(isPageShown && isOnScreen ? viewSizeOf(shown) : "hidden");
    };
    const sizes = new ResizeObserver(tell);
    sizes.observe(box);
    const places = new IntersectionObserver((entries) => {
      isOnScreen = entries.at(-1)?.isIntersecting ?? isOnScreen;
      tell();
    });
    places.observe(box);
    // At once: a page in the background is laid out only when it comes back.
    tell();
    return () => {
      sizes.disconnect();
      places.disconnect();
    };
  }, [element, isWhole, isPageShown, onSize]);
  // Apart, so that a change of the above is one change of size and not two.
  useEffect(
    () => () => {
      onSize("hidden");
    },
    [onSize],
  );
}
