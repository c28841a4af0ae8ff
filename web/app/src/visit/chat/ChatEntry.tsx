/** One text, by whom and when. Text is text: nothing in it becomes a link or HTML. */

import type { ChatMessage } from "@bedside/sdk";
import { Box, Button, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";

import { useTimes } from "../../time/use-times";

export function ChatEntry({
  message: { text, at, state },
  author,
  onAgain,
  onDismiss,
}: {
  message: ChatMessage;
  author: string;
  onAgain: () => void;
  onDismiss: () => void;
}) {
  const { t } = useTranslation();
  const times = useTimes();
  return (
    <Box component="article" sx={{ mb: 1.5 }}>
      <Typography variant="body2" color="text.secondary">
        {author}
        {" · "}
        <time dateTime={at.toISOString()}>{times.time(at)}</time>
      </Typography>
      <Typography sx={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{text}</Typography>
      {state !== "sent" && (
        <Typography variant="body2" color={state === "refused" ? "error" : "text.secondary"}>
          {t(`visit.chat.${state}`)}
        </Typography>
      )}
      {state === "refused" && (
        <>
          <Button size="small" onClick={onAgain} sx={{ ml: -1.75 }}>
            {t("visit.chat.again")}
          </Button>
          <Button size="small" color="inherit" onClick={onDismiss}>
            {t("visit.chat.dismiss")}
          </Button>
        </>
      )}
    </Box>
  );
}
