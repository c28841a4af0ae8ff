/** Where one writes. Enter sends, Shift and Enter begins a line. */

import type { Said } from "@bedside/sdk";
import { mdiSend } from "@mdi/js";
import { Box, IconButton, TextField } from "@mui/material";
import { type KeyboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import { Icon } from "../../layout/Icon";
import { notTaken } from "./not-taken";

export function ChatForm({ onSay }: { onSay: (text: string) => Said }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [said, setSaid] = useState<Said>("taken");
  const reason = notTaken(said, t);
  const send = () => {
    if (text.trim() === "") return;
    const answer = onSay(text);
    setSaid(answer);
    if (answer === "taken") setText("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // An input method uses Enter to take what it proposes.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <Box
      component="form"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      sx={{ display: "flex", alignItems: "flex-end", gap: 1, p: 1.5 }}
    >
      <TextField
        label={t("visit.chat.message")}
        placeholder={t("visit.chat.write")}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setSaid("taken");
        }}
        onKeyDown={onKeyDown}
        error={reason !== null}
        helperText={reason}
        multiline
        maxRows={5}
        fullWidth
        size="small"
        autoComplete="off"
      />
      <IconButton type="submit" color="primary" aria-label={t("visit.chat.send")} sx={{ mb: -0.5 }}>
        <Icon path={mdiSend} />
      </IconButton>
    </Box>
  );
}
