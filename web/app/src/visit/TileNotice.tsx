/** Says in a tile that its picture stands, or that its person sees none, and why: calmly, over what was there last. */

import { mdiSignalCellular1 } from "@mdi/js";
import { Box } from "@mui/material";
import { visuallyHidden } from "@mui/utils";
import { useTranslation } from "react-i18next";

import { Icon } from "../layout/Icon";
import type { VideoNotice } from "./use-video-notices";

/** A tile with room for sentences. In a smaller one two words stand for them. */
const ROOMY = "@container (min-width: 150px) and (min-height: 170px)";
const WIDE = "@container (min-width: 260px) and (min-height: 170px)";

export function TileNotice({ notice: { paused, cannotSee }, name }: { notice: VideoNotice; name: string }) {
  const { t } = useTranslation();
  const texts = [
    ...(paused === null ? [] : [t(`visit.paused.${paused}`, { name })]),
    ...(cannotSee ? [t("visit.cannotSee", { name })] : []),
  ];
  if (texts.length === 0) return null;
  return (
    <Box sx={{ position: "absolute", inset: 0, containerType: "size", pointerEvents: "none" }}>
      <Box sx={{ ...NOTICE, ...(paused === null ? BELOW : OVER) }}>
        <Icon path={mdiSignalCellular1} />
        <Box component="span" aria-hidden sx={{ [ROOMY]: { display: "none" } }}>
          {paused === null ? t("visit.cannotSeeShort") : t("visit.paused.short")}
        </Box>
        <Box sx={{ ...visuallyHidden, [ROOMY]: SHOWN }}>
          {texts.map((text) => (
            <div key={text}>{text}</div>
          ))}
        </Box>
      </Box>
    </Box>
  );
}

const NOTICE = {
  position: "absolute",
  display: "flex",
  gap: 0.75,
  alignItems: "center",
  justifyContent: "center",
  bgcolor: "rgba(16, 30, 36, 0.72)",
  color: "#ffffff",
  fontSize: "0.875rem",
  lineHeight: 1.4,
  [WIDE]: { fontSize: "1rem" },
};
/** The picture stands: it is dimmed as a whole, but for the name. */
const OVER = { inset: 0, p: 1, pb: 6, flexDirection: "column", textAlign: "center" };
/** The picture is as it should be, and stays in sight. Above the name, clear of the own picture's corner. */
const BELOW = {
  insetInlineStart: 8,
  bottom: 50,
  maxWidth: "calc(100% - 16px)",
  px: 1.25,
  py: 0.5,
  borderRadius: 0.75,
};
/** Undoes `visuallyHidden`. */
const SHOWN = {
  position: "static",
  width: "auto",
  height: "auto",
  m: 0,
  clipPath: "none",
  overflow: "visible",
  whiteSpace: "normal",
  maxWidth: "46ch",
  textWrap: "balance",
  "& > div + div": { mt: 1 },
};
