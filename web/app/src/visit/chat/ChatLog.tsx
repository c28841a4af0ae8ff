/** The texts, the newest last. */

import type { Call, CallView } from "@bedside/sdk";
import { Box, Typography } from "@mui/material";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { useAnnounce } from "../../layout/announcer";
import type { NameOf } from "../use-names";
import { authorOf } from "./author";
import { ChatEntry } from "./ChatEntry";
import { notTaken } from "./not-taken";

/** So near to the end somebody reads the newest, and is kept there. */
const NEAR_PX = 80;

export function ChatLog({ call, view, nameOf }: { call: Call; view: CallView; nameOf: NameOf }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const { messages } = view.chat;
  const log = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const element = log.current;
    if (element !== null && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [messages]);
  // The pressed button goes with what it did; the focus stays here.
  const again = (key: string) => {
    const reason = notTaken(call.sayAgain(key), t);
    if (reason === null) log.current?.focus();
    else announce(reason);
  };
  const dismiss = (key: string) => {
    call.dismiss(key);
    log.current?.focus();
  };

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
        <ChatEntry
          key={message.key}
          message={message}
          author={authorOf(message, view, nameOf, t)}
          onAgain={() => {
            again(message.key);
          }}
          onDismiss={() => {
            dismiss(message.key);
          }}
        />
      ))}
    </Box>
  );
}
