/** How large a picture is shown, in the words of the node (see `Call.setView`). */

import type { ViewSize } from "@bedside/sdk";

/** Height of the picture up to which nobody sees that it is a small one. Layers of 180, 360 and 720 lines stand behind it. */
const THUMBNAIL_PX = 240;
const MEDIUM_PX = 480;
/** A dense screen shows more, but a phone with three points a pixel is not looked at from three times nearer. */
const DENSITY_MAX = 1.5;
/** What cameras and screens send. */
const PICTURE_RATIO = 16 / 9;

export interface Shown {
  widthPx: number;
  heightPx: number;
  /** `devicePixelRatio`. */
  density: number;
  /** The picture is shown to its edges; otherwise it fills the place and may be cut. */
  isWhole: boolean;
}

export function viewSizeOf({ widthPx, heightPx, density, isWhole }: Shown): ViewSize {
  if (widthPx < 1 || heightPx < 1) return "hidden";
  const byWidth = widthPx / PICTURE_RATIO;
  const picture = isWhole ? Math.min(heightPx, byWidth) : Math.max(heightPx, byWidth);
  const lines = picture * Math.min(density, DENSITY_MAX);
  if (lines <= THUMBNAIL_PX) return "thumbnail";
  return lines <= MEDIUM_PX ? "medium" : "full";
}
