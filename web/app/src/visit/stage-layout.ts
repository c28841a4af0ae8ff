/** Where tiles go: everything fits in the window, nothing scrolls. */

import type { SxProps } from "@mui/material";

const GAP = { xs: 1, sm: 1.5 };
/** Beside a shared screen on a phone, faces get a strip: the screen is what is talked about. */
const STRIP_PX = 120;

/** Screens beside the faces on a wide window, above them on a narrow one. */
export function stageLayout(hasScreen: boolean): SxProps {
  return {
    position: "relative",
    flexGrow: 1,
    minHeight: 0,
    minWidth: 0,
    p: GAP,
    display: "flex",
    flexDirection: { xs: "column", md: hasScreen ? "row" : "column" },
    gap: GAP,
  };
}

export const screensLayout: SxProps = {
  flex: 3,
  minHeight: 0,
  minWidth: 0,
  display: "grid",
  gap: 1,
  gridAutoRows: "minmax(0, 1fr)",
};

export function facesLayout(tiles: number, hasScreen: boolean): SxProps {
  const { narrow, wide } = columns(tiles);
  const grid = {
    minHeight: 0,
    minWidth: 0,
    display: "grid",
    gap: GAP,
    gridAutoRows: "minmax(0, 1fr)",
  };
  if (!hasScreen) {
    // On a phone the last of an odd number takes the whole row: no hole beside it.
    const lastFills = narrow === 2 && tiles % 2 === 1;
    return {
      ...grid,
      flex: 1,
      gridTemplateColumns: { xs: equal(narrow), sm: equal(wide) },
      ...(lastFills && { "& > :last-child": { gridColumn: { xs: "span 2", sm: "auto" } } }),
    };
  }
  return {
    ...grid,
    flex: { xs: "none", md: 1 },
    height: { xs: tiles > 4 ? 2 * STRIP_PX : STRIP_PX, md: "auto" },
    gridTemplateColumns: { xs: equal(Math.min(tiles, 4)), md: equal(tiles > 4 ? 2 : 1) },
  };
}

/** So many columns for so many tiles: as square a grid as the window's shape allows. */
export function columns(tiles: number): { narrow: number; wide: number } {
  const narrow = tiles <= 2 ? 1 : 2;
  const wide = [1, 1, 2, 3, 2, 3, 3, 4, 4][tiles] ?? 4;
  return { narrow, wide };
}

function equal(count: number): string {
  return `repeat(${String(count)}, minmax(0, 1fr))`;
}
