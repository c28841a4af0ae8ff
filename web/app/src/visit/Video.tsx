/** A moving picture without sound. Sound has its own element: see `Sound`. */

import { Box } from "@mui/material";
import { useEffect, useRef } from "react";

export function Video({
  stream,
  label,
  isMirrored = false,
  isWhole = false,
}: {
  stream: MediaStream;
  label: string;
  /** People know their own face from the mirror. */
  isMirrored?: boolean;
  /** A shared screen is shown to its edges; a face may be cut. */
  isWhole?: boolean;
}) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (element.current !== null) element.current.srcObject = stream;
  }, [stream]);
  return (
    <Box
      component="video"
      ref={element}
      autoPlay
      playsInline
      muted
      aria-label={label}
      sx={{
        display: "block",
        width: "100%",
        height: "100%",
        objectFit: isWhole ? "contain" : "cover",
        transform: isMirrored ? "scaleX(-1)" : "none",
      }}
    />
  );
}
