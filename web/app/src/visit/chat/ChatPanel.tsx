/** What is written during the visit: beside the pictures on a wide window, over them on a phone. */

import type { Call, CallView } from "@bedside/sdk";
import { mdiClose } from "@mdi/js";
import { Alert, Box, IconButton, Typography } from "@mui/material";
import { useEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";

import { Icon } from "../../layout/Icon";
import type { NameOf } from "../use-names";
import { ChatForm } from "./ChatForm";
import { ChatLog } from "./ChatLog";

const WIDTH_PX = 360;

export function ChatPanel({
  call,
  view,
  nameOf,
  onClose,
}: {
  call: Call;
  view: CallView;
  nameOf: NameOf;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const titleId = useId();
  const panel = useRef<HTMLElement>(null);
  // The focus goes in with the panel, and back to where it came from.
  useEffect(() => {
    const before = document.activeElement;
    panel.current?.querySelector("textarea")?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);

  return (
    <Box
      component="section"
      ref={panel}
      aria-labelledby={titleId}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
      sx={{
        position: { xs: "absolute", md: "static" },
        inset: 0,
        zIndex: 2,
        width: { xs: "auto", md: WIDTH_PX },
        flexShrink: 0,
        minHeight: 0,
        display: "flex",
        flexDirection: "column",
        bgcolor: "background.paper",
        borderLeft: { md: 1 },
        borderColor: { md: "divider" },
      }}
    >
      <Box sx={{ display: "flex", alignItems: "center", pl: 2, pr: 1, py: 0.5 }}>
        <Typography id={titleId} component="h2" variant="h6" sx={{ flexGrow: 1 }}>
          {t("visit.chat.title")}
        </Typography>
        <IconButton onClick={onClose} aria-label={t("visit.chat.close")}>
          <Icon path={mdiClose} />
        </IconButton>
      </Box>
      {!view.chat.isOpen && (
        <Alert severity="info" sx={{ mx: 1 }}>
          {t("visit.chat.closed")}
        </Alert>
      )}
      <ChatLog call={call} view={view} nameOf={nameOf} />
      <ChatForm onSay={(text) => call.say(text)} />
    </Box>
  );
}
