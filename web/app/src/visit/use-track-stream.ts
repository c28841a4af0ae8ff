/** A stream around a track, for an element to show. */

import { useMemo } from "react";

export function useTrackStream(track: MediaStreamTrack | null): MediaStream | null {
  return useMemo(() => (track === null ? null : new MediaStream([track])), [track]);
}
