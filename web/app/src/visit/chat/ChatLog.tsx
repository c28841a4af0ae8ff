/** The texts, the newest last. Text is text: nothing in it becomes a link or HTML. */

import type { CallView } from "@bedside/sdk";
import { Box, Typography } from "@mui/material";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import type { NameOf } from "../use-names";
import { authorOf } from "./author";

/** So near to the end somebody reads the newest, and is kept there. */
const NEAR_PX = 80;

export function ChatLog({ view, nameOf }: { view: CallView; nameOf: NameOf }) {
  const { t, i18n } = useTranslation();
  const { messages } = view.chat;
  const log = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const element = log.current;
    if (element !== null && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [messages]);
  const time = new Intl.DateTimeFormat(i18n.language, { hour: "numeric", minute: "2-digit" });

  return (
    <Box
      ref={log}
      role="log"
      aria-label={t("visit.chat.log")}
      // A keyboard scrolls it.
      tabIndex={0}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
      }}
      sx={{ flexGrow: 1, minHeight: 0, overflowY: "auto", px: 2, py: 1 }}
    >
      {messages.length === 0 && <Typography color="text.secondary">{t("visit.chat.none")}</Typography>}
      {messages.map((message) => (
        <Box key={message.key} component="article" sx={{ mb: 1.5 }}>
          <Typography variant="body2" color="text.secondary">
            {authorOf(message, view, nameOf, t)}
            {" · "}
            <time dateTime={message.at.toISOString()}>{time.format(message.at)}</time>
          </Typography>
          <Typography sx={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{message.text}</Typography>
          {message.state !== "sent" && (
            <Typography variant="body2" color={message.state === "refused" ? "error" : "text.secondary"}>
              {t(`visit.chat.${message.state}`)}
            </Typography>
          )}
        </Box>
      ))}
    </Box>
  );
}
