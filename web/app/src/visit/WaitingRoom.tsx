/** Somebody has to let this participant in: what that means, and the own picture meanwhile. */

import type { CallView } from "@bedside/sdk";
import { mdiDoorClosed } from "@mdi/js";
import { Box } from "@mui/material";
import { useTranslation } from "react-i18next";

import { Icon } from "../layout/Icon";
import { Centred } from "./Centred";
import { SelfTile } from "./SelfTile";

export function WaitingRoom({ view }: { view: CallView }) {
  const { t } = useTranslation();
  return (
    <Box component="section" aria-label={t("visit.moderation.waiting.title")} sx={ROOM}>
      <Centred
        symbol={<Icon path={mdiDoorClosed} color="primary" sx={{ fontSize: 56 }} />}
        title={t("visit.moderation.waiting.title")}
        lead={t("visit.moderation.waiting.text")}
      />
      <SelfTile view={view} isInCorner />
    </Box>
  );
}

const ROOM = { position: "relative", flexGrow: 1, minHeight: 0, display: "flex" };
