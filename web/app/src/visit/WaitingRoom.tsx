/** Somebody has to let this participant in: what that means, and the own picture meanwhile. */

import type { CallView } from "@bedside/sdk";
import { mdiDoorClosed } from "@mdi/js";
import { Box, Stack, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";

import { Icon } from "../layout/Icon";
import { SelfTile } from "./SelfTile";

export function WaitingRoom({ view }: { view: CallView }) {
  const { t } = useTranslation();
  return (
    <Box component="section" aria-label={t("visit.moderation.waiting.title")} sx={ROOM}>
      <Stack
        sx={{
          flexGrow: 1,
          alignItems: "center",
          justifyContent: "center",
          textAlign: "center",
          gap: 1.5,
          p: 3,
        }}
      >
        <Icon path={mdiDoorClosed} color="primary" sx={{ fontSize: 56 }} />
        <Typography variant="h2" component="p">
          {t("visit.moderation.waiting.title")}
        </Typography>
        <Typography color="text.secondary" sx={{ maxWidth: "46ch" }}>
          {t("visit.moderation.waiting.text")}
        </Typography>
      </Stack>
      <SelfTile view={view} isInCorner />
    </Box>
  );
}

const ROOM = { position: "relative", flexGrow: 1, minHeight: 0, display: "flex" };
