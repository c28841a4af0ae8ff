/** Says in a tile that its picture stands, or that its person sees none, and why: calmly, over what was there last. */

import { mdiSignalCellular1 } from "@mdi/js";
import { Box } from "@mui/material";

import { Icon } from "../layout/Icon";

/** Below this width a tile has room for a symbol only; the words are in its name then. */
const WORDS_FROM = "@container (min-width: 180px)";

export function TileNotice({ text, isOver }: { text: string; isOver: boolean }) {
  return (
    <Box sx={{ position: "absolute", inset: 0, containerType: "inline-size", pointerEvents: "none" }}>
      <Box
        sx={{
          display: "flex",
          gap: 1,
          alignItems: "center",
          justifyContent: "center",
          bgcolor: "rgba(16, 30, 36, 0.72)",
          color: "#ffffff",
          ...(isOver ? OVER : BELOW),
        }}
      >
        <Icon path={mdiSignalCellular1} />
        <Box
          component="span"
          sx={{
            position: "absolute",
            width: 1,
            height: 1,
            overflow: "hidden",
            clipPath: "inset(50%)",
            [WORDS_FROM]: {
              position: "static",
              width: "auto",
              height: "auto",
              clipPath: "none",
              maxWidth: "34ch",
            },
          }}
        >
          {text}
        </Box>
      </Box>
    </Box>
  );
}

/** The picture stands: it is dimmed as a whole. */
const OVER = { position: "absolute", inset: 0, p: 2, pb: 6 };
/** The picture is as it should be, and stays in sight. Above the name, clear of the own picture's corner. */
const BELOW = {
  position: "absolute",
  insetInlineStart: 8,
  bottom: 52,
  maxWidth: "calc(100% - 16px)",
  px: 1.25,
  py: 0.5,
  borderRadius: 0.75,
  fontSize: "0.9375rem",
};
